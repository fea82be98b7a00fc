// The channel to a Python process, without one: what is sent, and who has an exchange that was sent in advance.

import { assert, assertEquals } from "@std/assert";
import { joinPieces } from "../../../src/content/concat.ts";
import { FromWorker, ToWorker } from "../../../src/pool/wire/messages.ts";
import { ApplicationTable } from "../../../src/python/process/application_table.ts";
import {
  FrameReader,
  FrameWriter,
  FromProcess,
  ToProcess,
} from "../../../src/python/process/frames.ts";
import { ProcessChannel } from "../../../src/python/process/process_channel.ts";
import { SharedRecord } from "../../../src/python/process/shared_record.ts";
import { FakeExchange } from "../../pool/fake_exchange.ts";

interface Sent {
  readonly kind: number;
  readonly number: number;
  readonly text: string;
  readonly payload: Uint8Array;
}

/** A channel, and the process at its other end. */
class Bench implements Disposable {
  readonly record = SharedRecord.create();
  readonly messages: [kind: number, id: number][] = [];
  readonly faults: unknown[] = [];
  readonly channel: ProcessChannel;
  #chunks: Uint8Array[] = [];
  readonly #memory: Deno.FsFile;

  constructor(hasRecord = true) {
    const table = new ApplicationTable({ kind: "module", url: "file:///app.py", name: "app" });
    this.#memory = Deno.openSync(this.record!.path, { read: true, write: true });
    this.channel = new ProcessChannel(
      table,
      {
        now: () => 0,
        onMessage: (kind, id) => this.messages.push([kind, id]),
        onAcknowledged: () => {},
        onFault: (error) => this.faults.push(error),
      },
      8,
      hasRecord ? this.record : undefined,
    );
    this.channel.open({ send: (chunks) => this.#chunks.push(...chunks) });
  }

  /** What has been sent since the last call. */
  async sent(): Promise<Sent[]> {
    this.channel.flush();
    const octets = joinPieces(this.#chunks as Uint8Array<ArrayBuffer>[]);
    this.#chunks = [];
    const frames: Sent[] = [];
    let at = 0;
    const source = {
      read(into: Uint8Array): Promise<number | null> {
        const part = octets.subarray(at, at + into.length);
        at += part.length;
        into.set(part);
        return Promise.resolve(part.length === 0 ? null : part.length);
      },
    };
    await new FrameReader(source).readAll((frame) => {
      const { kind, number } = frame;
      frames.push({ kind, number, text: frame.native(), payload: frame.payload() });
      return true;
    });
    return frames;
  }

  /** Notes a start, as worker.py does. */
  start(order: number): void {
    this.#memory.seekSync(0, Deno.SeekMode.Start);
    this.#memory.writeSync(new Uint8Array(new BigUint64Array([BigInt(order)]).buffer));
  }

  /** Keeps whole responses, as worker.py does. */
  keep(ids: readonly number[]): void {
    const writer = new FrameWriter(64);
    for (const id of ids) writer.add(FromProcess.response, id, "200 OK", new Uint8Array(3));
    const [octets] = writer.take();
    this.#memory.seekSync(192, Deno.SeekMode.Start);
    this.#memory.writeSync(octets);
    this.#memory.seekSync(128, Deno.SeekMode.Start);
    this.#memory.writeSync(new Uint8Array(new BigUint64Array([BigInt(octets.length)]).buffer));
  }

  /** Gives the channel a frame of the process. */
  async receive(kind: number, number: number, text = ""): Promise<void> {
    const writer = new FrameWriter(64);
    writer.add(kind, number, text);
    const [chunk] = writer.take();
    let given = false;
    const source = {
      read(into: Uint8Array): Promise<number | null> {
        if (given) return Promise.resolve(null);
        given = true;
        into.set(chunk);
        return Promise.resolve(chunk.length);
      },
    };
    await new FrameReader(source).readAll((frame) => this.channel.receive(frame));
  }

  [Symbol.dispose](): void {
    this.channel.close();
    this.#memory.close();
    this.record!.close();
  }
}

const kindsOf = (frames: readonly Sent[]) => frames.map(({ kind }) => kind);

Deno.test("what requests have in common is sent once", async () => {
  using bench = new Bench();
  const exchange = new FakeExchange("/a%20b?c=1");
  const id = bench.channel.offer(exchange, null);
  const [common, request, mark] = await bench.sent();
  assertEquals([common.kind, request.kind, mark.kind], [
    ToProcess.common,
    ToProcess.exchange,
    ToProcess.mark,
  ]);
  const variables = JSON.parse(common.text);
  assertEquals([variables.HTTP_HOST, variables[""], variables.PATH_INFO], ["a", 0, undefined]);
  assertEquals(request.number, id);
  assertEquals(request.text, "0\nGET\n127.0.0.1\n1\n/a%20b?c=1\nc=1\n/a b");
  bench.channel.offer(exchange, new Uint8Array(3));
  assertEquals(kindsOf(await bench.sent()), [ToProcess.exchange, ToProcess.mark]);
});

Deno.test("an exchange is either started or taken back", async () => {
  using bench = new Bench();
  const ids = Array.from({ length: 4 }, () => bench.channel.offer(new FakeExchange(), null));
  await bench.sent();
  bench.start(2);
  assertEquals(ids.map((id) => bench.channel.takeBack(id)), [false, false, true, true]);
  const [verdict] = await bench.sent();
  assertEquals([verdict.kind, verdict.number], [ToProcess.verdict, 1]);
  const revoked = [...new BigUint64Array(verdict.payload.slice().buffer)].map(Number);
  assertEquals(revoked, ids.slice(2));
});

Deno.test("what is not taken back after a recall can still be", async () => {
  using bench = new Bench();
  const [first, second] = [0, 1].map(() => bench.channel.offer(new FakeExchange(), null));
  await bench.sent();
  assert(bench.channel.takeBack(second));
  const [verdict] = await bench.sent();
  assertEquals(verdict.payload.length, 8);
  assert(bench.channel.takeBack(first));
});

Deno.test("a response shows that its exchange and those before it are started", async () => {
  using bench = new Bench();
  const ids = Array.from({ length: 3 }, () => bench.channel.offer(new FakeExchange(), null));
  await bench.sent();
  await bench.receive(FromProcess.response, ids[1], "200 OK\nX-Name\nvalue");
  assertEquals(bench.messages, [[FromWorker.response, ids[1]]]);
  bench.channel.release(ids[1]);
  assertEquals(kindsOf(await bench.sent()), []); // no recall was needed
  assertEquals(ids.map((id) => bench.channel.takeBack(id)), [false, false, true]);
});

Deno.test("what a process had not started when it ended is known", async () => {
  using bench = new Bench();
  const ids = Array.from({ length: 3 }, () => bench.channel.offer(new FakeExchange(), null));
  await bench.sent();
  bench.start(1);
  bench.channel.close();
  assertEquals(ids.map((id) => bench.channel.takeBack(id)), [false, true, true]);
});

Deno.test("responses that were finished and not sent are taken, once", async () => {
  using bench = new Bench();
  const ids = Array.from({ length: 3 }, () => bench.channel.offer(new FakeExchange(), null));
  await bench.sent();
  bench.keep(ids.slice(0, 2));
  bench.channel.collect();
  assertEquals(bench.messages, ids.slice(0, 2).map((id) => [FromWorker.response, id]));
  bench.channel.release(ids[0]);
  bench.channel.close();
  assertEquals(ids.map((id) => bench.channel.takeBack(id)), [false, false, true]);
});

Deno.test("without a record nothing is sent in advance, and nothing is taken back", async () => {
  using bench = new Bench(false);
  const id = bench.channel.offer(new FakeExchange(), null);
  await bench.sent();
  await bench.receive(FromProcess.acknowledge, 1, "5");
  assert(!bench.channel.acknowledgesQuickly);
  assert(!bench.channel.takeBack(id));
});

Deno.test("a head that cannot be sent is the application's failure", async () => {
  using bench = new Bench();
  const id = bench.channel.offer(new FakeExchange(), null);
  await bench.sent();
  await bench.receive(FromProcess.response, id, "200 OK\nX Name\nvalue");
  assertEquals(bench.messages, [[FromWorker.log, id], [FromWorker.response, id]]);
});

Deno.test("questions get one reply, and frames of an unknown kind are a fault", async () => {
  using bench = new Bench();
  const id = bench.channel.offer(new FakeExchange(), true);
  await bench.sent();
  await bench.receive(FromProcess.awaitContent, id);
  assert(bench.channel.replies.awaits(id));
  assertEquals(bench.channel.replies.piece(id, new Uint8Array(5)), 5);
  assertEquals(bench.channel.replies.piece(id, new Uint8Array(5)), 0);
  assertEquals(kindsOf(await bench.sent()), [ToProcess.content, ToProcess.mark]);
  bench.channel.send(ToWorker.ping, 0, "");
  assertEquals(kindsOf(await bench.sent()), [ToProcess.mark]);
  await bench.receive(99, 0);
  assertEquals(bench.faults.length, 1);
});
