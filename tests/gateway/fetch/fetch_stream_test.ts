// Streams as content of responses: sent piece by piece, aborted when they fail, cancelled when they are not
// wanted.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { failingStream, GET, never, pooled } from "./fetching.ts";
import { Latch, until } from "../../support/latch.ts";
import { saysClose } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";
import { octets } from "../../wire/row.ts";

Deno.test("a stream is sent piece by piece", async () => {
  const second = new Latch();
  await using site = new Site(() =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          controller.enqueue(octets("first"));
          await second.passed();
          controller.enqueue(octets("second"));
          controller.close();
        },
      }, { highWaterMark: 0 }),
    )
  );
  const conn = await site.dial();
  await conn.write(octets(GET));
  const part = new Uint8Array(4096);
  let seen = "";
  while (!seen.includes("5\r\nfirst")) {
    seen += new TextDecoder().decode(part.subarray(0, (await conn.read(part))!));
  }
  second.open();
  while (!seen.endsWith("0\r\n\r\n")) {
    seen += new TextDecoder().decode(part.subarray(0, (await conn.read(part))!));
  }
  assert(seen.includes("6\r\nsecond\r\n"));
  conn.close();
});

Deno.test("a stream that fails midway aborts the connection without a last chunk", async () => {
  for (const later of [false, true]) {
    await using site = new Site(() => {
      const response = new Response(failingStream());
      return later ? Promise.resolve(response) : response;
    }, { serverName: "" });
    const raw = await site.rawResponse(GET + GET);
    assert(raw.endsWith("\r\n\r\n5\r\nhello\r\n"), JSON.stringify(raw));
    assertEquals(site.events, ["response-stream-failed"]);
    assertEquals(site.log[0].level, "error");
    const { message } = site.log[0].error as Error;
    assertEquals(message, pooled ? "Error: secret of the stream" : "secret of the stream");
  }
});

Deno.test("a stream that fails before its first piece aborts the connection", async () => {
  await using site = new Site(() =>
    new Response(
      new ReadableStream({
        pull() {
          throw new Error("secret of the stream");
        },
      }, { highWaterMark: 0 }),
    )
  );
  const raw = await site.rawResponse(GET);
  assert(!raw.includes("0\r\n\r\n") && !raw.includes("secret"), raw);
  assertEquals(site.events, ["response-stream-failed"]);
});

Deno.test("a stream of something other than octets aborts the connection", async () => {
  for (const piece of ["text", 5, {}, new ArrayBuffer(4)] as never[]) {
    let cancelled = false;
    await using site = new Site(() =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(piece),
          cancel: () => void (cancelled = true),
        }),
      )
    );
    const raw = await site.rawResponse(GET);
    assert(!raw.endsWith("0\r\n\r\n"), raw);
    assertEquals([site.events, cancelled], [["response-stream-failed"], true]);
  }
});

Deno.test("a stream is cancelled when the client leaves", async () => {
  for (const enqueue of [true, false]) { // in the middle of writing, or waiting for more
    const cancelled = new Latch<unknown>();
    await using site = new Site(() =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(octets("first")),
          pull: (controller) => enqueue ? controller.enqueue(new Uint8Array(65_536)) : never,
          cancel: (reason) => cancelled.open(reason),
        }),
      )
    );
    const conn = await site.dial();
    await conn.write(octets(GET + GET));
    await conn.read(new Uint8Array(100));
    conn.close(); // with something unread: a reset
    await cancelled.passed();
    assertEquals(site.log, []);
  }
});

Deno.test("a stream is cancelled when its content is not wanted", async () => {
  const cancelled = new Latch<unknown>();
  await using site = new Site(() =>
    new Response(
      new ReadableStream({
        pull: () => never,
        cancel: (reason) => cancelled.open(reason),
      }),
    )
  );
  assertEquals((await site.ask("HEAD / HTTP/1.1|Host: a||")).status, 200);
  const reason = await cancelled.passed();
  assert(reason instanceof DOMException && reason.message === "The response has no content");
  assertEquals(site.log, []);
});

Deno.test("a rejected write into a cancelled stream is one line of the log and ends no process", async () => {
  // One that is not handled would end this test, as it ends a process with Deno.serve.
  const rejected: Latch<unknown>[] = [];
  await using site = new Site(() => {
    const { readable, writable } = new TransformStream<Uint8Array>();
    const writer = writable.getWriter();
    const latch = new Latch<unknown>();
    rejected.push(latch);
    (async () => {
      try {
        while (true) await writer.write(new Uint8Array(16_000));
      } catch (error) {
        latch.open(error);
        throw error;
      }
    })();
    return new Response(readable);
  });
  assertEquals((await site.ask("HEAD / HTTP/1.1|Host: a||")).status, 200);
  await rejected[0].passed();
  const conn = await site.dial();
  await conn.write(octets(GET));
  await conn.read(new Uint8Array(10));
  conn.close(); // with something unread: a reset
  assert(await rejected[1].passed() instanceof Error);
  await until(() => site.log.length >= 2, 3_000);
  assertEquals(site.events, ["late-rejection", "late-rejection"]);
  const [{ level, message, error }] = site.log;
  assertEquals([level, error], ["info", undefined]);
  assertMatch(
    message,
    /^Promise was rejected behind the response( of request \S+)?: AbortError: The /,
  );
});

Deno.test("a stream whose cancellation fails does not affect the client", async () => {
  await using site = new Site(() =>
    new Response(
      new ReadableStream({
        cancel() {
          throw new Error("I do not let go");
        },
      }),
    )
  );
  const client = await site.connect();
  const head = "HEAD / HTTP/1.1|Host: a||";
  await client.send(octets(head + head));
  for (let i = 0; i < 2; i++) {
    const response = await client.read("HEAD");
    assertEquals([response.status, saysClose(response)], [200, false]);
  }
});
