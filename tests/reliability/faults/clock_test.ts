// The clock of the system is set back and forth by an hour while a server works: nothing is lost, no deadline comes
// early or late, and responses have the new date. libfaketime sets the clock of the one process.

import { assert, assertEquals } from "@std/assert";
import { REAL_PYTHON } from "../../python/python_site.ts";
import { Program } from "../../support/program.ts";
import { contentText, fieldValues, RawClient } from "../../support/raw_client.ts";
import { SteadyLoad } from "../changes/steady_load.ts";
import { isLongRun, runLength } from "../run_length.ts";

const LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
/** How often the clock is set. */
const TIMES = runLength({ short: 9, long: 300 });
const HOUR = 3_600_000;

const folder = new URL("../chaos/", import.meta.url).pathname;
const kinds: Readonly<Record<string, readonly string[]>> = {
  "mode pool": [`${folder}chaos_app.ts`],
  "Python processes": REAL_PYTHON === undefined
    ? []
    : [`${folder}chaos_app.py:app`, "--python", REAL_PYTHON],
};

for (const [name, words] of Object.entries(kinds)) {
  const missing = !exists(LIBRARY) ? "libfaketime" : words.length === 0 ? "python3" : undefined;
  Deno.test({
    name: `${name}: a clock that is set back and forth changes no deadline${
      missing === undefined ? "" : ` (missing: ${missing})`
    }`,
    ignore: missing !== undefined || !isLongRun && name !== "mode pool",
    async fn() {
      const offset = await Deno.makeTempFile();
      await Deno.writeTextFile(offset, "+0");
      const deadlines = [
        "--head-timeout",
        "1s",
        "--handler-timeout",
        "1s",
        "--worker-timeout",
        "1s",
      ];
      const bounds = ["--workers", "3", "--max-connections", "100", "--bind", "127.0.0.1:0"];
      await using server = await Program.start(
        ["run", "-A", "--no-check", "mod.ts", ...words, ...deadlines, ...bounds],
        {
          env: {
            LD_PRELOAD: LIBRARY,
            FAKETIME_TIMESTAMP_FILE: offset,
            FAKETIME_NO_CACHE: "1",
            DONT_FAKE_MONOTONIC: "1",
          },
        },
      );
      const port = Number(new URL(await server.url).port);
      const connect = () => Deno.connect({ port });
      const load = new SteadyLoad({ connect, rate: 50, kept: 3, fresh: 1 });
      const dates = new Set<number>();
      try {
        let isOver = false;
        const changing = (async () => {
          for (let turn = 0; turn < TIMES; turn++) {
            await Deno.writeTextFile(offset, ["+1h", "-1h", "+0"][turn % 3]);
            await new Promise((resolve) => setTimeout(resolve, 150));
            dates.add(Math.round((await dateOf(port) - Date.now()) / HOUR));
          }
          isOver = true;
        })();
        while (!isOver) {
          const [late, hung] = await Promise.all([
            timeOf(port, "GET / HTTP/1.1\r\nHost:", 408),
            timeOf(port, "GET /loop HTTP/1.1\r\nHost: a\r\n\r\n", 504),
          ]);
          for (const time of [late, hung]) assert(time > 900, `${time} ms`);
        }
        await changing;
      } finally {
        await load.end();
        await Deno.remove(offset);
      }
      assertEquals(dates, new Set([1, -1, 0]));
      assertEquals([load.failed, load.truncated], [[], []], server.output);
      assert(load.responses > 20, `${load.responses}`);
      assertEquals(await server.stop("SIGTERM"), 0, server.output);
    },
  });
}

async function dateOf(port: number): Promise<number> {
  using client = new RawClient(await Deno.connect({ port }));
  await client.send(new TextEncoder().encode("GET /unknown?id=1 HTTP/1.1\r\nHost: a\r\n\r\n"));
  return Date.parse(fieldValues(await client.read(), "date")[0]);
}

/** Milliseconds until a deadline ends a request with this status. */
async function timeOf(port: number, octets: string, status: number): Promise<number> {
  const start = performance.now();
  using client = new RawClient(await Deno.connect({ port }));
  await client.send(new TextEncoder().encode(octets));
  const response = await client.read();
  assertEquals(response.status, status, contentText(response));
  return performance.now() - start;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
