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

Deno.test("the signal of a half-closed client without a response is aborted after a moment", async () => {
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
  assertEquals(signal.aborted, false);
  await client.pass(250);
  assertEquals(signal.aborted, true);
  assertEquals((signal.reason as Error).message, "The client has closed the connection");
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

/** A handler whose stream the test feeds. */
class FedStream {
  readonly cancelled = new Latch<unknown>();
  readonly called = new Latch<AbortSignal>();
  controller!: ReadableStreamDefaultController<Uint8Array>;

  readonly handler = (request: Request): Response => {
    this.called.open(request.signal);
    return new Response(
      new ReadableStream({
        start: (controller) => void (this.controller = controller),
        cancel: (reason) => this.cancelled.open(reason),
      }),
    );
  };

  feed(text: string): void {
    this.controller.enqueue(new TextEncoder().encode(text));
  }
}

Deno.test("a half-closed client gets a stream that is silent for seconds to its end", async () => {
  const fed = new FedStream();
  await using client = new Client(fed.handler);
  await client.send(octets(get("/")));
  await client.half();
  const signal = await fed.called.passed();
  fed.feed("one ");
  const reading = client.read();
  await client.pass(20_000);
  fed.feed("two ");
  await client.pass(20_000);
  assertEquals(signal.aborted, false);
  fed.controller.close();
  const response = await reading;
  assertEquals([contentText(response), response.chunks], ["one two ", [4, 4]]);
  await client.expectClose();
  assertEquals(client.server.log, []);
});

Deno.test("a half-closed client gets a stream that begins after its signal was aborted", async () => {
  const called = new Latch<AbortSignal>();
  const go = new Latch();
  await using client = new Client(async (request) => {
    called.open(request.signal);
    await go.passed();
    return new Response(new Blob(["late"]).stream());
  });
  await client.send(octets(get("/")));
  await client.half();
  const signal = await called.passed();
  await settle();
  await client.pass(500);
  assertEquals(signal.aborted, true);
  go.open();
  assertEquals(contentText(await client.read()), "late");
  await client.expectClose();
});

Deno.test("a stream that cannot be probed has 30 s of silence after the client's end", async () => {
  const fed = new FedStream();
  await using client = new Client(fed.handler);
  await client.send(octets("GET / HTTP/1.0||"));
  await client.half();
  const signal = await fed.called.passed();
  await settle();
  fed.feed("one");
  await client.pass(29_000);
  assertEquals(signal.aborted, false);
  await client.pass(2_000);
  assertEquals(signal.aborted, true);
  assertEquals((await fed.cancelled.passed() as Error).name, "AbortError");
  assertEquals(contentText(await client.read()), "one"); // it cannot see that more was to come
  await client.server.closed();
});

Deno.test("a client that ended its side has its response when it has acknowledged all of it", async () => {
  const go = new Latch();
  await using client = new Client(async () => {
    await go.passed();
    return new Response("late");
  });
  const { server } = client;
  const outcomes = () => server.finished.map(({ outcome }) => outcome);
  await client.tell(get("/"));
  await client.half();
  await settle();
  server.sendQueue = 100;
  go.open();
  assertEquals(contentText(await client.read()), "late");
  await client.pass(500);
  assertEquals(outcomes(), []);
  server.sendQueue = 0;
  await client.pass(250);
  assertEquals(outcomes(), ["complete"]);
  await client.expectClose();
});

Deno.test("a client that ended its side and acknowledges nothing for a second has left", async () => {
  const go = new Latch();
  await using client = new Client(async () => {
    await go.passed();
    return new Response("late");
  });
  const { server } = client;
  await client.tell(get("/"));
  await client.half();
  await settle();
  server.sendQueue = 100;
  go.open();
  await client.read();
  for (let i = 0; i < 60; i++) {
    server.clock.advance(20);
    await settle();
  }
  assertEquals(server.finished.map(({ outcome }) => outcome), ["client-left"]);
  await client.expectClose();
});
