// Micro-benches of the wire between threads: the text forms of heads, and bursts of messages to a thread that
// returns as many.

import { CachedResponseHead } from "../../../src/http1/response_head.ts";
import { type Payload, ToWorker } from "../../../src/pool/wire/messages.ts";
import { PostedWorkerChannel } from "../../../src/pool/wire/posted_channel.ts";
import { DecodedRequest, encodeRequest } from "../../../src/pool/wire/request_codec.ts";
import { decodeResponse, encodeResponse } from "../../../src/pool/wire/response_codec.ts";
import { FakeExchange } from "../../pool/fake_exchange.ts";
import { headOf } from "./octets.ts";

const exchange = Object.assign(new FakeExchange("/"), { head: headOf("hello") });
const request = encodeRequest(exchange);
const head = new CachedResponseHead(200, "", [["Content-Type", "text/plain;charset=UTF-8"]]);
const response = encodeResponse(head);

Deno.bench({ name: "encode a request", group: "heads" }, () => {
  encodeRequest(exchange);
});
Deno.bench({ name: "decode a request", group: "heads" }, () => {
  new DecodedRequest(request, { kind: "none" }).head.fields;
});
Deno.bench({ name: "encode a response", group: "heads" }, () => {
  encodeResponse(head);
});
Deno.bench({ name: "decode a response", group: "heads" }, () => {
  decodeResponse(response);
});

for (const burst of [1, 64]) {
  benchBurst(`${burst} without content`, burst, () => null);
  benchBurst(`${burst} with 1 KiB of text`, burst, () => "a".repeat(1024));
  benchBurst(`${burst} with 16 KiB of octets`, burst, () => new Uint8Array(16 * 1024));
}

/** There and back: the thread returns the text and payload of each message. */
function benchBurst(name: string, burst: number, payload: () => Payload): void {
  // An array that several messages of a batch share would be copied once only.
  const contents = Array.from({ length: burst }, payload);
  let opened: Promise<() => Promise<void>> | undefined;
  Deno.bench({ name, group: "messages to a thread and back" }, async (bench) => {
    const roundTrip = await (opened ??= openThread(contents));
    bench.start();
    await roundTrip();
    bench.end();
  });
}

/** Starts a thread.
 *
 * @param contents payloads of a burst
 * @returns sends a burst and waits until all of it has come back */
async function openThread(contents: readonly Payload[]): Promise<() => Promise<void>> {
  let missing = 0;
  let complete = () => {};
  const channel = new PostedWorkerChannel({
    now: () => performance.now(),
    onMessage: () => {
      if (--missing === 0) complete();
    },
    onAcknowledged: () => {},
    onFault: (error) => {
      throw error;
    },
  }, contents.length);
  const worker = new Worker(import.meta.resolve("./wire_echo.ts"), { type: "module" });
  const ready = Promise.withResolvers<void>();
  worker.onmessage = () => ready.resolve();
  worker.postMessage(channel.memory);
  await ready.promise;
  worker.onmessage = ({ data }) => channel.receive(data);
  channel.open(worker);
  return () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    missing = contents.length;
    complete = resolve;
    contents.forEach((content, id) => channel.send(ToWorker.content, id, request, content));
    return promise;
  };
}
