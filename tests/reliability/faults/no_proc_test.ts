// A /proc that has nothing but the link to the program, without which Deno does not start: the server serves in every
// mode, does without what only /proc tells, and says what it cannot do.

import { assertEquals, assertMatch } from "@std/assert";
import { REAL_PYTHON } from "../../python/python_site.ts";
import { Program } from "../../support/program.ts";
import { until } from "../../support/latch.ts";
import { contentText, RawClient } from "../../support/raw_client.ts";
import { noMounts, withMounts } from "./own_mounts.ts";

const app = new URL("../hostile/hostile_app.ts", import.meta.url).pathname;
const python = new URL("../chaos/chaos_app.py", import.meta.url).pathname;

const kinds: Readonly<Record<string, readonly string[]>> = {
  "mode pool": [app, "--mode", "pool", "--workers", "1"],
  "mode sharded": [app, "--mode", "sharded", "--workers", "2"],
  "Python processes": REAL_PYTHON === undefined
    ? []
    : [`${python}:app`, "--python", REAL_PYTHON, "--workers", "1", "--max-worker-heap", "300MiB"],
};

/** The name of the program is that of the test. */
const EMPTY =
  `mount -t tmpfs none /proc && mkdir /proc/self && ln -s ${Deno.execPath()} /proc/self/exe`;

for (const [name, words] of Object.entries(kinds)) {
  const missing = noMounts ?? (words.length === 0 ? "python3 is missing" : undefined);
  Deno.test({
    name: `${name} serves without /proc${missing === undefined ? "" : ` (${missing})`}`,
    ignore: missing !== undefined,
    async fn() {
      const args = ["run", "-A", "--no-check", "mod.ts", ...words, "--bind", "127.0.0.1:0"];
      await using server = await Program.start([...args, "--max-connections", "100"], {
        launcher: withMounts(EMPTY),
      });
      const port = Number(new URL(await server.url).port);
      const ask = async () => {
        using client = new RawClient(await Deno.connect({ port }));
        const octets = "GET /give?id=1&size=5 HTTP/1.1\r\nHost: a\r\n\r\n";
        await client.send(new TextEncoder().encode(octets));
        return contentText(await client.read()).length;
      };
      assertEquals(await ask(), 5);
      Deno.kill(server.pid, "SIGHUP");
      await until(() => server.output.includes("robusto: reloaded"));
      assertEquals(await ask(), 5);
      Deno.kill(server.pid, "SIGUSR2");
      await until(() => server.output.includes("cannot hand over"));
      assertEquals(await ask(), 5);
      assertEquals(await server.stop("SIGTERM"), 0, server.output);
      const faults = server.output.split("\n").filter((line) => / (?:warn|error) /.test(line));
      assertMatch(faults.join("\n"), /^[^\n]* error robusto: cannot hand over: [^\n]*$/);
    },
  });
}
