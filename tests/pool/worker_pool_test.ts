// What the pool decides: who gets what and when, who is started, replaced and let go. Threads are fakes
// and time stands still.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ModuleApp } from "../../src/application/application.ts";
import { BlockingClient } from "../../src/pool/wire/blocking_channel.ts";
import { encodeLoadError } from "../../src/threads/error_codec.ts";
import { FromWorker, ToWorker } from "../../src/pool/wire/messages.ts";
import type { WorkerPoolOptions } from "../../src/pool/pool_options.ts";
import { WorkerPool } from "../../src/pool/worker_pool.ts";
import type { LogEvent } from "../../src/log/log_event.ts";
import { within } from "../support/latch.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { FakeExchange } from "./fake_exchange.ts";
import { type FakeThread, FakeThreads } from "./scripted_worker.ts";

class FakePool implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly threads = new FakeThreads();
  readonly log: LogEvent[] = [];
  readonly pool: WorkerPool;

  constructor(options: Partial<WorkerPoolOptions> = {}, canKill = () => Promise.resolve(true)) {
    const minWorkers = options.minWorkers ?? 1;
    this.pool = new WorkerPool({
      app: new ModuleApp("file:///app.ts"),
      workerKind: "killable",
      minWorkers,
      maxWorkers: minWorkers,
      exchangesPerWorker: 64,
      exchangesPerBlockingWorker: 1,
      serverName: "Robusto",
      protocol: "HTTP/1.1",
      queueSize: 1024,
      queueTimeout: 10_000,
      handlerTimeout: Infinity,
      responseTimeout: Infinity,
      workerIdleTimeout: 60_000,
      maxExchangesPerWorker: Infinity,
      maxWorkerAge: Infinity,
      maxWorkerHeap: Infinity,
      maxAbandonedWorkers: 2,
      onLog: (event) => this.log.push(event),
      ...options,
    }, { clock: this.clock, startThread: this.threads.start, canKill });
  }

  static async start(options: Partial<WorkerPoolOptions> = {}): Promise<FakePool> {
    const fake = new FakePool(options);
    await fake.pool.start();
    return fake;
  }

  get events(): string[] {
    return this.log.map(({ event }) => event);
  }

  /** Lets batches go. */
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

  /** Has a thread answer quickly until it may have as many batches as any. Everybody else must be busy. */
  async warm(thread: FakeThread): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await this.ask("/warm");
      thread.answer(thread.handed[0]);
      thread.done();
      thread.told.length = 0;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.stop(0);
    assertEquals(this.clock.running, 0);
    assertEquals(this.threads.alive, []);
  }
}

Deno.test("a worker that has not responded its batch gets nothing more", async () => {
  await using fake = await FakePool.start();
  const [thread] = fake.threads.all;
  await fake.ask("/1");
  await fake.ask("/2");
  assertEquals(thread.targets, ["/1"]);
  assertEquals(fake.pool.queued, 1);
  thread.done();
  await fake.settle();
  assertEquals(thread.targets, ["/1", "/2"]);
  assertEquals(fake.pool.queued, 0);
});

Deno.test("what waits is handed over first come, first served", async () => {
  await using fake = await FakePool.start();
  const [thread] = fake.threads.all;
  await fake.ask("/0");
  for (let i = 1; i <= 5; i++) await fake.ask(`/${i}`);
  for (let i = 1; i <= 5; i++) {
    thread.done();
    await fake.settle();
  }
  assertEquals(thread.targets, ["/0", "/1", "/2", "/3", "/4", "/5"]);
});

Deno.test("nothing is in one batch with what might compute", async () => {
  await using fake = await FakePool.start();
  const [thread] = fake.threads.all;
  await fake.warm(thread);
  thread.batchSizes.length = 0;
  await fake.ask("/1", "/2", "/3", "/4", "/5", "/6");
  assertEquals(thread.batchSizes, [1, 1, 1, 1]);
  thread.done();
  await fake.settle();
  assertEquals(thread.batchSizes, [1, 1, 1, 1, 1, 1]);
});

Deno.test("exchangesPerWorker bounds what a worker holds", async () => {
  await using fake = await FakePool.start({ exchangesPerWorker: 2 });
  const [thread] = fake.threads.all;
  await fake.ask("/1", "/2", "/3", "/4");
  thread.done();
  await fake.settle();
  assertEquals(thread.targets, ["/1", "/2"]);
  thread.answer(thread.handed[0]);
  await fake.settle();
  assertEquals(thread.targets, ["/1", "/2", "/3"]);
});

/** A pool whose application blocks its threads. */
async function blockingPool(options: Partial<WorkerPoolOptions> = {}): Promise<FakePool> {
  const fake = new FakePool(options);
  fake.threads.onStart = (thread) => queueMicrotask(() => thread.ready(true));
  await fake.pool.start();
  return fake;
}

Deno.test("a worker that blocks is handed what waits beforehand, once it answers quickly", async () => {
  await using fake = await blockingPool();
  const [thread] = fake.threads.all;
  await fake.ask("/1", "/2", "/3", "/4");
  assertEquals(thread.targets, ["/1"]); // nothing is known of it yet
  thread.answer(thread.handed[0]);
  thread.done();
  await fake.settle();
  assertEquals(thread.targets, ["/1", "/2", "/3", "/4"]);
});

Deno.test("a worker that blocks and is slow gets one exchange at a time", async () => {
  await using fake = await blockingPool();
  const [thread] = fake.threads.all;
  await fake.ask("/1", "/2", "/3");
  for (const expected of [["/1", "/2"], ["/1", "/2", "/3"]]) {
    fake.clock.advance(100);
    thread.answer(thread.handed.at(-1)!);
    thread.done();
    await fake.settle();
    assertEquals(thread.targets, expected);
  }
});

Deno.test("what was handed ahead goes to a worker that is free when the first one computes", async () => {
  await using fake = await blockingPool({ minWorkers: 2 });
  const [first, second] = fake.threads.all;
  await fake.ask("/1", "/2");
  for (const thread of [first, second]) {
    thread.answer(thread.handed[0]);
    thread.done();
  }
  await fake.ask("/heavy", "/held", "/a", "/b");
  assertEquals(first.targets, ["/1", "/heavy", "/a"]);
  assertEquals(second.targets, ["/2", "/held", "/b"]);
  assert(first.claim(first.handed[1]));
  second.answer(second.handed[1]);
  second.answer(second.handed[2]);
  second.done();
  fake.clock.advance(10);
  await fake.settle();
  assertEquals(second.targets, ["/2", "/held", "/b", "/a"]);
});

Deno.test("a request goes to the worker that is free and not behind one that computes", async () => {
  await using fake = await FakePool.start({ minWorkers: 2 });
  const [busy, free] = fake.threads.all;
  await fake.ask("/heavy");
  assertEquals(busy.targets, ["/heavy"]);
  for (let i = 0; i < 5; i++) {
    await fake.ask("/light");
    free.answer(free.handed[i]);
    free.done();
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
    await using fake = await FakePool.start({
      ...{ minWorkers: 2, maxWorkers: 2, queueSize: 2 * responded },
    });
    const threads = [...fake.threads.all];
    const answerAll = async () => {
      for (const thread of threads) {
        for (const id of thread.handed) thread.answer(id);
        thread.told.length = 0;
        thread.done();
      }
      await fake.settle();
    };
    // Each tells its CPU time, answers so many, and tells it again.
    await fake.ask("/", "/");
    for (const thread of threads) thread.done(0);
    await answerAll();
    for (let left = responded; left > 0; left--) {
      await fake.ask("/", "/");
      await answerAll();
    }
    for (const thread of threads) thread.done(cost === null ? null : responded * cost);
    for (const thread of threads) thread.batchSizes.length = 0;
    await fake.ask(...Array.from("12345678", (name) => `/${name}`));
    const sizes = threads.map(({ batchSizes }) => batchSizes);
    assertEquals(sizes.sort((one, other) => other.length - one.length), batches, `${cost}`);
  }
});

Deno.test("what a silent worker has not started is taken back and given to a free one", async () => {
  await using fake = await FakePool.start({ minWorkers: 2, maxWorkers: 2 });
  const [free, busy] = fake.threads.all;
  // The first has a batch of its own: all of this goes to the second.
  await fake.ask("/held");
  await fake.warm(busy);
  await fake.ask("/a", "/b", "/c");
  assertEquals(busy.targets, ["/a", "/b", "/c"]);
  assert(busy.claim(busy.handed[0])); // it computes /a
  free.answer(free.handed[0]);
  free.done();
  fake.clock.advance(10);
  await fake.settle();
  assertEquals(free.targets, ["/held", "/b", "/c"]);
  assertEquals(busy.claim(busy.handed[1]), false);
  assertEquals(busy.claim(busy.handed[2]), false);
  busy.emit(FromWorker.response, busy.handed[0], "200\n", "a");
  busy.done();
  await fake.settle();
  for (const id of free.handed.slice(1)) free.answer(id);
  assertEquals(fake.pool.busy, 0);
});

Deno.test("what is taken back and nobody waits for any more is over", async () => {
  await using fake = await FakePool.start({ minWorkers: 2, maxWorkers: 2 });
  const [free, busy] = fake.threads.all;
  await fake.ask("/held");
  await fake.warm(busy);
  const [, left] = await fake.ask("/heavy", "/left");
  assertEquals(busy.targets, ["/heavy", "/left"]);
  assert(busy.claim(busy.handed[0]));
  left.leave();
  free.answer(free.handed[0]);
  free.done();
  fake.clock.advance(10);
  await fake.settle();
  assertEquals([free.targets, fake.pool.queued], [["/held"], 0]);
  assertEquals(busy.claim(busy.handed[1]), false);
  assertEquals(fake.pool.stats.workers.map(({ work }) => work.length).sort(), [0, 1]);
});

Deno.test("nothing is taken back as long as nobody else is free", async () => {
  await using fake = await FakePool.start();
  const [thread] = fake.threads.all;
  const [exchange] = await fake.ask("/a");
  fake.clock.advance(1_000);
  thread.answer(thread.handed[0]);
  assertEquals(exchange.status, 200);
});

Deno.test("a full queue answers 503 with Retry-After", async () => {
  await using fake = await FakePool.start({ queueSize: 2 });
  await fake.ask("/held");
  const exchanges = await fake.ask("/1", "/2", "/3");
  assertEquals(exchanges.map(({ status }) => status), [0, 0, 503]);
  assertEquals(exchanges[2].retryAfter, "1");
  assertEquals(exchanges[2].reports, ["queue-full"]);
  assertEquals(fake.pool.stats.refused, 1);
});

Deno.test("an exchange that waits too long answers 503, and later ones go on waiting", async () => {
  await using fake = await FakePool.start({ queueTimeout: 1_000 });
  await fake.ask("/held");
  const [first] = await fake.ask("/1");
  fake.clock.advance(600);
  const [second] = await fake.ask("/2");
  fake.clock.advance(450);
  assertEquals([first.status, second.status], [503, 0]);
  assertEquals([first.retryAfter, first.reports], ["1", ["queue-timeout"]]);
  fake.clock.advance(600);
  assertEquals(second.status, 503);
  assertEquals(fake.pool.stats.refused, 2);
});

Deno.test("waiting for content is neither waiting for a worker nor the handler's time", async () => {
  await using fake = await FakePool.start({ handlerTimeout: 1_000, queueTimeout: 1_000 });
  const [thread] = fake.threads.all;
  const arrival = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
  const slow = new FakeExchange("/slow", arrival.promise);
  void fake.pool.execute(slow);
  fake.clock.advance(5_000);
  await fake.ask("/before");
  arrival.resolve(new Uint8Array(5));
  await fake.settle();
  fake.clock.advance(500);
  await fake.settle();
  assertEquals(fake.pool.queued, 1);
  thread.answer(thread.handed[0]);
  thread.done();
  await fake.settle();
  assertEquals(thread.targets, ["/before", "/slow"]);
  fake.clock.advance(900);
  await fake.settle();
  thread.answer(thread.handed[1]);
  assertEquals([slow.status, slow.reports], [200, []]);
  assertEquals(fake.pool.stats.queueTime.sum, 500);
});

Deno.test("a client that leaves while it waits is never handed over", async () => {
  await using fake = await FakePool.start();
  const [thread] = fake.threads.all;
  await fake.ask("/held");
  const [gone] = await fake.ask("/gone", "/stays");
  gone.leave();
  assertEquals(fake.pool.queued, 1);
  thread.done();
  await fake.settle();
  assertEquals(thread.targets, ["/held", "/stays"]);
});

Deno.test("a client that leaves later is told to the worker, which keeps the place until then", async () => {
  await using fake = await FakePool.start({ exchangesPerWorker: 1 });
  const [thread] = fake.threads.all;
  const [gone] = await fake.ask("/gone");
  thread.claim(thread.handed[0]);
  thread.done();
  gone.leave();
  await fake.settle();
  assertEquals(thread.told.at(-1)?.kind, ToWorker.abort);
  assertEquals(fake.pool.busy, 1);
  thread.emit(FromWorker.cut, thread.handed[0], "left");
  assertEquals(fake.pool.busy, 0);
});

Deno.test("workers are started while work waits, up to maxWorkers, and go when they are idle", async () => {
  await using fake = await FakePool.start({
    maxWorkers: 3,
    exchangesPerWorker: 1,
    workerIdleTimeout: 1_000,
  });
  await fake.ask("/1", "/2", "/3", "/4", "/5");
  await fake.settle();
  assertEquals(fake.threads.all.length, 3);
  assertEquals(fake.pool.queued, 2);
  for (const thread of fake.threads.all) {
    thread.answer(thread.handed[0]);
    thread.done();
    await fake.settle();
  }
  for (const thread of fake.threads.all) {
    if (thread.handed.length > 1) thread.answer(thread.handed[1]);
    thread.done();
  }
  assertEquals([fake.pool.busy, fake.pool.queued], [0, 0]);
  fake.clock.advance(2_000);
  await fake.settle();
  assertEquals(fake.threads.alive.length, 1);
  fake.clock.advance(10_000);
  assertEquals(fake.threads.alive.length, 1);
});

Deno.test("no worker is started for what waits until an event loop has come round", async () => {
  await using fake = await FakePool.start({ maxWorkers: 2 });
  await fake.ask("/1");
  await fake.ask("/2");
  assertEquals([fake.pool.queued, fake.threads.all.length], [1, 1]);
  fake.clock.advance(5); // by now it is taken to compute
  await fake.settle();
  assertEquals(fake.threads.all.map(({ targets }) => targets), [["/1"], ["/2"]]);
});

Deno.test("grow() and shrink() change how many workers are kept", async () => {
  await using fake = await FakePool.start({ minWorkers: 2, maxWorkers: 4 });
  await fake.pool.grow(1);
  assertEquals(fake.pool.stats.ready, 3);
  await fake.pool.grow(5);
  assertEquals(fake.pool.stats.ready, 4);
  fake.pool.shrink(2);
  await fake.settle();
  assertEquals(fake.pool.stats.ready, 2);
  fake.clock.advance(120_000);
  assertEquals(fake.pool.stats.ready, 2);
  fake.pool.shrink(9);
  await fake.settle();
  assertEquals(fake.pool.stats.ready, 1);
});

Deno.test("a worker is replaced after maxExchangesPerWorker, once its replacement is ready", async () => {
  await using fake = await FakePool.start({ maxExchangesPerWorker: 1 });
  const [old] = fake.threads.all;
  fake.threads.onStart = () => {};
  await fake.ask("/1");
  old.answer(old.handed[0]);
  old.done();
  assertEquals(fake.threads.all.length, 2);
  await fake.ask("/2");
  assertEquals(old.targets, ["/1", "/2"]);
  fake.threads.all[1].ready();
  await fake.settle();
  assertEquals(old.over, false); // it holds one
  old.answer(old.handed[1]);
  await fake.settle();
  assert(old.over);
  assertEquals(fake.pool.stats.recycledWorkers, 1);
  assertEquals(fake.pool.stats.ready, 1);
});

Deno.test("a worker is replaced at maxWorkerAge", async () => {
  await using fake = await FakePool.start({ minWorkers: 2, maxWorkerAge: 5_000 });
  fake.clock.advance(4_900);
  assertEquals(fake.threads.all.length, 2);
  fake.clock.advance(200);
  await fake.settle();
  assertEquals(fake.threads.all.length, 4);
  assertEquals(fake.threads.alive.length, 2);
  assertEquals(fake.pool.stats.recycledWorkers, 2);
});

Deno.test("the first boot that fails is an ApplicationLoadError, and nothing is left running", async () => {
  const fake = new FakePool({ minWorkers: 2 });
  fake.threads.onStart = (thread) =>
    queueMicrotask(() => thread.emit(FromWorker.failed, 0, encodeLoadError(new Error("own"))));
  const error = await assertRejects(() => fake.pool.start());
  assertEquals((error as Error).name, "ApplicationLoadError");
  assertEquals(fake.threads.alive, []);
  assertEquals(fake.clock.running, 0);
});

Deno.test("a worker that dies is replaced at once, one that dies while it loads after a while", async () => {
  await using fake = await FakePool.start();
  fake.threads.onStart = (thread) =>
    queueMicrotask(() => thread.emit(FromWorker.failed, 0, encodeLoadError(new Error("own"))));
  fake.threads.all[0].end("exit", "exit code 1");
  assertEquals(fake.threads.all.length, 2);
  await fake.settle();
  assertEquals(fake.events, ["worker-ended", "application-failed"]);
  const starts: number[] = [];
  for (let tenths = 0; tenths < 100; tenths++) {
    fake.clock.advance(100);
    await fake.settle();
    starts.push(fake.threads.all.length);
  }
  // 100 ms, 200 ms, 400 ms …: about seven in ten seconds
  assert(starts.at(-1)! >= 6 && starts.at(-1)! <= 10, String(starts.at(-1)));
  fake.threads.onStart = (thread) => queueMicrotask(() => thread.ready());
  fake.clock.advance(30_000);
  await fake.settle();
  assertEquals(fake.pool.stats.ready, 1);
});

Deno.test("a worker that exits while it loads is started again with back-off", async () => {
  await using fake = await FakePool.start();
  fake.threads.onStart = (thread) => queueMicrotask(() => thread.end("exit", "exit code 1"));
  fake.threads.all[0].end("exit", "exit code 1");
  for (let tenths = 0; tenths < 100; tenths++) {
    fake.clock.advance(100);
    await fake.settle();
  }
  assert(fake.threads.all.length <= 10, String(fake.threads.all.length));
});

Deno.test("a first worker that never becomes ready is an ApplicationLoadError", async () => {
  const fake = new FakePool();
  fake.threads.onStart = () => {};
  const started = fake.pool.start();
  await fake.settle();
  fake.clock.advance(61_000);
  const error = await assertRejects(() => within(started)) as Error;
  assertEquals(error.name, "ApplicationLoadError");
  assertEquals([fake.threads.alive.length, fake.clock.running], [0, 0]);
});

Deno.test("a worker that never becomes ready is given up", async () => {
  await using fake = await FakePool.start();
  fake.threads.onStart = () => {};
  fake.threads.all[0].end("exit", "exit code 1");
  const [stuck] = fake.threads.alive;
  fake.clock.advance(61_000);
  await fake.settle();
  assert(stuck.over);
  fake.threads.onStart = (thread) => queueMicrotask(() => thread.ready());
  fake.clock.advance(61_000);
  await fake.settle();
  assertEquals(fake.pool.stats.ready, 1);
});

Deno.test("what a dead worker held gets 500, what it had not started goes to another", async () => {
  await using fake = await FakePool.start();
  const [first] = fake.threads.all;
  const [started, unstarted] = await fake.ask("/1", "/2");
  first.claim(first.handed[0]);
  first.end("memory", "out of memory");
  await fake.settle();
  assertEquals([started.status, unstarted.status], [500, 0]);
  const [second] = fake.threads.alive;
  assertEquals(second.targets, ["/2"]);
  second.answer(second.handed[0]);
  assertEquals(unstarted.status, 200);
  assertEquals(fake.pool.stats.crashedWorkers, 1);
});

Deno.test("handlerTimeout: first the signal aborts, then the worker is killed: 504", async () => {
  await using fake = await FakePool.start({ handlerTimeout: 1_000 });
  const [thread] = fake.threads.all;
  const [late] = await fake.ask("/late");
  thread.claim(thread.handed[0]);
  fake.clock.advance(1_050);
  await fake.settle();
  assertEquals(thread.told.at(-1)?.kind, ToWorker.abort);
  assertEquals([late.status, thread.over], [0, false]);
  fake.clock.advance(150);
  await fake.settle();
  assertEquals([late.status, thread.over], [504, true]);
  assertEquals(fake.pool.stats.killedWorkers, 1);
  assertEquals(fake.pool.stats.ready, 1);
});

Deno.test("a worker of which several handlers are late is replaced once", async () => {
  for (const turning of [true, false]) {
    await using fake = await FakePool.start({ handlerTimeout: 1_000 });
    const [thread] = fake.threads.all;
    await fake.warm(thread);
    const late = await fake.ask("/late", "/later");
    for (const id of thread.handed) thread.claim(id);
    if (turning) thread.done();
    fake.clock.advance(1_050);
    await fake.settle();
    if (turning) thread.done(); // it has heard that their time is over
    fake.clock.advance(150);
    await fake.settle();
    assertEquals(late.map(({ status }) => status), [504, 504]);
    const { killedWorkers, ready } = fake.pool.stats;
    assertEquals([killedWorkers, ready], [1, 1]);
  }
});

Deno.test("what a worker that is killed had not started goes to its replacement, however late", async () => {
  await using fake = await FakePool.start({ handlerTimeout: 1_000 });
  const [first] = fake.threads.all;
  await fake.warm(first);
  const [loop, started, unstarted] = await fake.ask("/loop", "/started", "/unstarted");
  for (const id of first.handed.slice(0, 2)) first.claim(id);
  fake.clock.advance(1_050);
  await fake.settle();
  fake.clock.advance(150);
  await fake.settle();
  assertEquals([loop.status, started.status, unstarted.status], [504, 504, 0]);
  const [second] = fake.threads.alive;
  assertEquals(second.targets, ["/unstarted"]);
  second.claim(second.handed[0]);
  const read = () => {
    const caller = new BlockingClient(second.data.channel);
    return caller.call(() => second.emit(FromWorker.awaitContent, second.handed[0])).kind;
  };
  assertEquals(read(), "end"); // what was said to the first does not count here
  fake.clock.advance(1_050); // it has all of the time again, and is told first
  await fake.settle();
  assertEquals(unstarted.status, 0);
  assertEquals(read(), "aborted");
  second.emit(FromWorker.response, second.handed[0], "200\n");
  assertEquals(unstarted.status, 200);
});

Deno.test("responseTimeout cuts an answer that has begun", async () => {
  await using fake = await FakePool.start({ responseTimeout: 1_000 });
  const [thread] = fake.threads.all;
  const [late] = await fake.ask("/late");
  thread.claim(thread.handed[0]);
  thread.emit(FromWorker.begin, thread.handed[0], "200\n");
  thread.done();
  fake.clock.advance(1_300);
  await fake.settle();
  assertEquals([late.status, late.aborted], [200, true]);
});

Deno.test("abandoned workers are replaced up to maxAbandonedWorkers, then the pool says trouble", async () => {
  await using fake = await FakePool.start({ handlerTimeout: 100, maxAbandonedWorkers: 2 });
  for (let abandoned = 1; abandoned <= 3; abandoned++) {
    const [thread] = fake.threads.alive;
    thread.endable = false;
    const [exchange] = await fake.ask("/loop");
    thread.claim(thread.handed[0]);
    fake.clock.advance(400);
    await fake.settle();
    assertEquals(exchange.status, 504);
    assertEquals(fake.pool.stats.abandonedWorkers, abandoned);
    fake.clock.advance(100);
    await fake.settle();
    assertEquals(fake.threads.alive.length, abandoned <= 2 ? 1 : 0);
    assertEquals(fake.pool.trouble === undefined, abandoned <= 2);
  }
  assertEquals(fake.pool.trouble, "3 workers could not be ended: the process should be restarted");
  const [refused] = await fake.ask("/next");
  assertEquals([refused.status, refused.reports], [503, ["pool-in-trouble"]]);
});

Deno.test("a retiring worker stops when what it held has been taken back", async () => {
  await using fake = await FakePool.start({ minWorkers: 2, maxWorkers: 3 });
  const [busy, free] = fake.threads.all;
  await fake.ask("/1");
  assertEquals(busy.targets, ["/1"]);
  await fake.pool.grow(1);
  const reloaded = fake.pool.reload();
  await within(reloaded);
  await fake.settle();
  assertEquals([busy.over, free.over], [false, true]);
  fake.clock.advance(10); // it has been silent for a while, and others are free
  await fake.settle();
  assertEquals(busy.claim(busy.handed[0]), false);
  assert(busy.over);
});

Deno.test("a thread that could not be ended counts until it has ended after all", async () => {
  await using fake = await FakePool.start({ handlerTimeout: 100, maxAbandonedWorkers: 0 });
  const [thread] = fake.threads.alive;
  thread.endable = false;
  await fake.ask("/loop");
  thread.claim(thread.handed[0]);
  fake.clock.advance(400);
  await fake.settle();
  assertEquals([fake.pool.stats.abandonedWorkers, fake.pool.stats.strayThreads], [1, 1]);
  assertEquals([fake.threads.alive.length, fake.pool.trouble === undefined], [0, false]);
  fake.pool.clearStats();
  assertEquals([fake.pool.stats.abandonedWorkers, fake.pool.stats.strayThreads], [0, 1]);
  thread.finish();
  await fake.settle();
  assertEquals([fake.pool.stats.strayThreads, fake.pool.trouble], [0, undefined]);
  const [responded] = await fake.ask("/next");
  const [other] = fake.threads.alive;
  other.answer(other.handed[0]);
  assertEquals(responded.status, 200);
  assertEquals(fake.events.slice(-1), ["abandoned-worker-ended"]);
});

Deno.test("a worker that is ended because the pool stops counts as nothing", async () => {
  const fake = await FakePool.start({ minWorkers: 2, exchangesPerWorker: 2 });
  const [thread] = fake.threads.all;
  const [started, unstarted, waiting] = await fake.ask("/1", "/2", "/3", "/4", "/5", "/6");
  thread.claim(thread.handed[0]);
  for (const exchange of [started, waiting]) exchange.leave();
  await fake.pool.stop(0);
  assertEquals(unstarted.status, 503);
  const { killedWorkers, crashedWorkers, abandonedWorkers } = fake.pool.stats;
  assertEquals([killedWorkers, crashedWorkers, abandonedWorkers], [0, 0, 0]);
});

Deno.test("a silent worker that nobody waits for is ended when the pool stops, and counts as nothing", async () => {
  const fake = await FakePool.start();
  const [thread] = fake.threads.all;
  const [started] = await fake.ask("/1");
  thread.claim(thread.handed[0]);
  const stopped = fake.pool.stop(5_000);
  started.leave();
  fake.clock.advance(200);
  await within(stopped);
  assertEquals([thread.over, fake.pool.stats.killedWorkers], [true, 0]);
});

Deno.test("a pool whose workers cannot be killed says so once and goes on", async () => {
  const fake = new FakePool({ handlerTimeout: 100 }, () => Promise.resolve(false));
  assertEquals(fake.pool.stats.canKill, undefined);
  await fake.pool.start();
  await fake.settle();
  assertEquals([fake.pool.stats.canKill, fake.events], [false, ["cannot-kill-workers"]]);
  assertEquals(fake.log[0].level, "warn");
  const [exchange] = await fake.ask("/1");
  const [thread] = fake.threads.all;
  thread.answer(thread.handed[0]);
  assertEquals(exchange.status, 200);
  assertEquals(fake.events.length, 1);
  await fake.pool.stop(0);
});

Deno.test("a pool of killable workers tells that they can be killed, one of web Workers never", async () => {
  await using killable = await FakePool.start();
  await killable.settle();
  assertEquals([killable.pool.stats.canKill, killable.events], [true, []]);
  await using web = await FakePool.start({ workerKind: "web" });
  await web.settle();
  assertEquals([web.pool.stats.canKill, web.events], [false, []]);
});

Deno.test("stop() waits for the try whether workers can be killed", async () => {
  const trying = Promise.withResolvers<boolean>();
  const fake = new FakePool({}, () => trying.promise);
  await fake.pool.start();
  let stopped = false;
  const stopping = fake.pool.stop(0).then(() => stopped = true);
  await fake.settle();
  assertEquals(stopped, false);
  trying.resolve(true);
  await within(stopping);
});

Deno.test("reload() changes workers when all new ones are ready", async () => {
  await using fake = await FakePool.start({ minWorkers: 2 });
  const old = fake.threads.alive;
  const waiting: { ready(): void }[] = [];
  fake.threads.onStart = (thread) => waiting.push(thread);
  const reloaded = fake.pool.reload();
  await fake.ask("/1");
  assertEquals(old[0].targets, ["/1"]);
  waiting[0].ready();
  assertEquals(old.map(({ over }) => over), [false, false]);
  waiting[1].ready();
  await within(reloaded);
  await fake.settle();
  assertEquals(old.map(({ over }) => over), [false, true]);
  old[0].answer(old[0].handed[0]);
  await fake.settle();
  assert(old[0].over);
  assertEquals(fake.threads.alive.length, 2);
});

Deno.test("reload() of code that does not load keeps the old workers", async () => {
  await using fake = await FakePool.start({ minWorkers: 2 });
  const old = fake.threads.alive;
  fake.threads.onStart = (thread) =>
    queueMicrotask(() => thread.emit(FromWorker.failed, 0, encodeLoadError(new Error("own"))));
  await assertRejects(() => fake.pool.reload());
  await fake.settle();
  assertEquals(fake.threads.alive, old);
  const [exchange] = await fake.ask("/1");
  old[0].answer(old[0].handed[0]);
  assertEquals(exchange.status, 200);
});

Deno.test("a pool that stops finishes what waits and what is held", async () => {
  const fake = await FakePool.start({ exchangesPerWorker: 1 });
  const [thread] = fake.threads.all;
  const [held] = await fake.ask("/1");
  const stopped = fake.pool.stop(5_000);
  const [refused] = await fake.ask("/2");
  assertEquals(refused.status, 503);
  thread.answer(thread.handed[0]);
  await within(stopped);
  assertEquals(held.status, 200);
  assertEquals(fake.clock.running, 0);
});

Deno.test("a worker whose replacement does not load goes on, and is replaced later", async () => {
  await using fake = await FakePool.start({ maxWorkerAge: 5_000 });
  const [old] = fake.threads.all;
  fake.threads.onStart = (thread) =>
    queueMicrotask(() => thread.emit(FromWorker.failed, 0, encodeLoadError(new Error("own"))));
  for (let tenths = 0; tenths < 60; tenths++) {
    fake.clock.advance(100);
    await fake.settle();
  }
  assertEquals(fake.threads.alive, [old]);
  assert(fake.threads.all.length >= 3 && fake.threads.all.length <= 6, "with back-off");
  assertEquals(new Set(fake.events), new Set(["application-failed"]));
  fake.threads.onStart = (thread) => queueMicrotask(() => thread.ready());
  fake.clock.advance(4_000);
  await fake.settle();
  assert(old.over);
  assertEquals([fake.pool.stats.ready, fake.pool.stats.recycledWorkers], [1, 1]);
});

Deno.test("two reloads at a time are one after the other", async () => {
  await using fake = await FakePool.start({ minWorkers: 2 });
  await within(Promise.all([fake.pool.reload(), fake.pool.reload()]));
  await fake.settle();
  assertEquals(fake.threads.alive, fake.threads.all.slice(4));
  assertEquals(fake.pool.stats.ready, 2);
});

Deno.test("a pool that is not running neither reloads nor grows", async () => {
  const fake = await FakePool.start();
  await fake.pool.stop(0);
  await assertRejects(() => fake.pool.reload(), TypeError, "Cannot reload");
  await assertRejects(() => fake.pool.grow(1), TypeError, "Cannot grow");
  assertEquals(fake.threads.all.length, 1);
});

Deno.test("a worker that reload() ends while it loads is no failure", async () => {
  await using fake = await FakePool.start({ maxWorkers: 2, exchangesPerWorker: 1 });
  fake.threads.onStart = () => {};
  const [first] = await fake.ask("/1", "/2");
  assertEquals(fake.threads.all.length, 2); // one is starting
  fake.threads.onStart = (thread) => queueMicrotask(() => thread.ready());
  await within(fake.pool.reload());
  await fake.settle();
  fake.threads.all[0].answer(fake.threads.all[0].handed[0]);
  assertEquals(first.status, 200);
  fake.threads.alive.at(-1)!.end("exit", "exit code 1");
  assertEquals(fake.threads.alive.length, 1); // at once, without a back-off
});
