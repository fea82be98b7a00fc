// `deno compile` puts a program with a pool into one executable without --include: static imports reach every
// module that its workers load. Deno would download the runtime of the executable; the deno binary replaces
// it here, so the test needs no network and reads the list of embedded files. The result cannot run.

import { assert, assertEquals } from "@std/assert";
import { ROOT } from "./support/program.ts";

const EMPTY = "data:text/javascript,";
const obstacle = await withOutput((output) => compile(["--no-check", "-o", output, EMPTY]))
  .then(({ success, text }) => success ? "" : ` (cannot compile here: ${text.slice(0, 200)})`);

Deno.test(
  `an executable of examples/pool.ts holds what its workers load${obstacle}`,
  { ignore: obstacle !== "" },
  async () => {
    const { success, text } = await withOutput((output) =>
      compile(["-o", output, "examples/pool.ts"])
    );
    assert(success, text);
    const embedded = embeddedFiles(text);
    const holds = (path: string) =>
      embedded.some((entry) =>
        entry.endsWith("/*") ? path.startsWith(entry.slice(0, -1)) : path === entry
      );
    for (const path of ["mod.ts", "src/pool/worker/worker_main.ts", "examples/pool_app.ts"]) {
      assert(holds(path), `${path} is missing: ${text}`);
    }
    // The list must not simply hold every file.
    assertEquals(["examples/hello.ts", "tests/compile_test.ts"].filter(holds), [], text);
  },
);

/** Compiles as a user does, except for the runtime. */
async function compile(args: string[]): Promise<{ success: boolean; text: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["compile", "-A", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", DENORT_BIN: Deno.execPath() },
    stdin: "null",
  }).output();
  return { success, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

/** Makes a path for the executable, and removes the executable afterwards: it is large. */
async function withOutput<T>(use: (output: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "robusto-" });
  try {
    return await use(`${folder}/program`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Reads the tree of embedded files.
 *
 * ```
 * program
 * ├─┬ examples (1KB)
 * │ └── pool.ts (1KB)
 * └── cli/* (2KB)
 * ```
 *
 * @returns their paths; `folder/*` for a whole folder */
function embeddedFiles(text: string): string[] {
  const files: string[] = [];
  const folders: string[] = [];
  for (const [, indent, hasChildren, name] of text.matchAll(/^([│ ]*)[├└]─([┬─]) (\S+) \(/gm)) {
    const path = [...folders.slice(0, indent.length / 2), name];
    if (hasChildren === "┬") folders.splice(indent.length / 2, Infinity, name);
    else files.push(path.join("/"));
  }
  return files;
}
