// Python code that damages its interpreter fails only its own request: an endless loop is ended at its
// deadline, and an interpreter that ends itself is replaced.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { until } from "../support/latch.ts";
import { RawClient } from "../support/raw_client.ts";
import type { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";
import { get } from "./conformance_rows.ts";
import { pythonSite } from "./python_site.ts";

/** Long enough for another interpreter to start on a busy machine. */
const PATIENT = { queueTimeout: 60_000 };

const maxWorkerHeap = 128 * 1024 * 1024;

// An interpreter takes seconds to start, so these cases share a server: each begins with the interpreter
// that has replaced that of the case before.
Deno.test("a thread that can be killed: what Python code does to its interpreter costs its request", async (t) => {
  const options = { handlerTimeout: 2_000, captureOutput: true, maxWorkerHeap, ...PATIENT };
  await using site = await pythonSite("surroundings.py", options);
  assertEquals(
    site.log.splice(0).map(({ level, event, message }) => `${level} ${event}: ${message}`),
    ["info printed: loaded", "error printed: warned"],
  );

  await t.step("an endless loop is 504, and the next request gets a response", async () => {
    assertEquals((await site.ask(get("/loop"))).status, 504);
    assertEquals(site.log.splice(0).map(({ event }) => event), ["handler-timeout"]);
    await respondsAgain(site);
    site.log.length = 0; // what the next interpreter has printed
  });

  await t.step(
    "requests behind one that ends the interpreter are served by the next worker",
    async () => {
      for (let i = 0; i < 50; i++) await respondsAgain(site); // quick enough to get requests ahead
      const clients: RawClient[] = [];
      for (let i = 0; i < 9; i++) {
        clients.push(new RawClient(await site.dial(), PATIENT.queueTimeout));
      }
      await Promise.all(
        clients.map((client, i) => client.send(octets(get(i === 0 ? "/end" : "/version")))),
      );
      const responses = await Promise.all(clients.map((client) => client.read()));
      assertEquals(responses.map(({ status }) => status), [500, ...Array<number>(8).fill(200)]);
      for (const client of clients) client[Symbol.dispose]();
      const events = site.log.splice(0).map(({ event }) => event).filter((name) =>
        name !== "printed"
      );
      assertEquals(events.toSorted(), ["interpreter-ended", "worker-ended"]);
    },
  );

  await t.step("more than maxWorkerHeap is 500, and the worker is replaced", async () => {
    const before = Deno.memoryUsage().rss;
    assertEquals((await site.ask(get("/memory"))).status, 500);
    await until(() => site.log.length >= 2, 60_000);
    await respondsAgain(site);
    assert(Deno.memoryUsage().rss - before < 3 * maxWorkerHeap);
    const [failed, ended] = site.log.splice(0);
    assertMatch((failed.error as Error).stack!, /MemoryError/);
    assertEquals(ended.event, "worker-ended");
    assertMatch(ended.message, /memory, its WebAssembly memory would have grown past 128 MiB/);
  });
});

Deno.test("an unsupported operation is 500, and an interpreter that ends is replaced", async () => {
  await using site = await pythonSite("surroundings.py", { workerKind: "web", ...PATIENT });
  for (
    const [path, error] of [
      ["thread", /RuntimeError: can't start new thread/],
      ["process", /OSError: .*does not support processes/],
      ["connect", /OSError|TimeoutError/],
    ] as const
  ) {
    assertEquals((await site.ask(get(`/${path}`))).status, 500, path);
    assertMatch((site.log.splice(0)[0].error as Error).stack!, error);
  }
  await endInterpreter(site);
});

async function endInterpreter(site: Site): Promise<void> {
  assertEquals((await site.ask(get("/end"))).status, 500);
  await respondsAgain(site);
  const events = site.log.splice(0).map(({ event }) => event).filter((event) =>
    event !== "printed"
  );
  assertEquals(events.toSorted(), ["interpreter-ended", "worker-ended"]);
}

async function respondsAgain(site: Site): Promise<void> {
  const response = await fetch(`${site.url}/version`);
  assertEquals(await response.text(), "first");
}
