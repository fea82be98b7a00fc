// Clients that end their side and wait for their response.

import { assertEquals } from "@std/assert";
import { Client, get, path } from "./memory_client.ts";
import { Latch } from "../support/latch.ts";
import { contentText } from "../support/raw_client.ts";
import { settle } from "../support/scripted_stream.ts";
import { octets } from "../wire/row.ts";

Deno.test("a half-closed client gets its response, and its signal is not aborted at once", async () => {
  const called = new Latch<AbortSignal>();
  const go = new Latch();
  await using client = new Client(async (request) => {
    called.open(request.signal);
    await go.passed();
    return new Response(`aborted: ${request.signal.aborted}`);
  });
  await client.send(octets(get("/")));
  await client.half();
  const signal = await called.passed();
  await settle();
  assertEquals(signal.aborted, false);
  go.open();
  assertEquals(contentText(await client.read()), "aborted: false");
  await client.expectClose();
  assertEquals(client.server.log, []);
});

Deno.test("all requests of a half-closed client get their responses", async () => {
  await using client = new Client(path);
  await client.send(octets(get("/1") + get("/2")));
  await client.half();
  assertEquals(contentText(await client.read()), "/1");
  assertEquals(contentText(await client.read()), "/2");
  await client.expectClose();
  assertEquals(client.server.log, []);
});

Deno.test("the signal of a half-closed client without a response is aborted after a second", async () => {
  const called = new Latch<AbortSignal>();
  const go = new Latch();
  await using client = new Client(async (request) => {
    called.open(request.signal);
    await go.passed();
    return new Response("late");
  });
  await client.send(octets(get("/")));
  await client.half();
  const signal = await called.passed();
  await settle();
  await client.pass(750);
  assertEquals(signal.aborted, false);
  await client.pass(1_000);
  assertEquals(signal.aborted, true);
  go.open();
  assertEquals(contentText(await client.read()), "late"); // it may have been waiting after all
  await client.expectClose();
  assertEquals(client.server.log, []);
});

Deno.test("a half-closed client gets a long stream to its end", async () => {
  let pieces = 0;
  const called = new Latch<AbortSignal>();
  await using client = new Client(
    (request) => {
      called.open(request.signal);
      return new Response(
        new ReadableStream({
          pull(controller) {
            if (pieces++ < 40) controller.enqueue(new Uint8Array(1_000));
            else controller.close();
          },
        }),
      );
    },
    {},
    1_000,
  );
  await client.send(octets(get("/")));
  await client.half();
  await called.passed();
  const reading = client.read();
  for (let i = 0; i < 20; i++) await client.pass(250);
  assertEquals((await reading).content.length, 40_000);
  await client.expectClose();
  assertEquals(client.server.log, []);
});
