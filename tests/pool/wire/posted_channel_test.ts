// The channel to a thread: the form of its batches, their acknowledgement, and the storage of pieces.

import { assert, assertEquals } from "@std/assert";
import { CREDIT } from "../../../src/pool/wire/flow_control.ts";
import { FromWorker, type Payload, ToWorker } from "../../../src/pool/wire/messages.ts";
import {
  type Batch,
  PostedPoolChannel,
  PostedWorkerChannel,
} from "../../../src/pool/wire/posted_channel.ts";
import { encodeRequest } from "../../../src/pool/wire/request_codec.ts";
import { ResponseStream } from "../../../src/pool/response_stream.ts";
import { FakeExchange } from "../fake_exchange.ts";

const ACKNOWLEDGE = -1;
const STORAGE = -2;

type Message = [kind: number, id: number, text: string, payload: Payload];

const exchange = new FakeExchange("/");

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** The pool's end, and the batches that it has posted. */
function poolEnd(slotCount = 8) {
  const batches: Batch[] = [];
  const transfers: ArrayBuffer[][] = [];
  const received: Message[] = [];
  const cpuTimes: (number | undefined)[] = [];
  const faults: unknown[] = [];
  const time = { now: 0 };
  const channel = new PostedWorkerChannel({
    now: () => time.now,
    onMessage: (...message) => received.push(message),
    onAcknowledged: (cpuTime) => cpuTimes.push(cpuTime),
    onFault: (error) => faults.push(error),
  }, slotCount);
  channel.open({
    postMessage(batch, transfer) {
      batches.push(batch as Batch);
      transfers.push(transfer);
    },
  });
  return { channel, batches, transfers, received, cpuTimes, faults, time };
}

/** The worker's end, and the batches that it has posted. */
function workerEnd(memory = poolEnd().channel.memory) {
  const batches: Batch[] = [];
  const transfers: ArrayBuffer[][] = [];
  const received: Message[] = [];
  let take: (batch: Batch) => void = () => {};
  const channel = new PostedPoolChannel(
    {
      post(batch, transfer) {
        batches.push(batch);
        transfers.push(transfer);
      },
      onMessage: (callback) => take = callback,
    },
    memory,
    () => 7,
  );
  channel.onMessage((...message) => received.push(message));
  return { channel, batches, transfers, received, take: (batch: Batch) => take(batch) };
}

/** The kinds of the messages in a batch. */
function kindsIn(batch: Batch): Payload[] {
  return batch.filter((_member, index) => index % 4 === 1);
}

Deno.test("messages of one turn leave as one numbered batch, in order", async () => {
  const { channel, batches } = poolEnd();
  channel.send(1, 2, "a");
  await Promise.resolve();
  channel.send(3, 4, "b", true);
  assert(channel.pending);
  await turn();
  channel.send(5, 6, "c");
  channel.flush();
  assert(!channel.pending);
  channel.flush();
  await turn();
  assertEquals(batches, [[1, 1, 2, "a", null, 3, 4, "b", true], [2, 5, 6, "c", null]]);
});

Deno.test("octets that are given away are transferred", () => {
  const { channel, batches, transfers } = poolEnd();
  const octets = new Uint8Array([1, 2]);
  channel.give(ToWorker.content, 9, octets);
  channel.flush();
  assertEquals(batches, [[1, ToWorker.content, 9, "", octets]]);
  assertEquals(transfers, [[octets.buffer]]);
});

Deno.test("the messages of a batch come one by one", () => {
  const { channel, received } = poolEnd();
  channel.receive([0, FromWorker.begin, 4, "a", null, FromWorker.ready, 6, "", true]);
  channel.receive([0, FromWorker.exhausted, 0, "", null]);
  assertEquals(received, [
    [FromWorker.begin, 4, "a", null],
    [FromWorker.ready, 6, "", true],
    [FromWorker.exhausted, 0, "", null],
  ]);
});

Deno.test("a channel that is closed neither posts nor takes messages", () => {
  const { channel, batches, received, cpuTimes } = poolEnd();
  channel.close();
  channel.send(1, 2, "a");
  channel.flush();
  channel.receive([0, 3, 4, "a", null, ACKNOWLEDGE, 1, "", 5]);
  assertEquals([batches, received, cpuTimes], [[], [], []]);
});

Deno.test("a channel that is closed by a message takes none of those behind it", () => {
  const { channel } = poolEnd();
  const kinds: number[] = [];
  const closing = new PostedWorkerChannel({
    now: () => 0,
    onAcknowledged: () => {},
    onFault: () => {},
    onMessage: (kind) => {
      kinds.push(kind);
      closing.close();
    },
  }, 1);
  channel.close();
  closing.receive([0, 3, 4, "a", null, 5, 6, "", true]);
  assertEquals(kinds, [3]);
});

Deno.test("offers are counted until they leave, and acknowledged with their batch", () => {
  const { channel, batches, cpuTimes, time } = poolEnd();
  const id = channel.offer(exchange, null);
  assertEquals([channel.unsentOffers, channel.allAcknowledged], [1, true]);
  channel.flush();
  assertEquals(batches, [[1, ToWorker.exchange, id, encodeRequest(exchange), null]]);
  assertEquals([channel.unsentOffers, channel.allAcknowledged, channel.fits(1)], [0, false, false]);
  time.now = 1;
  assertEquals(channel.unacknowledgedFor(time.now), 1);
  channel.receive([0, ACKNOWLEDGE, 1, "", 42]);
  assertEquals([channel.allAcknowledged, channel.acknowledgesQuickly], [true, true]);
  channel.offer(exchange, null);
  channel.flush();
  channel.receive([0, ACKNOWLEDGE, 2, "", null]);
  assertEquals(cpuTimes, [42, undefined]);
});

Deno.test("an exchange is either claimed or taken back, and its slot is free behind its batch", () => {
  const { channel } = poolEnd(2);
  const inside = workerEnd(channel.memory).channel;
  const [claimed, revoked] = [channel.offer(exchange, null), channel.offer(exchange, null)];
  assert(inside.claim(claimed) && channel.takeBack(revoked));
  assert(!inside.claim(revoked) && !channel.takeBack(claimed));
  assert(!channel.hasRoom);
  channel.release(claimed);
  assert(channel.hasRoom);
  channel.offer(exchange, null);
  assert(!channel.hasRoom); // the worker may still find the one that was taken back
  channel.flush();
  channel.receive([0, ACKNOWLEDGE, 1, "", null]);
  assert(channel.hasRoom);
});

Deno.test("a worker acknowledges a batch behind the responses of the same turn", async () => {
  const worker = workerEnd();
  worker.channel.onMessage((kind, id) => worker.channel.send(kind + 100, id, "response"));
  worker.take([1, 1, 2, "a", null, 1, 3, "b", null]);
  await turn();
  worker.take([2, 1, 4, "c", null]);
  await turn();
  assertEquals(worker.batches, [
    [0, 101, 2, "response", null, 101, 3, "response", null, ACKNOWLEDGE, 1, "", 7],
    [0, 101, 4, "response", null, ACKNOWLEDGE, 2, "", null], // CPU time only now and then
  ]);
});

Deno.test("a batch waits until the responses to the one before have left", async () => {
  const worker = workerEnd();
  const handled: number[] = [];
  worker.channel.onMessage((_kind, id) => {
    handled.push(id);
    worker.channel.send(100, id, "");
  });
  worker.take([1, 1, 1, "", null]);
  worker.take([2, 1, 2, "", null]);
  assertEquals(handled, [1]);
  await turn();
  assertEquals(handled, [1, 2]);
  assertEquals(worker.batches.map(kindsIn), [[100, ACKNOWLEDGE], [100, ACKNOWLEDGE]]);
});

Deno.test("a question leaves at once and gets the reply", () => {
  const pool = poolEnd();
  const batches: Batch[] = [];
  const inside = new PostedPoolChannel(
    {
      post(batch) {
        batches.push(batch);
        pool.channel.receive(batch);
        pool.channel.replies.grant(5, 1_000);
      },
      onMessage: () => {},
    },
    pool.channel.memory,
    () => undefined,
  );
  assertEquals(inside.ask(FromWorker.awaitCredit, 5, 3), { kind: "credit", limit: 1_000 });
  assertEquals(batches, [[0, FromWorker.awaitCredit, 5, "", 3]]);
  assertEquals(pool.received, [[FromWorker.awaitCredit, 5, "", 3]]);
});

Deno.test("a small piece is cloned without the storage around it, a large one is copied and given", () => {
  const { channel, batches, transfers } = workerEnd();
  const storage = new Uint8Array(100_000).fill(7);
  const whole = new Uint8Array(5);
  const rows: [octets: Uint8Array, given: boolean][] = [
    [whole, false],
    [storage.subarray(10, 20), false],
    [storage.subarray(0, 16_384), false],
    [storage.subarray(0, 16_385), true],
    [storage, true],
  ];
  for (const [octets, given] of rows) {
    channel.sendCopy(FromWorker.piece, 1, octets);
    channel.flush();
    const sent = batches.at(-1)![4] as Uint8Array;
    assertEquals(sent, octets);
    assertEquals(sent.buffer.byteLength, octets.length);
    assertEquals(transfers.at(-1), given ? [sent.buffer] : []);
    assertEquals(storage.length, 100_000);
  }
});

Deno.test("storage that came back holds the next large piece of its size", () => {
  const { channel, batches, take } = workerEnd();
  const storage = new Uint8Array(20_000);
  take([1, STORAGE, 0, "", storage]);
  channel.sendCopy(FromWorker.piece, 1, new Uint8Array(20_000).fill(1));
  channel.flush();
  assertEquals((batches.at(-1)!.at(-1) as Uint8Array).buffer, storage.buffer);
});

Deno.test("storage of written pieces goes back with the credit, unless the worker blocks", async () => {
  const rows: [blocks: boolean, size: number, returned: number][] = [
    [false, 65_536, 8],
    [true, 65_536, 0],
    [false, 8192, 0], // cloned, so it never was the worker's storage
  ];
  for (const [blocks, size, expected] of rows) {
    const { channel, batches } = poolEnd();
    const callbacks = {
      ...{ isOver: false, now: () => 0, finish: () => {}, cut: () => {} },
      spoolResponse: () => undefined,
    };
    const response = new ResponseStream(new FakeExchange(), channel, 1, callbacks);
    if (blocks) response.replyCredit(0);
    for (let sent = 0; sent < CREDIT / 2; sent += size) response.add(new Uint8Array(size));
    await turn();
    const kinds = batches.flatMap(kindsIn);
    const returned = kinds.filter((kind) => kind === STORAGE).length;
    assertEquals([kinds.includes(ToWorker.credit), returned], [true, expected]);
  }
});

Deno.test("a batch that is not understood is a fault, and nothing of it behind that is taken", () => {
  const batches: unknown[] = [
    undefined,
    null,
    7,
    "batch",
    { length: 5 },
    [],
    [1, 2, 3],
    [0, 99, 0, "", null],
    [0, "1", 0, "", true],
    [0, FromWorker.log, null, "[]", null],
    [0, FromWorker.log, 0, 7, null],
    [0, FromWorker.ready, 0, "", "yes"],
    [0, FromWorker.response, 0, "200\n", {}],
    [0, FromWorker.piece, 0, "", "text"],
    [0, FromWorker.want, 0, "", null],
    [0, ACKNOWLEDGE, 1, "", null],
    [0, ACKNOWLEDGE, NaN, "", null],
    [0, ACKNOWLEDGE, null, "", null],
  ];
  for (const batch of batches) {
    const { channel, faults, received } = poolEnd();
    const behind = [FromWorker.stopped, 0, "", null];
    channel.receive((Array.isArray(batch) ? [...batch, ...behind] : batch) as Batch);
    assertEquals(faults.length, 1, JSON.stringify(batch));
    assertEquals(received, []);
  }
});

Deno.test("an error while a message is handled is a fault of its worker", () => {
  const faults: unknown[] = [];
  const channel = new PostedWorkerChannel({
    now: () => 0,
    onMessage: () => {
      throw new Error("own");
    },
    onAcknowledged: () => {},
    onFault: (error) => faults.push(String(error)),
  }, 1);
  channel.receive([0, FromWorker.stopped, 0, "", null]);
  assertEquals(faults, ["Error: own"]);
});
