// Python processes that send random frames and random octets to the server: each costs its own request and its own
// process, and all other requests are served. For more: ROBUSTO_SOAK=1.

import { assert, assertEquals } from "@std/assert";
import { FromProcess } from "../../../src/python/process/frames.ts";
import { joinPieces } from "../../../src/content/concat.ts";
import { get } from "../../python/conformance_rows.ts";
import { PYTHON_KINDS, pythonSite, REAL_PYTHON } from "../../python/python_site.ts";
import { until } from "../../support/latch.ts";
import { RawClient } from "../../support/raw_client.ts";
import { octets } from "../../wire/row.ts";
import { type Random, withSeed } from "../random.ts";
import { runLength } from "../run_length.ts";

const { ignore } = PYTHON_KINDS[1];
const ATTACKS = runLength({ short: 6, long: 200 });
const KINDS = [...Object.values(FromProcess), 0, 99, 255];
const TEXTS = [
  "",
  "200 OK",
  "200 OK\nContent-Length: 5",
  "99 no",
  "101 Switching Protocols",
  "200 OK\nTransfer-Encoding: chunked",
  "200 OK\nX: a\rb",
  '{"level":"info","event":"a","message":"b"}',
  "[nothing",
  "1e400",
  "x".repeat(70_000),
];

Deno.test(
  "a process that sends random frames costs its own worker only",
  { ignore },
  () =>
    withSeed(async (random) => {
      await using site = await pythonSite("process.py", {
        python: REAL_PYTHON,
        minWorkers: 2,
        exchangesPerWorker: 1,
        handlerTimeout: 300,
        queueTimeout: 20_000,
      });
      const pids = () => site.server.stats.pool!.workers.length;
      for (let attack = 0; attack < ATTACKS; attack++) {
        const sent = makeFrames(random);
        const times = random.pick([1, 1, 1, 50]);
        using hostile = new RawClient(await site.dial());
        await hostile.send(
          octets(`POST /hostile?${times} HTTP/1.1|Host: a|Content-Length: ${sent.length}||`),
        );
        await hostile.send(sent);
        const own = hostile.read().then(
          ({ status }) => `${status}`,
          ({ message }) => `cut: ${message}`,
        );
        const others = await Promise.all(Array.from({ length: 4 }, async () => {
          using client = new RawClient(await site.dial());
          await client.send(octets(get("/pid")));
          return (await client.read()).status;
        }));
        const where = `attack ${attack}: ${JSON.stringify([...sent.subarray(0, 100)])}`;
        assertEquals(others, [200, 200, 200, 200], where);
        assert(/^(?:200|500|502|503|504|cut: .*)$/.test(await own), `${await own}; ${where}`);
        await until(() => site.server.stats.pool!.ready === 2 && pids() === 2);
      }
      const { queued, busy } = site.server.stats.pool!;
      assertEquals([queued, busy], [0, 0]);
    }),
);

/** Frames of all kinds, some of them broken. */
function makeFrames(random: Random): Uint8Array<ArrayBuffer> {
  if (random.chance(0.1)) {
    return Uint8Array.from({ length: random.below(5_000) }, () => random.below(256));
  }
  const frames = Array.from({ length: 1 + random.below(5) }, () => makeFrame(random));
  const all = joinPieces(frames);
  if (random.chance(0.3)) all[random.below(all.length)] = random.below(256);
  return random.chance(0.2) ? all.slice(0, random.below(all.length)) : all;
}

function makeFrame(random: Random): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(random.pick(TEXTS));
  const payload = new Uint8Array(random.pick([0, 0, 5, 1_000, 20_000])).fill(120);
  const frame = new Uint8Array(17 + text.length + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, frame.length - 4, true);
  frame[4] = random.pick(KINDS);
  view.setUint32(5, text.length, true);
  view.setBigUint64(
    9,
    BigInt(random.pick([0, random.below(20), random.below(2_000), 2 ** 40])),
    true,
  );
  frame.set(text, 17);
  frame.set(payload, 17 + text.length);
  return frame;
}
