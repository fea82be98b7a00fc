// What is said in more than one place says the same: Deno's version, the stages of a check, the entries
// that are published, our own version.

import { assert, assertEquals } from "@std/assert";
import { VERSION } from "../src/version.ts";
import { ROOT } from "./support/program.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
const config = JSON.parse(read("deno.json"));
const ciScript = read(".ci/run");

Deno.test("the README alone says which Deno, and says it once the same", () => {
  const pinned = new Set(
    [...read("README.md").matchAll(/deno@([0-9A-Za-z.-]+)/g)].map(([, v]) => v),
  );
  assertEquals(pinned.size, 1, `README names several versions: ${[...pinned]}`);
  const [version] = pinned;
  for (const path of textFiles("")) {
    for (const [mention, other] of read(path).matchAll(/\bdeno@([0-9]+\.[0-9.]*[0-9])/g)) {
      assertEquals(other, version, `${path} says ${mention}`);
    }
  }
  assertEquals(
    /deno@[0-9]+\.[0-9]+\.[0-9]+/.exec(ciScript),
    null,
    ".ci/run takes it from the README",
  );
  assertEquals(/[0-9]+\.[0-9]+\.[0-9]+/.exec(JSON.stringify(config.tasks)), null);
});

Deno.test("deno task ok and .ci/run go through the same stages", () => {
  const stages = config.tasks.ok.split(" && ").map((task: string) =>
    task.replace("deno task ", "")
  );
  const [, loop] = /for task in ([a-z ]+); do/.exec(ciScript) ?? [];
  assertEquals(`${loop} test`.split(" "), stages);
  for (const name of stages) assert(name in config.tasks, `There is no task ${name}`);
});

Deno.test("deno task docs looks at every published entry", () => {
  const entries = Object.values<string>(config.exports).map((path) => path.replace("./", ""));
  assertEquals(config.tasks.docs.replace("deno doc --lint ", "").split(" "), entries);
});

Deno.test("deno task test has its sanitizers on", () => {
  assert(config.tasks.test.includes("--sanitize-ops --sanitize-resources"));
});

Deno.test("the version is the same in deno.json, src/version.ts and CHANGELOG.md", () => {
  assertEquals(VERSION, config.version);
  const [, latest] = /^## \[([0-9.]+)\]/m.exec(read("CHANGELOG.md")) ?? [];
  assertEquals(latest, VERSION);
});

function* textFiles(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder || ".", ROOT))) {
    if (isDirectory && !["node_modules", ".git", "tmp"].includes(name)) {
      yield* textFiles(`${folder}${name}/`);
    } else if (/\.(ts|md|json)$/.test(name)) {
      yield folder + name;
    }
  }
}
