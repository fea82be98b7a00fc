// Scheduling with real threads: no request waits behind a computation while another worker is free.

import { assert, assertEquals } from "@std/assert";
import { within } from "../support/latch.ts";
import { contentText, fieldValues, saysClose } from "../support/raw_client.ts";
import { octets } from "../wire/row.ts";
import { Gate, KINDS, pool, poolSite, until } from "./pool_site.ts";

const get = (target: string) => `GET ${target} HTTP/1.1|Host: a||`;

for (const workerKind of KINDS) {
  Deno.test(`${workerKind}: light requests do not wait for a worker that computes`, async () => {
    using gate = new Gate();
    await using site = poolSite("faults.ts", { workerKind });
    const heavy = site.ask(get(gate.target("/spin")));
    await gate.reached();
    const light = await site.connect();
    for (let i = 0; i < 50; i++) {
      await light.send(octets(get("/ok")));
      assertEquals((await light.read()).status, 200);
    }
    const many = await Promise.all(Array.from({ length: 50 }, () => site.ask(get("/ok"))));
    assert(many.every(({ status }) => status === 200));
    assertEquals(pool(site).busy, 1);
    gate.open();
    assertEquals(contentText(await heavy), "spun");
  });

  Deno.test(`${workerKind}: a worker sends its CPU time while it responds`, async () => {
    await using site = poolSite("faults.ts", { workerKind, minWorkers: 1 });
    await site.ask(get("/ok"));
    await until(() => pool(site).workers[0].cpuTime! > 0);
  });

  Deno.test(`${workerKind}: a burst with computations in it gets its responses from the free workers`, async () => {
    using gate = new Gate();
    await using site = poolSite("faults.ts", { workerKind, minWorkers: 3, maxWorkers: 3 });
    await site.ask(get("/ok"));
    const heavy = [1, 2].map(() => site.ask(get(gate.target("/spin"))));
    const light = Array.from({ length: 40 }, () => site.ask(get("/ok")));
    const responses = await within(Promise.all(light));
    assert(responses.every(({ status }) => status === 200));
    gate.open();
    await Promise.all(heavy);
  });

  Deno.test(`${workerKind}: a response does not wait for a computation right behind its request`, async () => {
    using gate = new Gate();
    await using site = poolSite("faults.ts", { workerKind, minWorkers: 2, maxWorkers: 2 });
    const clients = await Promise.all(Array.from({ length: 12 }, () => site.connect()));
    const asking = clients.map((client, i) =>
      client.send(octets(get(i === 6 ? gate.target("/spin") : "/ok")))
    );
    await Promise.all(asking);
    const [heavy] = clients.splice(6, 1);
    for (const client of clients) assertEquals((await within(client.read())).status, 200);
    gate.open();
    assertEquals(contentText(await heavy.read()), "spun");
  });

  Deno.test(`${workerKind}: a worker is started while a request waits and no worker is free`, async () => {
    using gate = new Gate();
    await using site = poolSite("faults.ts", { workerKind, minWorkers: 1, maxWorkers: 2 });
    const heavy = site.ask(get(gate.target("/spin")));
    await gate.reached();
    assertEquals((await site.ask(get("/ok"))).status, 200);
    assertEquals(pool(site).spawned, 2);
    gate.open();
    await heavy;
  });

  Deno.test(`${workerKind}: a full queue is 503 on a connection that is kept`, async () => {
    using gate = new Gate();
    await using site = poolSite("faults.ts", {
      ...{ workerKind, minWorkers: 1, maxWorkers: 1, exchangesPerWorker: 1, queueSize: 1 },
    });
    const held = site.ask(get(gate.target("/wait")));
    await gate.reached();
    const queued = site.ask(get("/ok"));
    await until(() => pool(site).queued === 1);
    const client = await site.connect();
    await client.send(octets(get("/ok")));
    const refused = await client.read();
    assertEquals([refused.status, fieldValues(refused, "retry-after")], [503, ["1"]]);
    assert(!saysClose(refused));
    gate.open();
    assertEquals((await held).status, 200);
    assertEquals((await queued).status, 200);
    await client.send(octets(get("/ok")));
    assertEquals((await client.read()).status, 200);
    assertEquals(pool(site).refused, 1);
    assertEquals(site.events, ["queue-full"]);
  });

  Deno.test(`${workerKind}: queueTimeout is 503 on a connection that is kept`, async () => {
    using gate = new Gate();
    await using site = poolSite("faults.ts", {
      ...{ workerKind, minWorkers: 1, maxWorkers: 1, exchangesPerWorker: 1, queueTimeout: 50 },
    });
    const held = site.ask(get(gate.target("/wait")));
    await gate.reached();
    const client = await site.connect();
    await client.send(octets(get("/ok")));
    const refused = await client.read();
    assertEquals([refused.status, fieldValues(refused, "retry-after")], [503, ["1"]]);
    gate.open();
    await held;
    await client.send(octets(get("/ok")));
    assertEquals((await client.read()).status, 200);
    assertEquals(site.events, ["queue-timeout"]);
    assert(site.log[0].queueTime! >= 50);
    assertEquals(site.log[0].workerId, undefined);
  });

  Deno.test(`${workerKind}: the log has the worker of a request and its queue time`, async () => {
    using gate = new Gate();
    await using site = poolSite("faults.ts", {
      ...{ workerKind, minWorkers: 1, maxWorkers: 1, exchangesPerWorker: 1 },
    });
    const held = site.ask(get(gate.target("/wait")));
    await gate.reached();
    const waiting = performance.now();
    const queued = site.ask(get("/throw"));
    await until(() => pool(site).queued === 1 && performance.now() - waiting > 2);
    gate.open();
    await held;
    assertEquals((await queued).status, 500);
    const [{ event, workerId, queueTime }] = site.log;
    assertEquals([event, workerId], ["handler-failed", 1]);
    assert(queueTime! > 0 && queueTime! <= performance.now() - waiting + 1);
  });

  Deno.test(`${workerKind}: a client that leaves while it waits costs no worker`, async () => {
    using gate = new Gate();
    await using site = poolSite("faults.ts", {
      ...{ workerKind, minWorkers: 1, maxWorkers: 1, exchangesPerWorker: 1 },
    });
    const held = site.ask(get(gate.target("/wait")));
    await gate.reached();
    const client = await site.connect();
    await client.send(octets(get(gate.target("/wait"))));
    await until(() => pool(site).queued === 1);
    client.close();
    await until(() => pool(site).queued === 0);
    gate.open();
    await held;
    assertEquals(gate.arrived, 1);
  });

  Deno.test(`${workerKind}: a kill costs the other exchanges of its worker one 504 or 500 each`, async () => {
    if (workerKind === "web") return;
    using gate = new Gate();
    await using site = poolSite("faults.ts", {
      ...{ workerKind, minWorkers: 1, maxWorkers: 1, handlerTimeout: 300 },
    });
    const others = [1, 2, 3].map(() => site.ask(get(gate.target("/wait"))));
    await gate.reached(3);
    const loop = site.ask(get("/loop"));
    const statuses = (await Promise.all([loop, ...others])).map(({ status }) => status);
    assert(statuses.every((status) => status === 504 || status === 500), String(statuses));
    assertEquals((await site.ask(get("/ok"))).status, 200);
    assertEquals(pool(site).killedWorkers, 1);
    await until(() => pool(site).ready === 1);
  });
}
