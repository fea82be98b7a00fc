// Clients that leave during a request: its signal is aborted, and no error is logged.

import { assertEquals, assertRejects } from "@std/assert";
import type { FetchInfo } from "../../src/gateway/fetch/fetch_handler.ts";
import { Client, get } from "./memory_client.ts";
import { abortOf, Latch } from "../support/latch.ts";
import { settle, stateOf } from "../support/scripted_stream.ts";
import { octets } from "../wire/row.ts";

Deno.test("a client that resets the connection aborts the signal", async () => {
  const called = new Latch<AbortSignal>();
  await using client = new Client(async (request) => {
    called.open(request.signal);
    await abortOf(request.signal);
    throw request.signal.reason;
  });
  await client.tell(get("/"));
  const signal = await called.passed();
  assertEquals(signal.aborted, false);
  client.stream.reset();
  await abortOf(signal);
  assertEquals((signal.reason as Error).name, "AbortError");
  await client.server.closed();
  assertEquals(client.server.log, []);
});

Deno.test("a client that resets the connection behind pipelined requests aborts the signal", async () => {
  const called = new Latch<AbortSignal>();
  const served: string[] = [];
  await using client = new Client(async (request) => {
    served.push(new URL(request.url).pathname);
    called.open(request.signal);
    await abortOf(request.signal);
    return new Response("nobody reads this");
  });
  await client.tell(get("/1") + get("/2"));
  const signal = await called.passed();
  client.stream.reset();
  await abortOf(signal);
  await client.server.closed();
  assertEquals(client.server.log, []);
});

Deno.test("a client that resets the connection while a response is sent is no fault", async () => {
  const size = 100_000;
  const octetsGiven = new Uint8Array(size);
  const responders: Record<string, () => Response | Promise<Response>> = {
    "text at once": () => new Response("x".repeat(size)),
    "text later": () => Promise.resolve(new Response("x".repeat(size))),
    "bytes at once": () => new Response(octetsGiven),
    "a stream": () => new Response(new Blob([octetsGiven])),
    "a stream later": () => Promise.resolve(new Response(new Blob([octetsGiven]))),
  };
  for (const [name, respond] of Object.entries(responders)) {
    const called = new Latch<FetchInfo>();
    await using client = new Client(
      (_request, info) => {
        called.open(info);
        return respond();
      },
      {},
      1_000,
    );
    await client.send(octets(get("/")));
    await client.stream.peerBlocked();
    const { completed } = await called.passed();
    client.stream.reset();
    await client.server.closed();
    assertEquals(client.events, [], name);
    await assertRejects(() => completed, Error);
  }
});

Deno.test("a stream whose source never settles its cancellation does not hold the connection", async () => {
  const never = new Promise<void>(() => {});
  await using client = new Client(
    () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(1_000)),
          cancel: () => never,
        }),
      ),
    {},
    1_000,
  );
  await client.send(octets(get("/")));
  await client.stream.peerBlocked();
  client.stream.reset();
  await settle();
  assertEquals(client.server.connections, 0);
});

Deno.test("HEAD with a stream whose source never settles its cancellation gets its response", async () => {
  const never = new Promise<void>(() => {});
  await using client = new Client(() => new Response(new ReadableStream({ cancel: () => never })));
  await client.send(octets("HEAD / HTTP/1.1|Host: a||"));
  const reading = client.read("HEAD");
  assertEquals(await stateOf(reading), "done");
  await reading;
});
