// A fault of a handler costs its own request: the process continues, other requests get their responses,
// and the pool returns to its minimum.

import { connect } from "node:net";
import { assert, assertEquals } from "@std/assert";
import { canKill, canKillLoop } from "../../src/threads/kill_probe.ts";
import type { ThreadKind } from "../../src/pool/worker_thread.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { contentText, saysClose } from "../support/raw_client.ts";
import { stepsInLanes } from "../support/in_lanes.ts";
import type { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";
import { Gate, KINDS, pool, poolSite, until } from "./pool_site.ts";

const get = (target: string) => `GET ${target} HTTP/1.1|Host: a||`;

/** Asserts that every worker responds, and that there are as many as there should be. */
async function expectHealthy(site: Site): Promise<void> {
  await until(() => pool(site).ready === 2 && pool(site).workers.length === 2);
  const clients = await Promise.all(Array.from({ length: 8 }, () => site.ask(get("/ok"))));
  for (const response of clients) {
    assertEquals(response.status, 200);
    assert(contentText(response).startsWith("worker "));
  }
  assertEquals([pool(site).queued, pool(site).busy], [0, 0]);
}

interface Fault {
  readonly name: string;
  readonly path: string;
  readonly status: number | "cut";
  readonly kinds?: readonly ThreadKind[];
  readonly options?: ServerOptions;
  readonly events?: readonly string[];
  readonly crashed?: number;
  readonly killed?: number;
}

/** Far more than a handler that responds takes on a busy machine: other requests have the same deadline. */
const HANDLER_TIMEOUT = 250;
const deadline = { handlerTimeout: HANDLER_TIMEOUT };
const killable = ["killable"] as const;

const faults: readonly Fault[] = [
  { name: "throws", path: "/throw", status: 500, events: ["handler-failed"] },
  { name: "rejects", path: "/throw-later", status: 500, events: ["handler-failed"] },
  { name: "throws undefined", path: "/throw-nothing", status: 500, events: ["handler-failed"] },
  { name: "leaves a rejection", path: "/rejection", status: 200, events: ["uncaught-rejection"] },
  {
    name: "leaves a rejection with undefined",
    path: "/rejection-of-nothing",
    status: 200,
    events: ["uncaught-rejection"],
  },
  { name: "throws in a timer", path: "/uncaught", status: 200, events: ["uncaught-error"] },
  {
    name: "calls self.close",
    path: "/close",
    status: 500,
    events: ["worker-ended"],
    crashed: 1,
  },
  { name: "exits", path: "/exit", status: 500, events: ["worker-ended"], crashed: 1 },
  {
    name: "exits by node:process",
    path: "/process-exit",
    status: 500,
    events: ["worker-ended"],
    crashed: 1,
  },
  { name: "returns a number", path: "/no-response", status: 500, events: ["handler-failed"] },
  { name: "returns a symbol", path: "/symbol", status: 500, events: ["handler-failed"] },
  { name: "returns a function", path: "/function", status: 500, events: ["handler-failed"] },
  { name: "returns a used Response", path: "/used", status: 500, events: ["handler-failed"] },
  {
    name: "streams and fails",
    path: "/stream-error",
    status: "cut",
    events: ["response-stream-failed"],
  },
  {
    name: "streams objects",
    path: "/stream-of-objects",
    status: "cut",
    events: ["response-stream-failed"],
  },
  {
    name: "streams and exits",
    path: "/stream-then-exit",
    status: "cut",
    events: ["worker-ended"],
    crashed: 1,
  },
  {
    name: "never responds",
    path: "/hang",
    status: 504,
    options: deadline,
    events: ["handler-timeout"],
    killed: 1,
  },
  {
    name: "loops",
    path: "/loop",
    status: 504,
    kinds: killable,
    options: deadline,
    events: ["handler-timeout"],
    killed: 1,
  },
  {
    name: "loops, without a deadline for handlers,",
    path: "/loop",
    status: 504,
    kinds: killable,
    options: { workerTimeout: 500 },
    events: ["worker-timeout"],
    killed: 1,
  },
  {
    name: "loops after it has waited",
    path: "/loop-later",
    status: 504,
    kinds: killable,
    options: { workerTimeout: 500 },
    events: ["worker-timeout"],
    killed: 1,
  },
  {
    name: "loops in microtasks, without a deadline for handlers,",
    path: "/microtasks",
    status: 504,
    kinds: killable,
    options: { workerTimeout: 500 },
    events: ["worker-timeout"],
    killed: 1,
  },
  {
    name: "loops in microtasks",
    path: "/microtasks",
    status: 504,
    kinds: killable,
    options: deadline,
    events: ["handler-timeout"],
    killed: 1,
  },
  {
    name: "matches a catastrophic regular expression",
    path: "/regexp",
    status: 504,
    kinds: killable,
    options: deadline,
    events: ["handler-timeout"],
    killed: 1,
  },
  {
    name: "exhausts its heap",
    path: "/heap",
    status: 500,
    kinds: killable,
    options: { maxWorkerHeap: 16 * 1024 * 1024 },
    events: ["worker-ended"],
    crashed: 1,
  },
  {
    name: "exhausts its heap piece by piece",
    path: "/heap-later",
    status: 500,
    kinds: killable,
    options: { maxWorkerHeap: 16 * 1024 * 1024 },
    events: ["worker-ended"],
    crashed: 1,
  },
  {
    name: "takes buffers while it computes",
    path: "/buffers",
    status: 500,
    kinds: killable,
    options: { maxWorkerHeap: 32 * 1024 * 1024 },
    events: ["worker-ended"],
    crashed: 1,
  },
  {
    name: "takes buffers piece by piece",
    path: "/buffers-later",
    status: 500,
    kinds: killable,
    options: { maxWorkerHeap: 32 * 1024 * 1024 },
    events: ["worker-ended"],
    crashed: 1,
  },
  {
    name: "grows a WebAssembly memory",
    path: "/wasm",
    status: 500,
    kinds: killable,
    options: { maxWorkerHeap: 32 * 1024 * 1024 },
    events: ["worker-ended"],
    crashed: 1,
  },
];

for (const workerKind of KINDS) {
  Deno.test(`${workerKind}: a handler's fault costs its own request`, async (t) => {
    const cases = faults.filter(({ kinds = KINDS }) => kinds.includes(workerKind));
    await stepsInLanes(
      t,
      3,
      cases.map((fault) => [`a handler that ${fault.name}`, async () => {
        await using site = poolSite("faults.ts", { workerKind, ...fault.options });
        const client = await site.connect();
        await client.send(octets(get(fault.path)));
        if (fault.status === "cut") {
          await client.expectCut();
        } else {
          const response = await client.read();
          assertEquals(response.status, fault.status, contentText(response));
          assert(!saysClose(response));
          assert(!contentText(response).includes("own"));
          await client.send(octets(get("/ok")));
          assertEquals((await client.read()).status, 200);
        }
        await until(() => site.events.length >= (fault.events?.length ?? 0));
        assertEquals(site.events, fault.events);
        for (const { event, message, requests = [] } of site.log) {
          if (event !== "worker-ended" && event !== "worker-timeout") continue;
          const named = requests.map(({ method, target }) => `${method} ${target}`);
          assert(named.includes(`GET ${fault.path}`), `${event} names ${named}`);
          assert(requests.every(({ requestId }) => message.includes(`(id ${requestId})`)));
        }
        await expectHealthy(site);
        // The client has its 504 before the worker is killed.
        await until(() => pool(site).killedWorkers >= (fault.killed ?? 0));
        const { crashedWorkers, killedWorkers, abandonedWorkers } = pool(site);
        assertEquals(
          { crashedWorkers, killedWorkers, abandonedWorkers },
          {
            crashedWorkers: fault.crashed ?? 0,
            killedWorkers: fault.killed ?? 0,
            abandonedWorkers: 0,
          },
        );
        assert(site.server.ready);
      }]),
    );
  });
}

Deno.test("buffers that a handler has dropped do not count for maxWorkerHeap", async () => {
  const maxWorkerHeap = 32 * 1024 * 1024;
  await using site = poolSite("faults.ts", { workerKind: "killable", maxWorkerHeap });
  assertEquals(contentText(await site.ask(get("/dropped-buffers"))), "dropped");
  assertEquals(site.events, []);
});

for (const workerKind of KINDS) {
  Deno.test(`${workerKind}: a rejection that is not handled costs no other request of its worker`, async () => {
    using gate = new Gate();
    await using site = poolSite("faults.ts", { workerKind, minWorkers: 1, maxWorkers: 1 });
    const waiting = site.ask(get(gate.target("/wait")));
    await gate.reached();
    assertEquals((await site.ask(get("/rejection"))).status, 200);
    await until(() => site.events.length > 0);
    gate.open();
    assertEquals(contentText(await waiting), "waited");
    assertEquals((await site.ask(`HEAD /write-behind HTTP/1.1|Host: a||`)).status, 200);
    await until(() => site.events.length > 1); // the server's own reason: one line, no stack
    assertEquals(pool(site).spawned, 1);
    assertEquals(site.events, ["uncaught-rejection", "late-rejection"]);
    assert(/ of request \S+: AbortError: The response/.test(site.log[1].message));
    assertEquals(site.log[1].error, undefined);
  });
}

for (const workerKind of KINDS) {
  Deno.test(`${workerKind}: a worker has the global names of a web Worker`, async () => {
    await using site = poolSite("faults.ts", { workerKind });
    assertEquals(
      contentText(await site.ask(get("/names"))),
      '["object","function","undefined",true,true]',
    );
  });

  Deno.test(`${workerKind}: what an application posts, listens to and replaces does not reach the pool`, async () => {
    await using site = poolSite("faults.ts", { workerKind, minWorkers: 1 });
    for (const path of ["/post", "/post", "/own-messages", "/own-globals"]) {
      assertEquals((await site.ask(get(path))).status, 200, path);
    }
    for (let i = 0; i < 20; i++) assertEquals((await site.ask(get("/ok"))).status, 200);
    assertEquals(contentText(await site.ask(get("/heard"))), '["own","own"]');
    assertEquals(contentText(await site.ask(get("/worker-data"))), "{}");
    assertEquals(site.events, ["message-dropped"]);
    assertEquals([pool(site).spawned, pool(site).ready], [1, 1]);
  });
}

for (const workerKind of KINDS) {
  Deno.test(`${workerKind}: a worker that ends while its whole response is being written costs nothing`, async () => {
    await using site = poolSite("faults.ts", { workerKind });
    const client = await site.connect();
    await client.send(octets(get("/large-then-exit")));
    await until(() => site.events.includes("worker-ended")); // more than the buffers of the system hold
    const response = await client.read();
    assertEquals([response.status, response.content.length], [200, 16_000_000]);
    assert(!saysClose(response));
    await client.send(octets(get("/ok")));
    assertEquals((await client.read()).status, 200);
    await expectHealthy(site);
  });

  for (const path of ["/signal", "/signal-and-stream", "/signal-and-hints"]) {
    Deno.test(`${workerKind}: a client that resets its connection while ${path} is at work is no error in the log`, async () => {
      using gate = new Gate();
      await using site = poolSite("content.ts", { workerKind });
      const { hostname, port } = site.server.addr as Deno.NetAddr;
      const client = connect(port, hostname);
      client.write(octets(get(gate.target(path))));
      await gate.reached();
      client.resetAndDestroy();
      await until(() => gate.notes.includes("aborted"));
      gate.open();
      await until(() => pool(site).busy === 0);
      assertEquals(site.events.filter((event) => event !== "client-left"), []);
    });
  }
}

// A web Worker cannot be ended while it computes, and neither kind can inside a call of the system. Both
// end when the gate opens.
for (
  const [workerKind, path] of [["web", "/spin"], ["web", "/call"], ["killable", "/call"]] as const
) {
  Deno.test(`${workerKind}: a worker that cannot be ended in ${path} is abandoned, replaced, and counted until it ends`, async () => {
    using gate = new Gate();
    await using site = poolSite("faults.ts", { workerKind, handlerTimeout: HANDLER_TIMEOUT });
    const client = await site.connect();
    await client.send(octets(get(gate.target(path))));
    assertEquals((await client.read()).status, 504);
    await client.send(octets(get("/ok")));
    assertEquals((await client.read()).status, 200);
    await expectHealthy(site);
    await until(() => pool(site).abandonedWorkers === 1);
    assertEquals([pool(site).killedWorkers, pool(site).strayThreads], [1, 1]);
    assert(site.server.ready);
    assertEquals(site.events, ["handler-timeout", "worker-abandoned"]);
    gate.open();
    await until(() => pool(site).strayThreads === 0);
    assertEquals(pool(site).abandonedWorkers, 1);
    assertEquals(site.events.at(-1), "abandoned-worker-ended");
  });

  Deno.test(`${workerKind}: a server that has too many threads that cannot be ended in ${path} is not ready until they have ended`, async () => {
    using gate = new Gate();
    const options = { workerKind, handlerTimeout: HANDLER_TIMEOUT, maxAbandonedWorkers: 0 };
    await using site = poolSite("faults.ts", { minWorkers: 1, ...options });
    const lost = await site.ask(get(gate.target(path)));
    assertEquals(lost.status, 504);
    await until(() => pool(site).strayThreads === 1);
    assert(!site.server.ready);
    assertEquals((await site.ask(get("/ok"))).status, 503);
    gate.open();
    await until(() => site.server.ready && pool(site).ready === 1);
    assertEquals((await site.ask(get("/ok"))).status, 200);
  });
}

Deno.test("a worker is killable unless workerKind says otherwise", async () => {
  await using site = poolSite("faults.ts");
  assertEquals((await site.ask(get("/ok"))).status, 200);
  assertEquals(pool(site).kind, "killable");
});

Deno.test("canKill() proves that a thread in a loop can be ended on this Deno", async () => {
  assert(await canKill());
});

Deno.test("canKillLoop() notices a thread that cannot be ended", async () => {
  assertEquals(await canKillLoop("// no lock"), false);
});

for (const workerKind of KINDS) {
  Deno.test(`${workerKind}: a stream without end is cancelled when its client leaves`, async () => {
    using gate = new Gate();
    await using site = poolSite("content.ts", { workerKind });
    const client = await site.connect();
    await client.send(octets(get(gate.target("/endless"))));
    await until(() => gate.notes.length > 0);
    client.close();
    await until(() => gate.notes.includes("cancelled"));
    await until(() => pool(site).busy === 0);
    assertEquals(site.events.filter((event) => event !== "client-left"), []);
  });

  Deno.test(`${workerKind}: a client that does not read stops the handler's stream`, async () => {
    using gate = new Gate();
    await using site = poolSite("content.ts", { workerKind });
    const client = await site.connect();
    await client.send(octets(get(gate.target("/endless"))));
    // When it stands still, the buffers of the system and the credit are used up.
    let before = -1;
    let still = 0;
    await until(() => {
      still = gate.notes.length === before ? still + 1 : 0;
      before = gate.notes.length;
      return before > 4 && still > 100;
    });
    assert(before * 64 < 32 * 1024, `${before * 64} KiB`);
    client.close();
    await until(() => gate.notes.includes("cancelled"));
  });
}

for (const workerKind of KINDS) {
  Deno.test(`${workerKind}: a handler that waits for content ends when it cannot come`, async () => {
    await using site = poolSite("faults.ts", { workerKind, contentTimeout: 100 });
    const client = await site.connect();
    await client.send(octets("POST /read HTTP/1.1|Host: a|Content-Length: 1000000||abc"));
    await until(() => pool(site).busy === 1);
    assertEquals((await client.read()).status, 408);
    await until(() => pool(site).busy === 0);
    const leaving = await site.connect();
    await leaving.send(octets("POST /read HTTP/1.1|Host: a|Content-Length: 1000000||abc"));
    await until(() => pool(site).busy === 1);
    leaving.close();
    await until(() => pool(site).busy === 0);
    await expectHealthy(site);
  });
}

Deno.test("killable: a worker that is killed while content flows costs its own request", async () => {
  await using site = poolSite("faults.ts", {
    workerKind: "killable",
    handlerTimeout: HANDLER_TIMEOUT,
  });
  const client = await site.connect();
  const length = 5_000_000;
  await client.send(octets(`POST /read-and-loop HTTP/1.1|Host: a|Content-Length: ${length}||`));
  const sending = client.trySend(new Uint8Array(length));
  assertEquals((await client.read()).status, 504);
  client.close();
  await sending;
  await expectHealthy(site);
});

Deno.test("killable: a handler that waits for content has the content's deadline, not its own", async () => {
  await using site = poolSite("faults.ts", {
    ...{ workerKind: "killable", handlerTimeout: 500, contentTimeout: 1_500 },
  });
  const client = await site.connect();
  await client.send(octets("POST /read HTTP/1.1|Host: a|Content-Length: 1000000||abc"));
  assertEquals((await client.read()).status, 408);
  assertEquals(pool(site).killedWorkers, 0);
  await expectHealthy(site);
});
