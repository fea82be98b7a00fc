// Runs the tests of the Fetch gateway again with something changed beneath it: clients and handlers must see
// no difference.

import { assert, assertEquals } from "@std/assert";

const local = (name: string) => new URL(name, import.meta.url).pathname;

/** What is changed, by the module that does it. The gateway looks into Request and Response where a probe finds
 * them as expected; elsewhere it takes the public way, which has to lead to the same responses. */
const CHANGES = {
  "without short cuts through Request and Response": "without_symbols.ts",
  "with requests and responses that go through a pool": "in_pool.ts",
};

Deno.test("FetchGateway passes its tests with something changed beneath it", async (t) => {
  const runs = Object.entries(CHANGES).map(([name, module]) => ({
    name,
    report: runAgain(module),
  }));
  for (const { name, report } of runs) { // both run at the same time
    await t.step(`FetchGateway passes its tests ${name}`, async () => {
      const { success, text } = await report;
      assertEquals(success, true, text);
      assert(/\b[12][0-9][0-9] passed \| 0 failed/.test(text), text);
    });
  }
});

async function runAgain(preloaded: string): Promise<{ success: boolean; text: string }> {
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
  const [text, errors] = [stdout, stderr].map((octets) => new TextDecoder().decode(octets));
  return { success, text: text + errors };
}
