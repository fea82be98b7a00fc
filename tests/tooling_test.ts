// Facts that stand in more than one place agree: the stages of a check, the published entries, Robusto's
// version. The quick tests are the right ones.

import { assert, assertEquals } from "@std/assert";
import { VERSION } from "../src/version.ts";
import { quickTests } from "./quick_tests.ts";
import { ROOT } from "./support/root.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
const config = JSON.parse(read("deno.json"));
const ciScript = read(".ci/run");

Deno.test("deno task ok and .ci/run go through the same stages", () => {
  const stages = config.tasks.ok.split(" && ").map((task: string) =>
    task.replace("deno task ", "")
  );
  const [, loop] = /for task in ([a-z: ]+); do/.exec(ciScript) ?? [];
  assertEquals(`${loop} test`.split(" "), stages);
  for (const name of stages) assert(name in config.tasks, `There is no task ${name}`);
});

Deno.test("deno task docs checks every published entry", () => {
  const entries = Object.values<string>(config.exports).map((path) => path.replace("./", ""));
  assertEquals(config.tasks.docs.replace("deno doc --lint ", "").split(" "), entries);
});

Deno.test("the test tasks have the sanitizers on", () => {
  for (const name of ["test:quick", "test:slow"]) {
    assert(config.tasks[name].includes("--sanitize-ops --sanitize-resources"), name);
  }
});

Deno.test("deno task test runs every test once: the quick ones and the others", () => {
  assertEquals(config.tasks.test, "deno task types && deno task test:quick && deno task test:slow");
  const list = "$(deno run --allow-read=tests tests/quick_tests.ts";
  assert(config.tasks["test:quick"].endsWith(` ${list})`));
  assert(config.tasks["test:slow"].endsWith(` --ignore=${list} ,) mod.ts src tests`));
});

Deno.test("deno task test:quick grants neither sockets, nor programs, nor what workers load", () => {
  const command: string = config.tasks["test:quick"];
  assert(command.endsWith(" $(deno run --allow-read=tests tests/quick_tests.ts)"), command);
  assertEquals(command.split(" ").filter((word) => /^(-[A-Z]|--(allow|deny)-)/.test(word)), [
    "--allow-env=ROBUSTO_FUZZ_RUNS,ROBUSTO_SOAK,ROBUSTO_SEED",
    "--allow-read",
    "--deny-read=src/pool,src/server",
    "--allow-read=tests", // of the program that lists the files
  ]);
});

Deno.test("deno task test:quick leaves out no test of what needs nothing outside its thread", () => {
  const quick = quickTests();
  const whole = ["connection", "content", "http1", "io", "log", "options", "support"];
  const expected = whole.flatMap((folder) =>
    [...Deno.readDirSync(new URL(`tests/${folder}/`, ROOT))]
      .map(({ name }) => `tests/${folder}/${name}`)
      .filter((path) => path.endsWith("_test.ts"))
  );
  expected.push("tests/tooling_test.ts");
  for (const name of ["in_memory", "parser", "stalls", "tables"]) {
    expected.push(`tests/wire/${name}_test.ts`);
  }
  assertEquals(expected.filter((path) => !quick.includes(path)), []);
});

Deno.test("the version is the same in deno.json, src/version.ts and CHANGELOG.md", () => {
  assertEquals(VERSION, config.version);
  const [, latest] = /^## \[([0-9.]+)\]/m.exec(read("CHANGELOG.md")) ?? [];
  assertEquals(latest, VERSION);
});
