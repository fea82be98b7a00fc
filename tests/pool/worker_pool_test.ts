// What the pool decides: which worker gets which exchange and when, and which workers are started, replaced
// and ended. Workers do what the test says, over a channel in memory, and time stands still.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ModuleApp } from "../../src/application/application.ts";
import { encodeLoadError } from "../../src/threads/error_codec.ts";
import { FromWorker, ToWorker } from "../../src/pool/wire/messages.ts";
import { resolveOptions } from "../../src/options/resolve_options.ts";
import type { WorkerPoolOptions } from "../../src/pool/pool_options.ts";
import { createWorkerPool, type WorkerPool } from "../../src/pool/worker_pool.ts";
import type { LogEvent } from "../../src/log/log_event.ts";
import { within } from "../support/latch.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { FakeExchange, headFor } from "./fake_exchange.ts";
import { type ScriptedWorker, ScriptedWorkers } from "./scripted_worker.ts";

class ScriptedPool implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly workers = new ScriptedWorkers();
  readonly log: LogEvent[] = [];
  readonly pool: WorkerPool;

  constructor(options: Partial<WorkerPoolOptions> = {}, canKill = () => Promise.resolve(true)) {
    const minWorkers = options.minWorkers ?? 1;
    this.pool = createWorkerPool({
      ...resolveOptions({ minWorkers, maxWorkers: minWorkers }, "module"),
      app: new ModuleApp("file:///app.ts"),
      workerKind: "killable",
      queueGrows: options.queueSize === undefined,
      onLog: (event) => this.log.push(event),
      ...options,
    }, { clock: this.clock, startWorker: this.workers.start, canKill });
  }

  static async start(options: Partial<WorkerPoolOptions> = {}): Promise<ScriptedPool> {
    const scripted = new ScriptedPool(options);
    await scripted.pool.start();
    return scripted;
  }

  get events(): string[] {
    return this.log.map(({ event }) => event);
  }

  /** Lets messages leave. */
  async settle(): Promise<void> {
    for (let round = 0; round < 50; round++) await undefined;
  }

  /** Hands exchanges to the pool. */
  async ask(...targets: string[]): Promise<FakeExchange[]> {
    const exchanges = targets.map((target) => new FakeExchange(target));
    for (const exchange of exchanges) void this.pool.execute(exchange);
    await this.settle();
    return exchanges;
  }

  /** Lets a worker respond quickly until it may have as many batches as any. All others must be busy. */
  async warm(worker: ScriptedWorker): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await this.ask("/warm");
      worker.respond(worker.handed[0]);
      worker.acknowledge();
      worker.received.length = 0;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.stop(0);
    assertEquals(this.clock.running, 0);
    assertEquals(this.workers.alive, []);
  }
}

Deno.test("a worker that has not acknowledged its batch gets nothing more", async () => {
  await using scripted = await ScriptedPool.start();
  const [worker] = scripted.workers.all;
  await scripted.ask("/1");
  await scripted.ask("/2");
  assertEquals(worker.targets, ["/1"]);
  assertEquals(scripted.pool.queued, 1);
  worker.acknowledge();
  await scripted.settle();
  assertEquals(worker.targets, ["/1", "/2"]);
  assertEquals(scripted.pool.queued, 0);
});

Deno.test("exchanges that wait are handed over first come, first served", async () => {
  await using scripted = await ScriptedPool.start();
  const [worker] = scripted.workers.all;
  await scripted.ask("/0");
  for (let i = 1; i <= 5; i++) await scripted.ask(`/${i}`);
  for (let i = 1; i <= 5; i++) {
    worker.acknowledge();
    await scripted.settle();
  }
  assertEquals(worker.targets, ["/0", "/1", "/2", "/3", "/4", "/5"]);
});

Deno.test("an exchange leaves alone while the others might compute", async () => {
  await using scripted = await ScriptedPool.start();
  const [worker] = scripted.workers.all;
  await scripted.warm(worker);
  worker.batchSizes.length = 0;
  await scripted.ask("/1", "/2", "/3", "/4", "/5", "/6");
  assertEquals(worker.batchSizes, [1, 1, 1, 1]);
  worker.acknowledge();
  await scripted.settle();
  assertEquals(worker.batchSizes, [1, 1, 1, 1, 1, 1]);
});

Deno.test("exchangesPerWorker bounds what a worker holds", async () => {
  await using scripted = await ScriptedPool.start({ exchangesPerWorker: 2 });
  const [worker] = scripted.workers.all;
  await scripted.ask("/1", "/2", "/3", "/4");
  worker.acknowledge();
  await scripted.settle();
  assertEquals(worker.targets, ["/1", "/2"]);
  worker.respond(worker.handed[0]);
  await scripted.settle();
  assertEquals(worker.targets, ["/1", "/2", "/3"]);
});

/** A pool whose application blocks its threads. */
async function blockingPool(options: Partial<WorkerPoolOptions> = {}): Promise<ScriptedPool> {
  const scripted = new ScriptedPool(options);
  scripted.workers.onStart = (worker) => queueMicrotask(() => worker.ready(true));
  await scripted.pool.start();
  return scripted;
}

Deno.test("a worker that blocks gets exchanges in advance, once it responds quickly", async () => {
  await using scripted = await blockingPool();
  const [worker] = scripted.workers.all;
  await scripted.ask("/1", "/2", "/3", "/4");
  assertEquals(worker.targets, ["/1"]); // nothing is known of it yet
  worker.respond(worker.handed[0]);
  worker.acknowledge();
  await scripted.settle();
  assertEquals(worker.targets, ["/1", "/2", "/3", "/4"]);
});

Deno.test("a worker that blocks and is slow gets one exchange at a time", async () => {
  await using scripted = await blockingPool();
  const [worker] = scripted.workers.all;
  await scripted.ask("/1", "/2", "/3");
  for (const expected of [["/1", "/2"], ["/1", "/2", "/3"]]) {
    scripted.clock.advance(100);
    worker.respond(worker.handed.at(-1)!);
    worker.acknowledge();
    await scripted.settle();
    assertEquals(worker.targets, expected);
  }
});

Deno.test("exchanges handed over in advance go to a free worker when the first one computes", async () => {
  await using scripted = await blockingPool({ minWorkers: 2 });
  const [first, second] = scripted.workers.all;
  await scripted.ask("/1", "/2");
  for (const worker of [first, second]) {
    worker.respond(worker.handed[0]);
    worker.acknowledge();
  }
  await scripted.ask("/heavy", "/held", "/a", "/b");
  assertEquals(first.targets, ["/1", "/heavy", "/a"]);
  assertEquals(second.targets, ["/2", "/held", "/b"]);
  assert(first.claim(first.handed[1]));
  second.respond(second.handed[1]);
  second.respond(second.handed[2]);
  second.acknowledge();
  scripted.clock.advance(10);
  await scripted.settle();
  assertEquals(second.targets, ["/2", "/held", "/b", "/a"]);
});

Deno.test("a request goes to the worker that is free and not behind one that computes", async () => {
  await using scripted = await ScriptedPool.start({ minWorkers: 2 });
  const [busy, free] = scripted.workers.all;
  await scripted.ask("/heavy");
  assertEquals(busy.targets, ["/heavy"]);
  for (let i = 0; i < 5; i++) {
    await scripted.ask("/light");
    free.respond(free.handed[i]);
    free.acknowledge();
  }
  assertEquals(busy.targets, ["/heavy"]);
  assertEquals(free.targets.length, 5);
});

Deno.test("requests that cost little leave together for one worker, others are spread", async () => {
  const rows: [responded: number, cost: number | null, batches: number[][]][] = [
    [600, null, [[1, 1, 1, 1], [1, 1, 1, 1]]],
    [600, 10, [[8], []]],
    [600, 100, [[5], [3]]],
    [600, 200, [[2, 2], [2, 2]]],
    [600, 300, [[1, 1, 1, 1], [1, 1, 1, 1]]],
    [400, 10, [[1, 1, 1, 1], [1, 1, 1, 1]]],
  ];
  for (const [responded, cost, batches] of rows) {
    await using scripted = await ScriptedPool.start({
      ...{ minWorkers: 2, maxWorkers: 2, queueSize: 2 * responded },
    });
    const workers = [...scripted.workers.all];
    const respondToAll = async () => {
      for (const worker of workers) {
        for (const id of worker.handed) worker.respond(id);
        worker.received.length = 0;
        worker.acknowledge();
      }
      await scripted.settle();
    };
    // Each sends its CPU time, responds to so many, and sends it again.
    await scripted.ask("/", "/");
    for (const worker of workers) worker.acknowledge(0);
    await respondToAll();
    for (let left = responded; left > 0; left--) {
      await scripted.ask("/", "/");
      await respondToAll();
    }
    for (const worker of workers) worker.acknowledge(cost === null ? undefined : responded * cost);
    for (const worker of workers) worker.batchSizes.length = 0;
    await scripted.ask(...Array.from("12345678", (name) => `/${name}`));
    const sizes = workers.map(({ batchSizes }) => batchSizes);
    assertEquals(sizes.sort((one, other) => other.length - one.length), batches, `${cost}`);
  }
});

Deno.test("exchanges that a busy worker has not started are taken back and given to a free one", async () => {
  await using scripted = await ScriptedPool.start({ minWorkers: 2, maxWorkers: 2 });
  const [free, busy] = scripted.workers.all;
  // The first has a batch of its own: all of this goes to the second.
  await scripted.ask("/held");
  await scripted.warm(busy);
  await scripted.ask("/a", "/b", "/c");
  assertEquals(busy.targets, ["/a", "/b", "/c"]);
  assert(busy.claim(busy.handed[0])); // it computes /a
  free.respond(free.handed[0]);
  free.acknowledge();
  scripted.clock.advance(10);
  await scripted.settle();
  assertEquals(free.targets, ["/held", "/b", "/c"]);
  assertEquals(busy.claim(busy.handed[1]), false);
  assertEquals(busy.claim(busy.handed[2]), false);
  busy.emit(FromWorker.response, busy.handed[0], "200\n", "a");
  busy.acknowledge();
  await scripted.settle();
  for (const id of free.handed.slice(1)) free.respond(id);
  assertEquals(scripted.pool.busy, 0);
});

Deno.test("an exchange that is taken back and whose client has left is over", async () => {
  await using scripted = await ScriptedPool.start({ minWorkers: 2, maxWorkers: 2 });
  const [free, busy] = scripted.workers.all;
  await scripted.ask("/held");
  await scripted.warm(busy);
  const [, left] = await scripted.ask("/heavy", "/left");
  assertEquals(busy.targets, ["/heavy", "/left"]);
  assert(busy.claim(busy.handed[0]));
  left.leave();
  free.respond(free.handed[0]);
  free.acknowledge();
  scripted.clock.advance(10);
  await scripted.settle();
  assertEquals([free.targets, scripted.pool.queued], [["/held"], 0]);
  assertEquals(busy.claim(busy.handed[1]), false);
  assertEquals(scripted.pool.stats.workers.map(({ work }) => work.length).sort(), [0, 1]);
});

Deno.test("nothing is taken back while no other worker is free", async () => {
  await using scripted = await ScriptedPool.start();
  const [worker] = scripted.workers.all;
  const [exchange] = await scripted.ask("/a");
  scripted.clock.advance(1_000);
  worker.respond(worker.handed[0]);
  assertEquals(exchange.status, 200);
});

Deno.test("a full queue rejects with 503 and Retry-After", async () => {
  await using scripted = await ScriptedPool.start({ queueSize: 2 });
  await scripted.ask("/held");
  const exchanges = await scripted.ask("/1", "/2", "/3");
  assertEquals(exchanges.map(({ status }) => status), [0, 0, 503]);
  assertEquals(exchanges[2].retryAfter, "1");
  assertEquals(exchanges[2].reports, ["queue-full"]);
  assertEquals(scripted.pool.stats.refused, 1);
});

Deno.test("many clients that find no room are not all rejected at once", async () => {
  await using scripted = await ScriptedPool.start({ queueSize: 1 });
  await scripted.ask("/held", "/queued");
  const exchanges = await scripted.ask(...Array.from({ length: 1_000 }, (_, i) => `/${i}`));
  const rejected = () => exchanges.filter(({ status }) => status === 503).length;
  assertEquals(rejected(), 10);
  assertEquals(scripted.pool.queued, 1);
  exchanges[500].leave();
  scripted.clock.advance(50);
  assertEquals(rejected(), 35);
  scripted.clock.advance(10_000);
  assertEquals([rejected(), exchanges[500].status], [999, 0]);
});

Deno.test("exchanges that are still to be rejected are, when the pool stops", async () => {
  const scripted = await ScriptedPool.start({ queueSize: 0 });
  await scripted.ask("/held");
  const exchanges = await scripted.ask(...Array.from({ length: 20 }, (_, i) => `/${i}`));
  await scripted.pool.stop(0);
  assertEquals(exchanges.map(({ status }) => status), Array(20).fill(503));
});

Deno.test("a queue without a given size takes a burst that is served in time", async () => {
  await using scripted = await ScriptedPool.start({ exchangesPerWorker: 1 });
  const [worker] = scripted.workers.all;
  const targets = Array.from({ length: 3_000 }, (_, i) => `/${i}`);
  const exchanges = await scripted.ask(...targets);
  assertEquals(scripted.pool.queued, 1_024);
  for (let responded = 0; responded < 3_000;) {
    for (let i = 0; i < 25; i++) {
      worker.acknowledge();
      await scripted.settle();
      if (responded < worker.handed.length) worker.respond(worker.handed[responded++]);
    }
    scripted.clock.advance(50);
  }
  assertEquals(exchanges.filter(({ status }) => status === 503).length, 0);
  assertEquals(exchanges.filter(({ status }) => status === 200).length, 3_000);
});

Deno.test("a queue without a given size rejects what is not served in time", async () => {
  await using scripted = await ScriptedPool.start({ exchangesPerWorker: 1 });
  const exchanges = await scripted.ask(...Array.from({ length: 2_000 }, (_, i) => `/${i}`));
  const rejected = () => exchanges.filter(({ status }) => status === 503).length;
  scripted.clock.advance(400);
  assertEquals(rejected(), 0);
  scripted.clock.advance(9_000);
  assertEquals(rejected(), 2_000 - 1 - 1_024);
});

Deno.test("an exchange that waits too long is rejected with 503, and later ones still wait", async () => {
  await using scripted = await ScriptedPool.start({ queueTimeout: 1_000 });
  await scripted.ask("/held");
  const [first] = await scripted.ask("/1");
  scripted.clock.advance(600);
  const [second] = await scripted.ask("/2");
  scripted.clock.advance(450);
  assertEquals([first.status, second.status], [503, 0]);
  assertEquals([first.retryAfter, first.reports], ["1", ["queue-timeout"]]);
  scripted.clock.advance(600);
  assertEquals(second.status, 503);
  assertEquals(scripted.pool.stats.refused, 2);
});

Deno.test("the wait for content counts neither as queue time nor as handler time", async () => {
  await using scripted = await ScriptedPool.start({ handlerTimeout: 1_000, queueTimeout: 1_000 });
  const [worker] = scripted.workers.all;
  const arrival = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
  const slow = new FakeExchange("/slow", arrival.promise);
  void scripted.pool.execute(slow);
  scripted.clock.advance(5_000);
  await scripted.ask("/before");
  arrival.resolve(new Uint8Array(5));
  await scripted.settle();
  scripted.clock.advance(500);
  await scripted.settle();
  assertEquals(scripted.pool.queued, 1);
  worker.respond(worker.handed[0]);
  worker.acknowledge();
  await scripted.settle();
  assertEquals(worker.targets, ["/before", "/slow"]);
  scripted.clock.advance(900);
  await scripted.settle();
  worker.respond(worker.handed[1]);
  assertEquals([slow.status, slow.reports], [200, []]);
  assertEquals(scripted.pool.stats.queueTime.sum, 500);
});

Deno.test("a worker that ends is given nothing more, also by what the end of its requests starts", async () => {
  await using scripted = await ScriptedPool.start();
  const [worker] = scripted.workers.all;
  const [lost] = await scripted.ask("/lost");
  worker.acknowledge();
  worker.claim(worker.handed[0]);
  const next = new FakeExchange("/next");
  lost.respond = ({ status }) => {
    lost.ended = true;
    lost.status = status;
    void scripted.pool.execute(next); // pipelined behind it
  };
  worker.end("exit", "os._exit()");
  await scripted.settle();
  assertEquals([lost.status, worker.targets], [500, ["/lost"]]);
  const replacement = scripted.workers.alive[0];
  assertEquals(replacement.targets, ["/next"]);
  replacement.respond(replacement.handed[0]);
  assertEquals(next.status, 200);
});

Deno.test("a client that leaves while it waits is never handed over", async () => {
  await using scripted = await ScriptedPool.start();
  const [worker] = scripted.workers.all;
  await scripted.ask("/held");
  const [gone] = await scripted.ask("/gone", "/stays");
  gone.leave();
  assertEquals(scripted.pool.queued, 1);
  worker.acknowledge();
  await scripted.settle();
  assertEquals(worker.targets, ["/held", "/stays"]);
});

Deno.test("a worker learns that a client has left, and keeps the slot until it ends the exchange", async () => {
  await using scripted = await ScriptedPool.start({ exchangesPerWorker: 1 });
  const [worker] = scripted.workers.all;
  const [gone] = await scripted.ask("/gone");
  worker.claim(worker.handed[0]);
  worker.acknowledge();
  gone.leave();
  await scripted.settle();
  assertEquals(worker.received.at(-1)?.kind, ToWorker.abort);
  assertEquals(scripted.pool.busy, 1);
  worker.emit(FromWorker.cut, worker.handed[0], "left");
  assertEquals(scripted.pool.busy, 0);
});

Deno.test("workers are started while exchanges wait, up to maxWorkers, and retire when they are idle", async () => {
  await using scripted = await ScriptedPool.start({
    maxWorkers: 3,
    exchangesPerWorker: 1,
    workerIdleTimeout: 1_000,
  });
  await scripted.ask("/1", "/2", "/3", "/4", "/5");
  await scripted.settle();
  assertEquals(scripted.workers.all.length, 3);
  assertEquals(scripted.pool.queued, 2);
  for (const worker of scripted.workers.all) {
    worker.respond(worker.handed[0]);
    worker.acknowledge();
    await scripted.settle();
  }
  for (const worker of scripted.workers.all) {
    if (worker.handed.length > 1) worker.respond(worker.handed[1]);
    worker.acknowledge();
  }
  assertEquals([scripted.pool.busy, scripted.pool.queued], [0, 0]);
  scripted.clock.advance(2_000);
  await scripted.settle();
  assertEquals(scripted.workers.alive.length, 1);
  scripted.clock.advance(10_000);
  assertEquals(scripted.workers.alive.length, 1);
});

Deno.test("no worker is started for exchanges that wait until an event loop has turned", async () => {
  await using scripted = await ScriptedPool.start({ maxWorkers: 2 });
  await scripted.ask("/1");
  await scripted.ask("/2");
  assertEquals([scripted.pool.queued, scripted.workers.all.length], [1, 1]);
  scripted.clock.advance(5); // by now it is taken to compute
  await scripted.settle();
  assertEquals(scripted.workers.all.map(({ targets }) => targets), [["/1"], ["/2"]]);
});

Deno.test("grow() and shrink() change how many workers are kept", async () => {
  await using scripted = await ScriptedPool.start({ minWorkers: 2, maxWorkers: 4 });
  await scripted.pool.grow(1);
  assertEquals(scripted.pool.stats.ready, 3);
  await scripted.pool.grow(5);
  assertEquals(scripted.pool.stats.ready, 4);
  scripted.pool.shrink(2);
  await scripted.settle();
  assertEquals(scripted.pool.stats.ready, 2);
  scripted.clock.advance(120_000);
  assertEquals(scripted.pool.stats.ready, 2);
  scripted.pool.shrink(9);
  await scripted.settle();
  assertEquals(scripted.pool.stats.ready, 1);
});

Deno.test("a worker is replaced after maxExchangesPerWorker, once its replacement is ready", async () => {
  await using scripted = await ScriptedPool.start({ maxExchangesPerWorker: 1 });
  const [old] = scripted.workers.all;
  scripted.workers.onStart = () => {};
  await scripted.ask("/1");
  old.respond(old.handed[0]);
  old.acknowledge();
  assertEquals(scripted.workers.all.length, 2);
  await scripted.ask("/2");
  assertEquals(old.targets, ["/1", "/2"]);
  scripted.workers.all[1].ready();
  await scripted.settle();
  assertEquals(old.over, false); // it holds one
  old.respond(old.handed[1]);
  await scripted.settle();
  assert(old.over);
  assertEquals(scripted.pool.stats.recycledWorkers, 1);
  assertEquals(scripted.pool.stats.ready, 1);
});

Deno.test("a worker is replaced at maxWorkerAge", async () => {
  await using scripted = await ScriptedPool.start({ minWorkers: 2, maxWorkerAge: 5_000 });
  scripted.clock.advance(4_900);
  assertEquals(scripted.workers.all.length, 2);
  scripted.clock.advance(200);
  await scripted.settle();
  assertEquals(scripted.workers.all.length, 4);
  assertEquals(scripted.workers.alive.length, 2);
  assertEquals(scripted.pool.stats.recycledWorkers, 2);
});

Deno.test("the first boot that fails is an ApplicationLoadError, and nothing is left running", async () => {
  const scripted = new ScriptedPool({ minWorkers: 2 });
  scripted.workers.onStart = (worker) =>
    queueMicrotask(() => worker.emit(FromWorker.failed, 0, encodeLoadError(new Error("own"))));
  const error = await assertRejects(() => scripted.pool.start());
  assertEquals((error as Error).name, "ApplicationLoadError");
  assertEquals(scripted.workers.alive, []);
  assertEquals(scripted.clock.running, 0);
});

Deno.test("a worker that ends is replaced at once, one that ends while it loads after a back-off", async () => {
  await using scripted = await ScriptedPool.start();
  scripted.workers.onStart = (worker) =>
    queueMicrotask(() => worker.emit(FromWorker.failed, 0, encodeLoadError(new Error("own"))));
  scripted.workers.all[0].end("exit", "exit code 1");
  assertEquals(scripted.workers.all.length, 2);
  await scripted.settle();
  assertEquals(scripted.events, ["worker-ended", "application-failed"]);
  const starts: number[] = [];
  for (let tenths = 0; tenths < 100; tenths++) {
    scripted.clock.advance(100);
    await scripted.settle();
    starts.push(scripted.workers.all.length);
  }
  // 100 ms, 200 ms, 400 ms …: about seven in ten seconds
  assert(starts.at(-1)! >= 6 && starts.at(-1)! <= 10, String(starts.at(-1)));
  scripted.workers.onStart = (worker) => queueMicrotask(() => worker.ready());
  scripted.clock.advance(30_000);
  await scripted.settle();
  assertEquals(scripted.pool.stats.ready, 1);
});

Deno.test("a worker that exits while it loads is started again with back-off", async () => {
  await using scripted = await ScriptedPool.start();
  scripted.workers.onStart = (worker) => queueMicrotask(() => worker.end("exit", "exit code 1"));
  scripted.workers.all[0].end("exit", "exit code 1");
  for (let tenths = 0; tenths < 100; tenths++) {
    scripted.clock.advance(100);
    await scripted.settle();
  }
  assert(scripted.workers.all.length <= 10, String(scripted.workers.all.length));
});

Deno.test("a first worker that never becomes ready is an ApplicationLoadError", async () => {
  const scripted = new ScriptedPool();
  scripted.workers.onStart = () => {};
  const started = scripted.pool.start();
  await scripted.settle();
  scripted.clock.advance(61_000);
  const error = await assertRejects(() => within(started)) as Error;
  assertEquals(error.name, "ApplicationLoadError");
  assertEquals([scripted.workers.alive.length, scripted.clock.running], [0, 0]);
});

Deno.test("startTimeout: how long a worker may load, the first and every other", async () => {
  const stuck = new ScriptedPool({ startTimeout: 5_000 });
  stuck.workers.onStart = () => {};
  const starting = stuck.pool.start();
  stuck.clock.advance(4_950);
  assertEquals(stuck.workers.alive.length, 1);
  stuck.clock.advance(100);
  await assertRejects(() => within(starting), Error, "did not load in time");
  assertEquals(stuck.workers.alive, []);
  await using scripted = await ScriptedPool.start({ startTimeout: 5_000 });
  scripted.workers.onStart = () => {};
  scripted.workers.all[0].end("exit");
  scripted.clock.advance(5_100);
  assertEquals(scripted.events, ["worker-ended", "application-failed"]);
});

Deno.test("a worker that never becomes ready is ended", async () => {
  await using scripted = await ScriptedPool.start();
  scripted.workers.onStart = () => {};
  scripted.workers.all[0].end("exit", "exit code 1");
  const [stuck] = scripted.workers.alive;
  scripted.clock.advance(61_000);
  await scripted.settle();
  assert(stuck.over);
  scripted.workers.onStart = (worker) => queueMicrotask(() => worker.ready());
  scripted.clock.advance(61_000);
  await scripted.settle();
  assertEquals(scripted.pool.stats.ready, 1);
});

Deno.test("exchanges of a worker that has ended get 500, those that it had not started go to another", async () => {
  await using scripted = await ScriptedPool.start();
  const [first] = scripted.workers.all;
  const [started, unstarted] = await scripted.ask("/1", "/2");
  first.claim(first.handed[0]);
  first.end("memory", "out of memory");
  await scripted.settle();
  assertEquals([started.status, unstarted.status], [500, 0]);
  const [second] = scripted.workers.alive;
  assertEquals(second.targets, ["/2"]);
  second.respond(second.handed[0]);
  assertEquals(unstarted.status, 200);
  assertEquals(scripted.pool.stats.crashedWorkers, 1);
});

Deno.test("handlerTimeout: first the signal aborts, then the worker is killed: 504", async () => {
  await using scripted = await ScriptedPool.start({ handlerTimeout: 1_000 });
  const [worker] = scripted.workers.all;
  const [late] = await scripted.ask("/late");
  worker.claim(worker.handed[0]);
  scripted.clock.advance(1_050);
  await scripted.settle();
  assertEquals(worker.received.at(-1)?.kind, ToWorker.abort);
  assertEquals([late.status, worker.over], [0, false]);
  scripted.clock.advance(150);
  await scripted.settle();
  assertEquals([late.status, worker.over], [504, true]);
  assertEquals(scripted.pool.stats.killedWorkers, 1);
  assertEquals(scripted.pool.stats.ready, 1);
});

Deno.test("a worker of which several handlers are late is replaced once", async () => {
  for (const turning of [true, false]) {
    await using scripted = await ScriptedPool.start({ handlerTimeout: 1_000 });
    const [worker] = scripted.workers.all;
    await scripted.warm(worker);
    const late = await scripted.ask("/late", "/later");
    for (const id of worker.handed) worker.claim(id);
    if (turning) worker.acknowledge();
    scripted.clock.advance(1_050);
    await scripted.settle();
    if (turning) worker.acknowledge(); // it has received the aborts
    scripted.clock.advance(150);
    await scripted.settle();
    assertEquals(late.map(({ status }) => status), [504, 504]);
    const { killedWorkers, ready } = scripted.pool.stats;
    assertEquals([killedWorkers, ready], [1, 1]);
  }
});

Deno.test("exchanges that a killed worker had not started go to its replacement with all of their time", async () => {
  await using scripted = await ScriptedPool.start({ handlerTimeout: 1_000 });
  const [first] = scripted.workers.all;
  await scripted.warm(first);
  const [loop, started, unstarted] = await scripted.ask("/loop", "/started", "/unstarted");
  for (const id of first.handed.slice(0, 2)) first.claim(id);
  scripted.clock.advance(1_050);
  await scripted.settle();
  scripted.clock.advance(150);
  await scripted.settle();
  assertEquals([loop.status, started.status, unstarted.status], [504, 504, 0]);
  const [second] = scripted.workers.alive;
  assertEquals(second.targets, ["/unstarted"]);
  second.claim(second.handed[0]);
  const read = () => second.ask(FromWorker.awaitContent, second.handed[0]).kind;
  assertEquals(read(), "end"); // the abort for the first worker does not count here
  scripted.clock.advance(1_050); // it has all of the time again, and is aborted first
  await scripted.settle();
  assertEquals(unstarted.status, 0);
  assertEquals(read(), "aborted");
  second.emit(FromWorker.response, second.handed[0], "200\n");
  assertEquals(unstarted.status, 200);
});

Deno.test("responseTimeout cuts a response that has begun", async () => {
  await using scripted = await ScriptedPool.start({ responseTimeout: 1_000 });
  const [worker] = scripted.workers.all;
  const [late] = await scripted.ask("/late");
  worker.claim(worker.handed[0]);
  worker.emit(FromWorker.begin, worker.handed[0], "200\n");
  worker.acknowledge();
  scripted.clock.advance(1_300);
  await scripted.settle();
  assertEquals([late.status, late.aborted], [200, true]);
});

Deno.test("abandoned workers are replaced up to maxAbandonedWorkers, then the pool is in trouble", async () => {
  await using scripted = await ScriptedPool.start({ handlerTimeout: 100, maxAbandonedWorkers: 2 });
  for (let abandoned = 1; abandoned <= 3; abandoned++) {
    const [worker] = scripted.workers.alive;
    worker.endable = false;
    const [exchange] = await scripted.ask("/loop");
    worker.claim(worker.handed[0]);
    scripted.clock.advance(400);
    await scripted.settle();
    assertEquals(exchange.status, 504);
    assertEquals(scripted.pool.stats.abandonedWorkers, abandoned);
    scripted.clock.advance(100);
    await scripted.settle();
    assertEquals(scripted.workers.alive.length, abandoned <= 2 ? 1 : 0);
    assertEquals(scripted.pool.trouble === undefined, abandoned <= 2);
  }
  assertEquals(
    scripted.pool.trouble,
    "3 workers could not be ended: the process should be restarted",
  );
  const [refused] = await scripted.ask("/next");
  assertEquals([refused.status, refused.reports], [503, ["pool-in-trouble"]]);
});

Deno.test("a retiring worker stops when all that it held has been taken back", async () => {
  await using scripted = await ScriptedPool.start({ minWorkers: 2, maxWorkers: 3 });
  const [busy, free] = scripted.workers.all;
  await scripted.ask("/1");
  assertEquals(busy.targets, ["/1"]);
  await scripted.pool.grow(1);
  const reloaded = scripted.pool.reload();
  await within(reloaded);
  await scripted.settle();
  assertEquals([busy.over, free.over], [false, true]);
  scripted.clock.advance(10); // it has acknowledged nothing for a while, and others are free
  await scripted.settle();
  assertEquals(busy.claim(busy.handed[0]), false);
  assert(busy.over);
});

Deno.test("a thread that could not be ended counts until it has ended after all", async () => {
  await using scripted = await ScriptedPool.start({ handlerTimeout: 100, maxAbandonedWorkers: 0 });
  const [worker] = scripted.workers.alive;
  worker.endable = false;
  await scripted.ask("/loop");
  worker.claim(worker.handed[0]);
  scripted.clock.advance(400);
  await scripted.settle();
  assertEquals([scripted.pool.stats.abandonedWorkers, scripted.pool.stats.strayThreads], [1, 1]);
  assertEquals([scripted.workers.alive.length, scripted.pool.trouble === undefined], [0, false]);
  scripted.pool.clearStats();
  assertEquals([scripted.pool.stats.abandonedWorkers, scripted.pool.stats.strayThreads], [0, 1]);
  worker.finish();
  await scripted.settle();
  assertEquals([scripted.pool.stats.strayThreads, scripted.pool.trouble], [0, undefined]);
  const [responded] = await scripted.ask("/next");
  const [other] = scripted.workers.alive;
  other.respond(other.handed[0]);
  assertEquals(responded.status, 200);
  assertEquals(scripted.events.slice(-1), ["abandoned-worker-ended"]);
});

Deno.test("a worker that is ended because the pool stops counts as neither killed nor crashed", async () => {
  const scripted = await ScriptedPool.start({ minWorkers: 2, exchangesPerWorker: 2 });
  const [worker] = scripted.workers.all;
  const [started, unstarted, waiting] = await scripted.ask("/1", "/2", "/3", "/4", "/5", "/6");
  worker.claim(worker.handed[0]);
  for (const exchange of [started, waiting]) exchange.leave();
  await scripted.pool.stop(0);
  assertEquals(unstarted.status, 503);
  const { killedWorkers, crashedWorkers, abandonedWorkers } = scripted.pool.stats;
  assertEquals([killedWorkers, crashedWorkers, abandonedWorkers], [0, 0, 0]);
});

Deno.test("a busy worker whose exchanges are abandoned is ended when the pool stops, and is not counted", async () => {
  const scripted = await ScriptedPool.start();
  const [worker] = scripted.workers.all;
  const [started] = await scripted.ask("/1");
  worker.claim(worker.handed[0]);
  const stopped = scripted.pool.stop(5_000);
  started.leave();
  scripted.clock.advance(200);
  await within(stopped);
  assertEquals([worker.over, scripted.pool.stats.killedWorkers], [true, 0]);
});

Deno.test("a pool whose workers cannot be killed warns once and runs", async () => {
  const scripted = new ScriptedPool({ handlerTimeout: 100 }, () => Promise.resolve(false));
  assertEquals(scripted.pool.stats.canKill, undefined);
  await scripted.pool.start();
  await scripted.settle();
  assertEquals([scripted.pool.stats.canKill, scripted.events], [false, ["cannot-kill-workers"]]);
  assertEquals(scripted.log[0].level, "warn");
  const [exchange] = await scripted.ask("/1");
  const [worker] = scripted.workers.all;
  worker.respond(worker.handed[0]);
  assertEquals(exchange.status, 200);
  assertEquals(scripted.events.length, 1);
  await scripted.pool.stop(0);
});

Deno.test("canKill is true for a pool of killable workers and false for one of web Workers", async () => {
  await using killable = await ScriptedPool.start();
  await killable.settle();
  assertEquals([killable.pool.stats.canKill, killable.events], [true, []]);
  await using web = await ScriptedPool.start({ workerKind: "web" });
  await web.settle();
  assertEquals([web.pool.stats.canKill, web.events], [false, []]);
});

Deno.test("stop() waits for the probe whether workers can be killed", async () => {
  const trying = Promise.withResolvers<boolean>();
  const scripted = new ScriptedPool({}, () => trying.promise);
  await scripted.pool.start();
  let stopped = false;
  const stopping = scripted.pool.stop(0).then(() => stopped = true);
  await scripted.settle();
  assertEquals(stopped, false);
  trying.resolve(true);
  await within(stopping);
});

Deno.test("reload() changes workers when all new ones are ready", async () => {
  await using scripted = await ScriptedPool.start({ minWorkers: 2 });
  const old = scripted.workers.alive;
  const waiting: { ready(): void }[] = [];
  scripted.workers.onStart = (worker) => waiting.push(worker);
  const reloaded = scripted.pool.reload();
  await scripted.ask("/1");
  assertEquals(old[0].targets, ["/1"]);
  waiting[0].ready();
  assertEquals(old.map(({ over }) => over), [false, false]);
  waiting[1].ready();
  await within(reloaded);
  await scripted.settle();
  assertEquals(old.map(({ over }) => over), [false, true]);
  old[0].respond(old[0].handed[0]);
  await scripted.settle();
  assert(old[0].over);
  assertEquals(scripted.workers.alive.length, 2);
});

Deno.test("reload() of code that does not load keeps the old workers", async () => {
  await using scripted = await ScriptedPool.start({ minWorkers: 2 });
  const old = scripted.workers.alive;
  scripted.workers.onStart = (worker) =>
    queueMicrotask(() => worker.emit(FromWorker.failed, 0, encodeLoadError(new Error("own"))));
  await assertRejects(() => scripted.pool.reload());
  await scripted.settle();
  assertEquals(scripted.workers.alive, old);
  const [exchange] = await scripted.ask("/1");
  old[0].respond(old[0].handed[0]);
  assertEquals(exchange.status, 200);
});

Deno.test("a pool that stops finishes the exchanges that it has and rejects new ones", async () => {
  const scripted = await ScriptedPool.start({ exchangesPerWorker: 1 });
  const [worker] = scripted.workers.all;
  const [held] = await scripted.ask("/1");
  const stopped = scripted.pool.stop(5_000);
  const [refused] = await scripted.ask("/2");
  assertEquals(refused.status, 503);
  worker.respond(worker.handed[0]);
  await within(stopped);
  assertEquals(held.status, 200);
  assertEquals(scripted.clock.running, 0);
});

Deno.test("a worker whose replacement does not load continues, and is replaced later", async () => {
  await using scripted = await ScriptedPool.start({ maxWorkerAge: 5_000 });
  const [old] = scripted.workers.all;
  scripted.workers.onStart = (worker) =>
    queueMicrotask(() => worker.emit(FromWorker.failed, 0, encodeLoadError(new Error("own"))));
  for (let tenths = 0; tenths < 60; tenths++) {
    scripted.clock.advance(100);
    await scripted.settle();
  }
  assertEquals(scripted.workers.alive, [old]);
  assert(scripted.workers.all.length >= 3 && scripted.workers.all.length <= 6, "with back-off");
  assertEquals(new Set(scripted.events), new Set(["application-failed"]));
  scripted.workers.onStart = (worker) => queueMicrotask(() => worker.ready());
  scripted.clock.advance(4_000);
  await scripted.settle();
  assert(old.over);
  assertEquals([scripted.pool.stats.ready, scripted.pool.stats.recycledWorkers], [1, 1]);
});

Deno.test("two reloads at the same time run one after the other", async () => {
  await using scripted = await ScriptedPool.start({ minWorkers: 2 });
  await within(Promise.all([scripted.pool.reload(), scripted.pool.reload()]));
  await scripted.settle();
  assertEquals(scripted.workers.alive, scripted.workers.all.slice(4));
  assertEquals(scripted.pool.stats.ready, 2);
});

Deno.test("a pool that is not running neither reloads nor grows", async () => {
  const scripted = await ScriptedPool.start();
  await scripted.pool.stop(0);
  await assertRejects(() => scripted.pool.reload(), TypeError, "Cannot reload");
  await assertRejects(() => scripted.pool.grow(1), TypeError, "Cannot grow");
  assertEquals(scripted.workers.all.length, 1);
});

Deno.test("a worker that reload() ends while it loads counts as no failure", async () => {
  await using scripted = await ScriptedPool.start({ maxWorkers: 2, exchangesPerWorker: 1 });
  scripted.workers.onStart = () => {};
  const [first] = await scripted.ask("/1", "/2");
  assertEquals(scripted.workers.all.length, 2); // one is starting
  scripted.workers.onStart = (worker) => queueMicrotask(() => worker.ready());
  await within(scripted.pool.reload());
  await scripted.settle();
  scripted.workers.all[0].respond(scripted.workers.all[0].handed[0]);
  assertEquals(first.status, 200);
  scripted.workers.alive.at(-1)!.end("exit", "exit code 1");
  assertEquals(scripted.workers.alive.length, 1); // at once, without a back-off
});

Deno.test("workerTimeout: a worker that stays away from its event loop is replaced, its requests are 504 and in the log", async () => {
  await using scripted = await ScriptedPool.start();
  const [worker] = scripted.workers.all;
  const [looping] = await scripted.ask("/loop");
  worker.claim(worker.handed[0]);
  scripted.clock.advance(29_950);
  assertEquals([looping.status, scripted.events], [0, []]);
  scripted.clock.advance(100);
  await scripted.settle();
  assertEquals([looping.status, looping.outcome], [504, "timed-out"]);
  assertEquals(scripted.events, ["worker-timeout"]);
  const { message } = scripted.log[0];
  const expected =
    /^Worker 1 has not come back to its event loop for 30\d{3} ms, with GET \/loop \(id \d+\)$/;
  assert(expected.test(message), message);
  const { killedWorkers, crashedWorkers, ready } = scripted.pool.stats;
  assertEquals([killedWorkers, crashedWorkers, ready], [1, 0, 1]);
});

Deno.test("workerTimeout: what the worker has not started goes to its replacement", async () => {
  await using scripted = await ScriptedPool.start({ queueTimeout: Infinity });
  const [first] = scripted.workers.all;
  await scripted.warm(first);
  const [started, unstarted] = await scripted.ask("/loop", "/unstarted");
  first.claim(first.handed[0]);
  scripted.clock.advance(30_050);
  await scripted.settle();
  assertEquals([started.status, unstarted.status], [504, 0]);
  const [second] = scripted.workers.alive;
  assertEquals(second.targets, ["/unstarted"]);
});

Deno.test("workerTimeout: handlers that wait asynchronously are not concerned", async () => {
  await using scripted = await ScriptedPool.start();
  const [worker] = scripted.workers.all;
  const [waiting] = await scripted.ask("/wait");
  worker.claim(worker.handed[0]);
  for (let second = 0; second < 120; second++) {
    worker.acknowledge();
    scripted.clock.advance(1_000);
    await scripted.settle();
  }
  assertEquals([waiting.status, scripted.events, scripted.workers.all.length], [0, [], 1]);
  scripted.clock.advance(31_000); // it has acknowledged everything but the last ping
  await scripted.settle();
  assertEquals([waiting.status, scripted.events], [504, ["worker-timeout"]]);
});

Deno.test("workerTimeout: for a worker that blocks it counts one request", async () => {
  await using scripted = new ScriptedPool({ exchangesPerBlockingWorker: 4 });
  scripted.workers.onStart = (worker) => queueMicrotask(() => worker.ready(true));
  await scripted.pool.start();
  const [worker] = scripted.workers.all;
  const exchanges = await scripted.ask("/1", "/2", "/3", "/4");
  for (const id of worker.handed.slice(0, 3)) {
    worker.claim(id);
    scripted.clock.advance(20_000);
    worker.emit(FromWorker.response, id, "200\n");
  }
  worker.claim(worker.handed[3]);
  scripted.clock.advance(30_100);
  await scripted.settle();
  assertEquals(exchanges.map(({ status }) => status), [200, 200, 200, 504]);
  assertEquals(scripted.events, ["worker-timeout"]);
});

Deno.test("the pool is in trouble while no worker responds", async () => {
  await using scripted = await ScriptedPool.start({ minWorkers: 2, maxWorkers: 2 });
  await scripted.ask("/1");
  await scripted.ask("/2");
  for (const worker of scripted.workers.all) worker.claim(worker.handed[0]);
  scripted.clock.advance(14_900);
  assertEquals(scripted.pool.trouble, undefined);
  scripted.clock.advance(200);
  assertEquals(scripted.pool.trouble, "no worker responds");
  scripted.workers.all[0].acknowledge();
  assertEquals(scripted.pool.trouble, undefined);
});

Deno.test("the pool is in trouble while no worker is there", async () => {
  await using scripted = await ScriptedPool.start();
  assertEquals(scripted.pool.trouble, undefined);
  scripted.workers.all[0].end("exit", "exit code 0");
  assertEquals(scripted.pool.trouble, "no worker responds");
  await scripted.settle();
  assertEquals(scripted.pool.trouble, undefined);
});

Deno.test("handlerTimeout: a worker whose loop turns is not killed, although a batch is always under way", async () => {
  await using scripted = await ScriptedPool.start({ handlerTimeout: 1_000 });
  const [worker] = scripted.workers.all;
  const [hanging] = await scripted.ask("/hang");
  worker.claim(worker.handed[0]);
  worker.acknowledge();
  scripted.clock.advance(500);
  const [other] = await scripted.ask("/other");
  worker.claim(worker.handed[1]);
  for (let time = 500; time <= 1_200; time += 10) {
    worker.acknowledge();
    await scripted.ask("/quick"); // not acknowledged when the deadlines are checked
    scripted.clock.advance(10);
    if (hanging.status !== 0) break;
    const quick = worker.handed.at(-1)!;
    if (worker.claim(quick)) worker.emit(FromWorker.response, quick, "200\n");
  }
  assertEquals([hanging.status, other.status, worker.over], [504, 0, false]);
  worker.emit(FromWorker.response, worker.handed[1], "200\n");
  assertEquals(other.status, 200);
});

Deno.test("a worker that ends is logged with the requests that it had started", async () => {
  await using scripted = await ScriptedPool.start();
  const [worker] = scripted.workers.all;
  await scripted.warm(worker);
  await scripted.ask("/first", "/" + "x".repeat(200), "/unstarted");
  for (const id of worker.handed.slice(0, 2)) worker.claim(id);
  worker.end("exit", "exit code 7");
  const { message } = scripted.log[0];
  const expected =
    /^Worker 1 has ended: exit, exit code 7, with GET \/x{119}… \(id \d+\), GET \/first \(id \d+\)$/;
  assert(expected.test(message), message);
});

/** An exchange whose client takes its time. */
class SlowExchange extends FakeExchange {
  readonly taken = Promise.withResolvers<void>();

  override respond(head: Parameters<FakeExchange["respond"]>[0]): Promise<void> {
    super.respond(head);
    return this.taken.promise;
  }

  override write(): Promise<void> {
    return this.taken.promise;
  }
}

Deno.test("a worker that ends costs no response that has come from it and is being written", async () => {
  await using scripted = await ScriptedPool.start({ exchangesPerWorker: 4 });
  const [worker] = scripted.workers.all;
  await scripted.warm(worker);
  const exchanges = ["/whole", "/stream", "/cut"].map((target) => new SlowExchange(target));
  for (const exchange of exchanges) void scripted.pool.execute(exchange);
  await scripted.settle();
  const [whole, stream, cut] = exchanges;
  worker.respond(worker.handed[0]);
  for (const id of worker.handed.slice(1)) {
    worker.claim(id);
    worker.emit(FromWorker.begin, id, "200\n");
    worker.emit(FromWorker.piece, id, "", new Uint8Array(3));
  }
  worker.emit(FromWorker.end, worker.handed[1]);
  worker.end("exit", "exit code 0");
  assertEquals(exchanges.map(({ aborted }) => aborted), [false, false, true]);
  const { message } = scripted.log[0];
  assert(/with GET \/cut \(id \d+\)$/.test(message), message);
  for (const { taken } of [whole, stream, cut]) taken.resolve();
  await scripted.settle();
  assertEquals([whole.status, stream.status, stream.ended, stream.aborted], [
    200,
    200,
    true,
    false,
  ]);
});

/** An exchange with another method. */
class MethodExchange extends FakeExchange {
  override readonly head: FakeExchange["head"];

  constructor(method: string, target: string) {
    super(target);
    this.head = { ...headFor(target), method };
  }
}

Deno.test("retryIdempotent: what a worker takes with it is tried once more, unless its response has begun", async () => {
  await using scripted = await ScriptedPool.start({ retryIdempotent: true });
  const [first] = scripted.workers.all;
  await scripted.warm(first);
  const exchanges = [
    new FakeExchange("/get"),
    new MethodExchange("POST", "/post"),
    new MethodExchange("DELETE", "/delete"),
    new FakeExchange("/begun"),
  ];
  for (const exchange of exchanges) void scripted.pool.execute(exchange);
  await scripted.settle();
  for (const id of first.handed) first.claim(id);
  first.emit(FromWorker.begin, first.handed[3], "200\n");
  first.end("exit", "exit code 1");
  await scripted.settle();
  assertEquals(exchanges.map(({ status }) => status), [0, 500, 500, 200]);
  assert(exchanges[3].aborted);
  const [second] = scripted.workers.alive;
  assertEquals(second.targets, ["/get"]);
  second.claim(second.handed[0]);
  second.end("exit", "exit code 1");
  await scripted.settle();
  assertEquals(exchanges[0].status, 500);
});

Deno.test("retryIdempotent: a request that has kept a worker away is not tried again", async () => {
  await using scripted = await ScriptedPool.start({ retryIdempotent: true });
  const [looping] = await scripted.ask("/loop");
  scripted.workers.all[0].claim(scripted.workers.all[0].handed[0]);
  scripted.clock.advance(30_100);
  assertEquals(looping.status, 504);
});

Deno.test("workerTimeout: time for which the whole process was stopped does not count", async () => {
  await using scripted = await ScriptedPool.start();
  const [worker] = scripted.workers.all;
  const [waiting] = await scripted.ask("/");
  worker.claim(worker.handed[0]);
  scripted.clock.advance(1_000);
  const { clock } = scripted;
  const now = clock.now.bind(clock);
  clock.now = () => now() + 60_000;
  scripted.clock.advance(100);
  assertEquals([waiting.status, scripted.events], [0, []]);
  scripted.clock.advance(30_000);
  assertEquals(scripted.events, ["worker-timeout"]);
});
