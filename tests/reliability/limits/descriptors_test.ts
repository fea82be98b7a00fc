// More clients than the process may have descriptors: the server keeps below its limit, serves those who ask in place
// of those who are silent, logs no error, and is as before when they have left.

import { assert, assertEquals } from "@std/assert";
import { Program } from "../../support/program.ts";
import { contentText, RawClient } from "../../support/raw_client.ts";
import { isLongRun, runLength } from "../run_length.ts";

const app = new URL("../hostile/hostile_app.ts", import.meta.url).href;
const LIMITS = isLongRun ? [256, 1_024, 4_096, 20_000] : [256];
const MODES = isLongRun ? ["pool", "inline", "sharded"] : ["pool", "sharded"];
/** Connections beyond the limit. */
const BEYOND = 200;
const MOST = runLength({ short: 10_000, long: 10_000 });
const PATIENCE = 20_000;

for (const limit of LIMITS) {
  for (const mode of limit === 256 ? MODES : ["pool"]) {
    const count = Math.min(limit + BEYOND, MOST);
    Deno.test(`mode ${mode} with ulimit -n ${limit} serves beside ${count} silent connections`, async () => {
      const workers = mode === "inline" ? [] : ["--workers", "2"];
      const args = ["run", "-A", "--no-check", "mod.ts", app, "--mode", mode, ...workers];
      await using server = await Program.start([...args, "--bind", "127.0.0.1:0"], {
        launcher: ["sh", "-c", `ulimit -n ${limit} && exec "$@"`, "sh"],
      });
      const port = Number(new URL(await server.url).port);
      await timeOfLight(port);
      const silent: Deno.TcpConn[] = [];
      const times: number[] = [];
      try {
        while (silent.length < count) {
          const crowd = Array.from({ length: 50 }, () => Deno.connect({ port }));
          silent.push(...await Promise.all(crowd));
        }
        for (let asked = 0; asked < runLength({ short: 3, long: 20 }); asked++) {
          times.push(await timeOfLight(port));
        }
      } finally {
        for (const conn of silent) conn.close();
      }
      const later = await timeOfLight(port);
      if (isLongRun) {
        console.log(
          `ulimit -n ${limit}, mode ${mode}: longest of ${times.length}`,
          Math.max(...times),
          "then",
          later,
        );
      }
      assert(later < 2_000, `${later} ms after they had left`);
      assertEquals(await server.stop("SIGTERM"), 0, server.output);
      assertEquals(/Z error /.exec(server.output), null, server.output);
    });
  }
}

async function timeOfLight(port: number): Promise<number> {
  const start = performance.now();
  using client = new RawClient(await Deno.connect({ port }), PATIENCE);
  await client.send(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  assertEquals(contentText(await client.read()), "light");
  return Math.round(performance.now() - start);
}
