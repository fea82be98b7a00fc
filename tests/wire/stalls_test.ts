// Connections whose two sides are out of step: clients that stop reading, leave or send ahead, and servers
// that stop. Back-pressure must reach the socket in both directions.

import { assert, assertEquals } from "@std/assert";
import type { FetchHandler } from "../../src/gateway/fetch/fetch_handler.ts";
import { MemoryServer } from "../support/memory_server.ts";
import { MemoryStream, settle } from "../support/memory_stream.ts";
import { contentText, fieldValues, RawClient } from "../support/raw_client.ts";
import { octets } from "./row.ts";

const CAPACITY = 4_096;
const GET = octets("GET / HTTP/1.1|Host: a||");

/** A handler that waits until the test releases it or the request is aborted. */
class HeldHandler {
  readonly #released = Promise.withResolvers<void>();
  readonly #request = Promise.withResolvers<Request>();

  /** The first request that a handler was called for. */
  get request(): Promise<Request> {
    return this.#request.promise;
  }

  release(): void {
    this.#released.resolve();
  }

  readonly handler: FetchHandler = async (request) => {
    this.#request.resolve(request);
    const aborted = Promise.withResolvers<void>();
    request.signal.addEventListener("abort", () => aborted.resolve());
    await Promise.race([this.#released.promise, aborted.promise]);
    return new Response(request.signal.aborted ? "aborted" : "done");
  };
}

Deno.test("an upload without a reader is held back at the client", async () => {
  const held = new HeldHandler();
  await using server = new MemoryServer(held.handler);
  const stream = server.connect(CAPACITY);
  await stream.write(octets("POST / HTTP/1.1|Host: a|Content-Length: 1000000||"));
  await held.request;
  let accepted = 0;
  const uploading = upload(stream, 1_000_000, (count) => accepted += count);
  for (let before = -1; before !== accepted;) {
    before = accepted;
    await settle();
  }
  assert(accepted < 100_000, `${accepted} octets were read without a reader`);
  held.release();
  using client = new RawClient(stream);
  assertEquals(contentText(await client.read()), "done");
  client.close();
  await uploading;
});

Deno.test("a download without a reader is held back at the application", async () => {
  let pulled = 0;
  await using server = new MemoryServer(() =>
    new Response(
      new ReadableStream({
        pull(controller) {
          pulled += 1_000;
          if (pulled > 1_000_000) controller.close();
          else controller.enqueue(new Uint8Array(1_000));
        },
      }),
    )
  );
  const stream = server.connect(CAPACITY);
  using client = new RawClient(stream);
  await client.send(GET);
  await stream.peerBlocked();
  await settle();
  assert(pulled < 100_000, `${pulled} octets were made without a reader`);
  assertEquals((await client.read()).content.length, 1_000_000);
});

Deno.test("pipelined requests without a response yet are held back at the client", async () => {
  const held = new HeldHandler();
  await using server = new MemoryServer(held.handler);
  const stream = server.connect(CAPACITY);
  let accepted = 0;
  const flooding = upload(stream, 20_000 * GET.length, (count) => accepted += count, GET);
  await held.request;
  for (let before = -1; before !== accepted;) {
    before = accepted;
    await settle();
  }
  assert(accepted < 150_000, `${accepted} octets of requests were read`);
  stream.reset();
  held.release(); // with a full buffer the server does not read, so it does not notice the reset
  await flooding;
  await server.closed();
});

Deno.test("a client that resets aborts the request's signal", async () => {
  const held = new HeldHandler();
  await using server = new MemoryServer(held.handler);
  const stream = server.connect();
  await stream.write(GET);
  const { signal } = await held.request;
  assert(!signal.aborted);
  stream.reset();
  await settle();
  assert(signal.aborted);
  await server.closed();
  assert(server.log.every(({ level }) => level !== "error"), JSON.stringify(server.log));
});

Deno.test("a client that resets during the response is no error", async () => {
  for (const body of [() => "x".repeat(100_000), () => ReadableStream.from(manyPieces())]) {
    await using server = new MemoryServer(() => new Response(body()));
    const stream = server.connect(CAPACITY);
    await stream.write(GET);
    await stream.peerBlocked();
    stream.reset();
    await server.closed();
    assert(server.log.every(({ level }) => level !== "error"), JSON.stringify(server.log));
  }
});

Deno.test("a request is aborted some time after its client has ended its side", async () => {
  const held = new HeldHandler();
  await using server = new MemoryServer(held.handler);
  const stream = server.connect();
  using client = new RawClient(stream);
  await client.send(GET);
  const { signal } = await held.request;
  await client.half();
  await settle();
  server.clock.advance(200);
  assert(!signal.aborted, "it may have half-closed and wait for its response");
  server.clock.advance(100);
  assert(signal.aborted, "it has probably left");
  await server.closed();
});

Deno.test("a client that ends its side and waits gets its response", async () => {
  const held = new HeldHandler();
  await using server = new MemoryServer(held.handler);
  using client = new RawClient(server.connect());
  await client.send(GET);
  await held.request;
  await client.half();
  held.release();
  assertEquals(contentText(await client.read()), "done");
  await client.expectEnd();
});

Deno.test("a request that comes while another is handled waits and aborts nothing", async () => {
  const held = new HeldHandler();
  await using server = new MemoryServer(held.handler);
  using client = new RawClient(server.connect());
  await client.send(GET);
  const { signal } = await held.request;
  await client.send(GET);
  await settle();
  server.clock.advance(5_000);
  assert(!signal.aborted);
  held.release();
  assertEquals(contentText(await client.read()), "done");
  assertEquals(contentText(await client.read()), "done");
});

Deno.test("a response during the stop of the server says close", async () => {
  const held = new HeldHandler();
  await using server = new MemoryServer(held.handler);
  using client = new RawClient(server.connect());
  await client.send(GET);
  await held.request;
  server.stopping = true;
  held.release();
  const response = await client.read();
  assertEquals(fieldValues(response, "connection"), ["close"]);
  assertEquals(contentText(response), "done");
  await client.expectEnd();
});

/** Writes until the peer has accepted everything or is gone. */
async function upload(
  stream: MemoryStream,
  size: number,
  accepted: (count: number) => void,
  unit: Uint8Array = new Uint8Array(1_000),
): Promise<void> {
  try {
    for (let written = 0; written < size;) {
      const piece = unit.subarray(written % unit.length);
      const count = await stream.write(piece);
      written += count;
      accepted(count);
    }
  } catch (error) {
    const gone = error instanceof Deno.errors.BrokenPipe ||
      error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.BadResource;
    if (!gone) throw error;
  }
}

function* manyPieces(): Generator<Uint8Array> {
  for (let piece = 0; piece < 1_000; piece++) yield new Uint8Array(1_000);
}
