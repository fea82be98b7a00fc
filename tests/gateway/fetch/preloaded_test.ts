// Runs the tests of the Fetch gateway again with something changed beneath it: clients and handlers must see
// no difference.

import { assert, assertEquals } from "@std/assert";

const local = (name: string) => new URL(name, import.meta.url).pathname;

// The gateway looks into Request and Response where a probe finds them as expected. Elsewhere it takes
// the public way, which has to lead to the same responses.
Deno.test("FetchGateway passes its tests without short cuts through Request and Response", async () => {
  await runAgain("without_symbols.ts");
});

Deno.test("FetchGateway passes its tests with requests and responses that go through a pool", async () => {
  await runAgain("in_pool.ts");
});

async function runAgain(preloaded: string): Promise<void> {
  const tests = [...Deno.readDirSync(local("."))].map(({ name }) => name)
    .filter((name) => /^fetch_.*_test\.ts$/.test(name)).map(local);
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "-A",
      "--sanitize-ops",
      "--sanitize-resources",
      "--no-check",
      `--preload=${local(preloaded)}`,
      ...tests,
    ],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  });
  const { success, stdout, stderr } = await command.output();
  const report = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals(success, true, report);
  assert(/\b1[0-9][0-9] passed \| 0 failed/.test(report), report);
}
