// What docs/ says about files is true: paths exist, the table of folders is the tree.

import { assert, assertEquals } from "@std/assert";
import { ACCESS_FIELDS } from "../src/access_log/access_record.ts";
import { EXIT } from "../src/cli/settings/exit_error.ts";
import { POOL_OPTIONS } from "../src/options/worker_options.ts";
import { ROOT } from "./support/program.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));

for (const page of ["docs/contributing.md", "docs/architecture.md"]) {
  Deno.test(`every file that ${page} names exists`, () => {
    const missing = pathsIn(read(page)).filter((path) => !exists(path) && !exists(`src/${path}`));
    assertEquals(missing, []);
  });
}

Deno.test("the table of folders in docs/architecture.md is the tree of src/", () => {
  const rows = [...read("docs/architecture.md").matchAll(/^\| `([\w/]+\/)` *\| \S/gm)];
  assertEquals(rows.map(([, folder]) => folder).sort(), foldersBelow("").sort());
});

Deno.test("the README says of every page of docs/ what it is for", () => {
  const readme = read("README.md");
  for (const { name } of Deno.readDirSync(new URL("docs/", ROOT))) {
    if (!name.endsWith(".md")) continue; // what a page shows
    assert(readme.includes(`(docs/${name})`), `README does not name docs/${name}`);
  }
});

/** Paths in code spans: with a slash and an ending, or a folder. */
function pathsIn(text: string): string[] {
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span);
  return spans.filter((span) => /^[\w.]+(\/[\w.]+)*(\/|\.(ts|py|md|json))$/.test(span));
}

function foldersBelow(folder: string): string[] {
  const folders = [...Deno.readDirSync(new URL(`src/${folder}`, ROOT))]
    .filter(({ isDirectory }) => isDirectory).map(({ name }) => `${folder}${name}/`);
  return folders.flatMap((each) => [each, ...foldersBelow(each)]);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(new URL(path, ROOT));
    return true;
  } catch {
    return false;
  }
}

Deno.test("docs/dispatcher.md lists the options of a dedicated pool", () => {
  const sentence = /^`pool` takes the options about workers: (.*?)\./ms.exec(
    read("docs/dispatcher.md"),
  );
  const listed = [...sentence![1].matchAll(/`([A-Za-z]+)`/g)].map(([, name]) => name);
  assertEquals(listed.sort(), [...POOL_OPTIONS].sort());
});

Deno.test("docs/metrics.md has the endpoints of the admin listener", () => {
  const rows = [...read("docs/metrics.md").matchAll(/^\| `(GET|POST) (\/\S*)` +\| /gm)];
  const routes = read("src/admin/admin_gateway.ts")
    .matchAll(/method: "(GET|POST)",\s*path: \/\^(\S+)\$\/,/g);
  assertEquals(
    rows.map(([, method, path]) => `${method} ${path}`).sort(),
    [...routes].map(([, method, path]) =>
      `${method} ${path.replaceAll("\\/", "/").replace(/\(.*\)/, "ID")}`
    ).sort(),
  );
});

Deno.test("docs/troubleshooting.md has the exit codes", () => {
  const page = read("docs/troubleshooting.md");
  const codes = [...page.matchAll(/\*\*Exit code ([0-9]): /g)].map(([, code]) => Number(code));
  assertEquals([...codes, EXIT.clean].sort(), Object.values(EXIT).sort());
});

Deno.test("docs/http.md and docs/troubleshooting.md have each code of a ProtocolError", () => {
  const [, union] = /export type ProtocolErrorCode =([^;]*);/.exec(
    read("src/http1/protocol_error.ts"),
  )!;
  const codes = [...union.matchAll(/\| "([a-z0-9.-]+)"/g)].map(([, code]) => code);
  assert(codes.length > 30);
  const pages = read("docs/http.md") + read("docs/troubleshooting.md");
  assertEquals(codes.filter((code) => !pages.includes(`\`${code}\``)), []);
  const named = [...read("docs/http.md").matchAll(/\b[45]\d\d `([a-z0-9.-]+)`/g)];
  assertEquals(named.map(([, code]) => code).filter((code) => !codes.includes(code)), []);
});

Deno.test("docs/logging.md has the fields of the access log, in their order", () => {
  const rows = [...read("docs/logging.md").matchAll(/^\| `(\w+)` +\| (?:text|number)\b/gm)];
  assertEquals(rows.map(([, field]) => field), [...ACCESS_FIELDS]);
});

Deno.test("docs/glossary.md has the outcomes of a response", () => {
  const [, union] = /export type Outcome =([^;]*);/.exec(
    read("src/exchange/finished_response.ts"),
  )!;
  const outcomes = [...union.matchAll(/"([a-z-]+)"/g)].map(([, outcome]) => outcome);
  const [, table] = /^\| outcome +\| meaning[^]*?\n([^]*?)\n\n/m.exec(read("docs/glossary.md"))!;
  const rows = [...table.matchAll(/^\| ([a-z][a-z-]*) /gm)].map(([, outcome]) => outcome);
  assertEquals(rows.sort(), outcomes.sort());
});
