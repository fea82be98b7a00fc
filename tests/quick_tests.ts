// Prints the test files that `deno task test:quick` runs and `deno task test:slow` leaves out, with a space or
// the argument between them: those that need no socket, no worker thread and no other program. A file is
// among them unless it, or a test helper that it imports, matches OUTSIDE below. The task grants no permission
// for any of these, so a file that slips through fails there.

import { ROOT } from "./support/root.ts";

/** What a test file that needs more than its own thread imports or calls. */
const OUTSIDE: readonly RegExp[] = [
  /^import (?!type )[^;]*"(\.\.\/)+(mod\.ts|src\/server\/(?!server_context)\w+\.ts)";/m, // a server on a socket
  /^import (?!type )[^;]*"node:(child_process|http|https|net|tls|worker_threads)";/m,
  /\bDeno\.(Command|connect|createHttpClient|listen|serve)/,
  /\bDeno\.(makeTemp|mkdir|write(Text)?File)/, // an application in a file is for workers
  /\bsources\("src\/"\)/, // reads all of the source
  /\bnew Worker\(/,
  /^import (?!type )[^;]*"(\.\.\/)+src\/python\/\w+\.ts";/m, // the interpreter has files to read
  /^import (?!type )[^;]*\/process\/shared_record\.ts";/m, // makes a file
];

/** Finds the quick tests.
 *
 * @returns paths from the root of the checkout, sorted */
export function quickTests(): string[] {
  return [...filesBelow("tests/")]
    .filter((path) => path.endsWith("_test.ts"))
    .filter((path) => ![...withHelpers(path)].some(reachesOutside))
    .sort();
}

/** A file of tests/ with all files of tests/ that it imports, those of the imported files included. */
function withHelpers(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const [statement, specifier] of textOf(path).matchAll(/^import [^;]*"(\.[^"]+)";/gm)) {
    const { href } = new URL(specifier, new URL(path, ROOT));
    const isTestHelper = href.startsWith(new URL("tests/", ROOT).href);
    if (isTestHelper && !statement.startsWith("import type ")) {
      withHelpers(href.slice(ROOT.href.length), found);
    }
  }
  return found;
}

function reachesOutside(path: string): boolean {
  return OUTSIDE.some((sign) => sign.test(textOf(path)));
}

function textOf(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

function* filesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    if (isDirectory) yield* filesBelow(`${folder}${name}/`);
    else yield folder + name;
  }
}

if (import.meta.main) console.log(quickTests().join(Deno.args[0] ?? " "));
