// How many writes a response costs, and that no piece of a stream is held back.

import { assert, assertEquals } from "@std/assert";
import { Client, get } from "./memory_client.ts";
import { contentText } from "../support/raw_client.ts";
import { settle } from "../support/scripted_stream.ts";
import { octets } from "../wire/row.ts";

const PIECE = new Uint8Array(1024).fill(0x61);

/** Streams of sixteen pieces that are at hand. */
const STREAMS: Readonly<Record<string, () => ReadableStream<Uint8Array>>> = {
  "queued at the start": () =>
    new ReadableStream({
      start(controller) {
        for (let i = 0; i < 16; i++) controller.enqueue(PIECE);
        controller.close();
      },
    }),
  "pulled": () => pulled(),
  "pulled without a queue": () => pulled(0),
  "of an async generator": () =>
    ReadableStream.from(async function* () {
      for (let i = 0; i < 16; i++) yield await Promise.resolve(PIECE);
    }()),
  "through a transform": () => pulled().pipeThrough(new TransformStream()),
};

function pulled(highWaterMark = 1): ReadableStream<Uint8Array> {
  let pieces = 0;
  return new ReadableStream({
    pull(controller) {
      if (pieces++ < 16) controller.enqueue(PIECE);
      else controller.close();
    },
  }, { highWaterMark });
}

for (const [name, stream] of Object.entries(STREAMS)) {
  Deno.test(`sixteen pieces at hand leave in one write: ${name}`, async () => {
    await using client = new Client(() => new Response(stream()));
    const sizes = recordWrites(client);
    await client.send(octets(get("/")));
    assertEquals(contentText(await client.read()), "a".repeat(16 * 1024));
    assert(sizes.length === 1, `${sizes}`);
  });
}

Deno.test("a piece leaves before the next turn of the event loop, each by itself", async () => {
  let sizes: number[] = [];
  const seen: number[] = [];
  await using client = new Client(() => {
    let pieces = 0;
    return new Response(
      new ReadableStream({
        async pull(controller) {
          if (pieces++ === 5) return controller.close();
          // What was given in the turn before has left, and nothing else has.
          await new Promise((resolve) => setTimeout(resolve, 1));
          seen.push(sizes.length);
          controller.enqueue(PIECE);
        },
      }, { highWaterMark: 0 }),
    );
  });
  sizes = recordWrites(client);
  await client.send(octets(get("/")));
  await client.read();
  assertEquals(seen, [1, 2, 3, 4, 5]); // the head, then a write for each piece
});

Deno.test("a stream of pieces at hand without an end leaves as its client reads", async () => {
  await using client = new Client(
    () => new Response(new ReadableStream({ pull: (c) => c.enqueue(PIECE) })),
    {},
    100_000,
  );
  const sizes = recordWrites(client);
  await client.send(octets(get("/")));
  await client.stream.peerBlocked();
  await settle();
  assert(sizes.length > 3, `${sizes}`);
  assert(Math.max(...sizes) <= 2 * 32 * 1024, `${sizes}`);
});

Deno.test("a whole response of up to twice writeBufferSize leaves in one write", async () => {
  for (const size of [10, 18 * 1024, 32 * 1024, 64 * 1024]) {
    const text = "ä".repeat(size / 2);
    for (const content of [text, new TextEncoder().encode(text)]) {
      await using client = new Client(() => new Response(content), {}, 100_000);
      const sizes = recordWrites(client);
      for (let i = 0; i < 3; i++) { // both buffers have their size then
        await client.send(octets(get("/")));
        assertEquals(contentText(await client.read()), text);
      }
      assertEquals(sizes.length, 3, `${size}: ${sizes}`);
    }
  }
});

Deno.test("a longer whole response leaves in writes of no more than twice writeBufferSize and a head", async () => {
  for (const unit of ["a", "ä", "€", "😀", "\ud83d"]) {
    const text = "-" + unit.repeat(150_000);
    await using client = new Client(() => new Response(text));
    const sizes = recordWrites(client);
    await client.send(octets(get("/")));
    assertEquals(contentText(await client.read()), text.toWellFormed());
    assert(Math.max(...sizes) <= 2 * 32 * 1024 + 1024, `${sizes}`);
    await client.send(octets(get("/")));
    assertEquals(contentText(await client.read()), text.toWellFormed());
  }
});

Deno.test("text longer than its declared length is cut, whatever its size", async () => {
  for (const size of [100, 20_000, 100_000]) {
    const headers = { "content-length": String(size) };
    await using client = new Client(() => new Response("a".repeat(size - 1) + "éé", { headers }));
    for (let i = 0; i < 2; i++) {
      await client.send(octets(get("/")));
      const { content } = await client.read();
      assertEquals([content.length, content[size - 2], content[size - 1]], [size, 0x61, 0xc3]);
    }
  }
});

Deno.test("responses of pipelined requests are complete and in order, whatever their size", async () => {
  const sizes = [5, 20_000, 40_000, 200_000, 1, 33_000];
  await using client = new Client((request) => {
    const index = Number(new URL(request.url).pathname.slice(1));
    return new Response(String(index).repeat(sizes[index]));
  });
  await client.send(octets(sizes.map((_, index) => get(`/${index}`)).join("")));
  for (const [index, size] of sizes.entries()) {
    assertEquals(contentText(await client.read()), String(index).repeat(size));
  }
});

function recordWrites(client: Client): number[] {
  const sizes: number[] = [];
  client.server.onWrite = (piece) => sizes.push(piece.length);
  return sizes;
}
