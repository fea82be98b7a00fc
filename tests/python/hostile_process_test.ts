// A process that is broken or hostile costs its own worker and the exchange that is in it: frames that no worker
// sends, a log without bounds, content that does not wait for its client.

import { assert, assertEquals } from "@std/assert";
import { until } from "../support/latch.ts";
import { RawClient } from "../support/raw_client.ts";
import { octets } from "../wire/row.ts";
import { get } from "./conformance_rows.ts";
import { PYTHON_KINDS, pythonSite, REAL_PYTHON, textOf } from "./python_site.ts";

const { ignore } = PYTHON_KINDS[1];
const KiB = 1024;

/** Octets of a frame; sizes may be given that are not its own. */
function frame(
  kind: number,
  number: number,
  text = "",
  payload = new Uint8Array(),
  sizes: { readonly behind?: number; readonly text?: number } = {},
): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(17 + text.length + payload.length);
  const view = new DataView(octets.buffer);
  view.setUint32(0, sizes.behind ?? octets.length - 4, true);
  octets[4] = kind;
  view.setUint32(5, sizes.text ?? text.length, true);
  view.setBigUint64(9, BigInt(number), true);
  octets.set(new TextEncoder().encode(text), 17);
  octets.set(payload, 17 + text.length);
  return octets;
}

const [READY, FAILED, ACKNOWLEDGE, RESPONSE, BEGIN, PIECE, LOG] = [2, 3, 4, 5, 7, 8, 12];

/** What a process sends; how often; the status of its own request, 0 if it is cut. */
const ROWS: readonly [name: string, octets: Uint8Array<ArrayBuffer>, times: number, own: number][] =
  [
    ["a frame of a kind that does not exist", frame(99, 1), 1, 500],
    ["a size that is smaller than the parts", frame(LOG, 1, "", undefined, { behind: 3 }), 1, 500],
    ["a text that is larger than its frame", frame(LOG, 1, "", undefined, { text: 5 }), 1, 500],
    ["a frame without an end", frame(PIECE, 1, "", undefined, { behind: 0xffff_ffff }), 1, 500],
    ["a half frame", frame(LOG, 1, "{}").subarray(0, 10), 1, 504],
    ["text that is no event of the log", frame(LOG, 1, "[nothing"), 1, 500],
    ["an acknowledgement of what was not sent", frame(ACKNOWLEDGE, 2 ** 40), 1, 500],
    ["a response that nobody has asked for", frame(RESPONSE, 2 ** 40, "200 OK"), 1, 504],
    ["that it is ready, once more", frame(READY, 0), 1, 504],
    ["that its application cannot be loaded", frame(FAILED, 0, "why"), 1, 500],
    ["octets without any order", new Uint8Array(4 * KiB).map((_, i) => i * 167 % 251), 1, 500],
    ["an endless head", frame(BEGIN, 1, "x".repeat(900 * KiB)), 3, 504],
  ];

Deno.test("a hostile process costs its own worker only", { ignore }, async (t) => {
  await using site = await pythonSite("process.py", {
    python: REAL_PYTHON,
    minWorkers: 2,
    handlerTimeout: 400,
    queueTimeout: 20_000,
  });
  for (const [name, sent, times, own] of ROWS) {
    await t.step(name, async () => {
      const head = `POST /hostile?${times} HTTP/1.1|Host: a|Content-Length: ${sent.length}||`;
      const clients = [];
      for (let i = 0; i < 6; i++) clients.push(new RawClient(await site.dial()));
      await clients[0].send(octets(head));
      await clients[0].send(sent);
      await Promise.all(clients.slice(1).map((client) => client.send(octets(get("/pid")))));
      const responses = await Promise.all(clients.map((client) => client.read()));
      assertEquals(responses.map(({ status }) => status), [own, 200, 200, 200, 200, 200]);
      await clients[0].send(octets(get("/pid"))); // the connection can be used further
      assertEquals((await clients[0].read()).status, 200);
      for (const client of clients) client.close();
      await until(() => site.server.stats.pool!.ready === 2);
    });
  }
});

Deno.test(
  "a process may write without bounds to its log and to a client",
  { ignore },
  async (t) => {
    await using site = await pythonSite("process.py", { python: REAL_PYTHON });
    await t.step("a text that is larger than a frame", async () => {
      const pid = textOf(await site.ask(get("/pid")));
      assertEquals(textOf(await site.ask(get("/write_much"))), "written");
      assertEquals(textOf(await site.ask(get("/pid"))), pid);
      const events = site.log.splice(0).filter(({ event }) => event === "wsgi-errors");
      assert(events[0].message.startsWith("\udc80\x01🐍"));
      assert(events.length > 20, `${events.length} events`);
    });
    await t.step("single octets for a client that does not read", async () => {
      const before = Deno.memoryUsage().rss;
      using client = new RawClient(await site.dial());
      await client.send(octets(get("/trickle")));
      await until(() => Deno.memoryUsage().rss > before); // it has begun
      await new Promise((resolve) => setTimeout(resolve, 300));
      const growth = (Deno.memoryUsage().rss - before) / KiB / KiB;
      assert(growth < 64, `Memory grew by ${growth} MiB`);
    });
  },
);
