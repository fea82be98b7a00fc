// Many clients of server-sent events on two workers: light requests pass beside them, cancel() reaches every
// stream when its client leaves, and a second crowd needs no more memory than the first.

import { assert, assertEquals } from "@std/assert";
import { ModuleApp } from "../../mod.ts";
import { turn, within } from "../support/latch.ts";
import { Site } from "../support/site.ts";
import { runLength } from "./run_length.ts";

const CLIENTS = runLength({ short: 300, long: 2_000 });
/** Clients that come at the same moment. */
const CROWD = 100;
const REQUEST = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
/** What a second crowd may add: less than 20 KiB for each client. */
const MARGIN = CLIENTS * 20 * 1024 + 32 * 1024 * 1024;

Deno.test(`${CLIENTS} clients of event streams come, are served, leave, and come again`, async () => {
  const app = new ModuleApp(new URL("./event_streams_app.ts", import.meta.url));
  const workers = { minWorkers: 2, maxWorkers: 2 };
  await using site = new Site(app, { mode: "pool", ...workers, maxConnections: CLIENTS + 100 });
  const memory: number[] = [];
  for (let crowd = 0; crowd < 2; crowd++) {
    const clients: Deno.TcpConn[] = [];
    while (clients.length < CLIENTS) { // the queue has no room for all at once
      clients.push(...await Promise.all(Array.from({ length: CROWD }, () => listen(site))));
    }
    const open = await openStreams(site);
    assertEquals(open.reduce((sum, count) => sum + count), CLIENTS);
    assert(open.every((count) => count > 0), `streams of the workers: ${open}`);
    memory.push(Deno.memoryUsage().rss);
    for (const client of clients) client.close();
    await within(allStreamsClosed(site), 20_000);
  }
  assert(memory[1] < memory[0] + MARGIN, `memory in octets: ${memory}`);
});

/** A client that has got the first event. */
async function listen(site: Site): Promise<Deno.TcpConn> {
  const client = await site.dial();
  await client.write(REQUEST);
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4096);
  for (let text = ""; !text.includes("data: a");) {
    const count = await client.read(buffer);
    if (count === null) throw new Error(`The stream ended: ${text}`);
    text += decoder.decode(buffer.subarray(0, count));
  }
  return client;
}

/** Waits until both workers have no open stream left. */
async function allStreamsClosed(site: Site): Promise<void> {
  while ((await openStreams(site)).some((count) => count > 0)) await turn();
}

/** Asks until both workers have told how many streams they have open: light requests beside the streams. */
async function openStreams(site: Site): Promise<number[]> {
  const open = new Map<number, number>();
  for (let asked = 0; open.size < 2 && asked < 1_000; asked++) {
    const responses = await Promise.all([1, 2, 3, 4].map(() => fetch(`${site.url}/open`)));
    for (const response of responses) {
      const told = await response.json();
      open.set(told.workerId, told.open);
    }
  }
  return [...open.values()];
}
