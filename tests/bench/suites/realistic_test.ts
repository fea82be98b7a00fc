// Tests that the suite `realistic` runs: a short load of each mode with real servers. Nothing is asserted
// about its speed.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { isInstalled } from "../../support/program.ts";
import { CheckingClient } from "../load/check_response.ts";
import { BOTH_CORES, ServerProcess } from "../load/server_process.ts";
import type { Comparison } from "../results.ts";
import { DENO_SERVE, NODE_HTTP, ROBUSTO } from "../servers/specs.ts";
import { ALL_WORKS, realistic } from "./realistic.ts";

const missing = ["wrk", "taskset"].filter((command) => !isInstalled(command));
const skipped = missing.length > 0 ? ` (skipped: no ${missing.join(", ")})` : "";

Deno.test({
  name: `the suite realistic measures a work in a mode and verifies it${skipped}`,
  ignore: missing.length > 0,
  async fn() {
    const options = {
      rounds: 1,
      seconds: 0.2,
      warmUp: 0.2,
      uploadSeconds: 1,
      works: ["json-post"],
      modes: ["inline"],
    };
    const comparisons: Comparison[] = [];
    for await (const comparison of realistic.run(options)) comparisons.push(comparison);
    assertEquals(comparisons.map(({ group, label }) => [group, label]), [["inline", "json-post"]]);
    for (const { numbers } of comparisons[0].candidates) {
      for (const [key, [number]] of Object.entries(numbers)) assert(number > 0, key);
    }
  },
});

Deno.test("an unknown work or mode is an error that lists the known ones", async () => {
  const options = { rounds: 1, seconds: 1, warmUp: 1, uploadSeconds: 1 };
  const first = (more: { works?: string[]; modes?: string[] }) =>
    realistic.run({ ...options, ...more })[Symbol.asyncIterator]().next();
  await assertRejects(
    () => first({ works: ["jsn"] }),
    RangeError,
    "the work jsn: expected one of hello,",
  );
  await assertRejects(
    () => first({ modes: ["pol"] }),
    RangeError,
    "the mode pol: expected one of inline",
  );
});

for (const spec of [DENO_SERVE, ROBUSTO, NODE_HTTP]) {
  Deno.test({
    name: `${spec.name} responds to every work as expected${skipped}`,
    ignore: !isInstalled("taskset"),
    async fn() {
      await using server = await ServerProcess.start(spec, BOTH_CORES);
      for (const work of ALL_WORKS) {
        using client = new CheckingClient(server.url, work);
        const size = await client.check();
        assertEquals(await client.check(), size, work.name);
      }
    },
  });
}
