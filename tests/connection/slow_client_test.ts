// Clients that read slowly or not at all.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Client, get, TICKS } from "./memory_client.ts";
import { Latch } from "../support/latch.ts";
import { settle } from "../support/scripted_stream.ts";
import { octets } from "../wire/row.ts";

Deno.test("a client that stops reading is cut off at writeTimeout", async () => {
  const called = new Latch<{ signal: AbortSignal; completed: Promise<void> }>();
  await using client = new Client(
    (request, info) => {
      called.open({ signal: request.signal, completed: info.completed });
      return new Response("x".repeat(100_000));
    },
    { minResponseRate: 0 },
    1_000,
  );
  await client.send(octets(get("/")));
  const { signal, completed } = await called.passed();
  const failed = assertRejects(() => completed);
  await client.stream.peerBlocked();
  await client.pass(59_000);
  assertEquals(signal.aborted, false);
  await client.pass(1_000 + TICKS);
  assertEquals(signal.aborted, true);
  await client.server.closed();
  await failed;
  assertEquals(client.events, ["write-timeout"]);
  const [{ method, target }] = client.server.log;
  assertEquals([method, target], ["GET", "/"]);
});

Deno.test("a client that stops reading a stream is cut off, and the stream cancelled", async () => {
  const cancelled = new Latch<unknown>();
  await using client = new Client(
    () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(1_000)),
          cancel: (reason) => cancelled.open(reason),
        }),
      ),
    { minResponseRate: 0 },
    1_000,
  );
  await client.send(octets(get("/")));
  await client.stream.peerBlocked();
  await client.pass(1_000);
  await client.pass(60_000 + TICKS);
  await cancelled.passed();
  await client.server.closed();
  assertEquals(client.events, ["write-timeout"]);
});

Deno.test("a client that reads slowly is not cut off", async () => {
  await using client = new Client(
    () => new Response("x".repeat(3_000)),
    { minResponseRate: 0 },
    1_000,
  );
  await client.send(octets(get("/")));
  for (let i = 0; i < 3; i++) {
    await client.stream.peerBlocked();
    await client.pass(59_000);
    await client.stream.read(new Uint8Array(500));
    await settle();
  }
  assertEquals(client.server.log, []);
  assertEquals(client.server.connections, 1);
});

Deno.test("a client that reads what the system holds is not cut off until it stops", async () => {
  await using client = new Client(() => new Response("x".repeat(100_000)), {}, 1_000);
  client.server.sendQueue = 3_000_000;
  await client.send(octets(get("/")));
  await client.stream.peerBlocked();
  for (let i = 0; i < 10; i++) {
    await client.pass(20_000);
    client.server.sendQueue -= 100_000;
  }
  assertEquals(client.server.log, []);
  await client.pass(60_000 + 15_000 + TICKS); // the last progress was seen at the look after it
  await client.server.closed();
  assertEquals(client.events, ["write-timeout"]);
});

Deno.test("a stream is pulled only as fast as its client reads", async () => {
  let pulls = 0;
  await using client = new Client(
    () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            pulls++;
            controller.enqueue(new Uint8Array(1_000));
          },
        }, { highWaterMark: 0 }),
      ),
    { writeBufferSize: 4_000 },
    1_000,
  );
  await client.send(octets(get("/")));
  await client.stream.peerBlocked();
  await settle();
  assert(pulls < 15, `${pulls} pulls`);
});

Deno.test("a client that reads slower than minResponseRate is cut off", async () => {
  const called = new Latch<AbortSignal>();
  await using client = new Client(
    ({ signal }) => {
      called.open(signal);
      return new Response("x".repeat(100_000));
    },
    {},
    1_000,
  );
  await client.send(octets(get("/")));
  const signal = await called.passed();
  const piece = new Uint8Array(50);
  for (let second = 0; second < 8; second++) {
    await client.stream.peerBlocked();
    await client.stream.read(piece);
    await client.pass(1_000);
  }
  assertEquals(signal.aborted, false);
  for (let second = 0; second < 30 && !signal.aborted; second++) {
    await client.stream.read(piece);
    await client.pass(1_000);
  }
  assertEquals(signal.reason.name, "TimeoutError");
  await client.server.closed();
  assertEquals(client.events, ["write-timeout"]);
});

Deno.test("a client that reads as fast as minResponseRate is not cut off", async () => {
  await using client = new Client(() => new Response("x".repeat(20_000)), {}, 1_000);
  await client.send(octets(get("/")));
  for (let second = 0; second < 60; second++) {
    await client.stream.read(new Uint8Array(250));
    await client.pass(1_000);
  }
  assertEquals(client.events, []);
});
