// A server under attack by all kinds of hostile clients at once: honest clients are served meanwhile, its memory is
// bounded, and nothing of it is left. For longer attacks by more clients: ROBUSTO_SOAK=1.

import { assert, assertEquals } from "@std/assert";
import { memoryOf } from "../../bench/load/processes.ts";
import { Program } from "../../support/program.ts";
import { contentText, RawClient } from "../../support/raw_client.ts";
import { isLongRun, runLength } from "../run_length.ts";

const DURATION = runLength({ short: 2_000, long: 120_000 });
const FACTOR = runLength({ short: 1, long: 4 });

/** Most memory that the attack may cost, in MiB: unread responses and unsent content, all bounded. */
const MOST_GROWTH = 400;

/** An honest client has its response within this time, in milliseconds, on a machine that is busy. */
const PATIENCE = 5_000;

for (const mode of ["pool", "inline", "sharded"]) {
  Deno.test(`mode ${mode}: honest clients are served while others attack in every way`, async () => {
    const app = new URL("hostile_app.ts", import.meta.url).href;
    const options = [
      "--mode",
      mode,
      "--workers",
      "2",
      "--bind",
      "127.0.0.1:0",
      "--log-level",
      "error",
    ];
    const flags = mode === "inline" ? options.toSpliced(2, 2) : options;
    await using server = await Program.start(["run", "-A", "--no-check", "mod.ts", app, ...flags]);
    const port = Number(new URL(await server.url).port);
    const before = memoryOf([server.pid], "VmRSS");
    const clients = new URL("hostile_clients.ts", import.meta.url).href;
    const attack = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", clients, `${port}`, `${FACTOR}`],
    }).spawn();
    const end = performance.now() + DURATION;
    const times: number[] = [];
    let most = before;
    while (performance.now() < end) {
      times.push(await timeOfLight(port));
      most = Math.max(most, memoryOf([server.pid], "VmRSS"));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    attack.kill("SIGTERM");
    assert((await attack.status).success, "the attack failed");
    times.sort((a, b) => a - b);
    const p99 = times[Math.floor(times.length * 0.99)];
    if (isLongRun) {
      console.log(
        `mode ${mode}: ${times.length} light requests, p50 ${times[times.length >> 1]} ms,`,
      );
      console.log(`p99 ${p99} ms; memory ${before} to ${most} MiB at most`);
    }
    assert(times.at(-1)! < PATIENCE, `a light request took ${times.at(-1)} ms`);
    assert(most - before < MOST_GROWTH, `memory grew from ${before} to ${most} MiB`);
    assertEquals(await server.stop("SIGTERM"), 0, server.output);
  });
}

/** Opens a connection, asks for something light, and measures how long that takes, in milliseconds. */
async function timeOfLight(port: number): Promise<number> {
  const start = performance.now();
  using client = new RawClient(await Deno.connect({ port }), PATIENCE);
  await client.send(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  assertEquals(contentText(await client.read()), "light");
  return Math.round(performance.now() - start);
}
