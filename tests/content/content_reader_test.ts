// ContentReader: every way to read content, over pieces of every size.

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ContentReader } from "../../src/content/content_reader.ts";
import { text } from "../http1/decoding.ts";
import { PiecesReader } from "./scripted_source.ts";

const LINES = "one\ntwo\n\nlast";
const CUTS: Record<string, string[]> = {
  "whole": [LINES],
  "octet by octet": [...LINES],
  "behind the line ends": ["one\n", "two\n", "\n", "last"],
  "before the line ends": ["one", "\ntwo", "\n", "\nlast"],
};

async function readText(reader: ContentReader, size?: number): Promise<string> {
  return text(await reader.read(size));
}

async function readLine(reader: ContentReader, size?: number): Promise<string> {
  return text(await reader.readline(size));
}

for (const [name, pieces] of Object.entries(CUTS)) {
  const make = () => new PiecesReader(...pieces);

  Deno.test(`read() takes everything, content cut ${name}`, async () => {
    for (const size of [undefined, -1, Infinity, LINES.length, 1000]) {
      const reader = make();
      assertEquals(await readText(reader, size), LINES);
      assertEquals(await readText(reader, size), "");
    }
  });

  Deno.test(`read(size) takes exactly so much until the end, content cut ${name}`, async () => {
    const reader = make();
    assertEquals(await readText(reader, 2), "on");
    assertEquals(await readText(reader, 5), "e\ntwo");
    assertEquals(await readText(reader, 100), "\n\nlast");
    assertEquals(await readText(reader, 1), "");
  });

  Deno.test(`readline() ends behind each LF and at the end, content cut ${name}`, async () => {
    const reader = make();
    for (const line of ["one\n", "two\n", "\n", "last", "", ""]) {
      assertEquals(await readLine(reader), line);
    }
  });

  Deno.test(`readline(size) leaves the rest of a long line, content cut ${name}`, async () => {
    const reader = make();
    for (const part of ["on", "e\n", "tw", "o\n", "\n", "la", "st", ""]) {
      assertEquals(await readLine(reader, 2), part);
    }
  });

  Deno.test(`readline(size) of exactly a line does not look behind it, content cut ${name}`, async () => {
    const reader = make();
    assertEquals(await readLine(reader, 4), "one\n");
    assertEquals(await readLine(reader, 3), "two");
    assertEquals(await readLine(reader, 3), "\n");
  });

  Deno.test(`readlines(hint) stops behind the line that reaches it, content cut ${name}`, async () => {
    const lines = async (reader: ContentReader, hint?: number) =>
      (await reader.readlines(hint)).map(text);
    for (const all of [undefined, -1, 0, Infinity, 100]) {
      assertEquals(await lines(make(), all), ["one\n", "two\n", "\n", "last"]);
    }
    assertEquals(await lines(make(), 1), ["one\n"]);
    assertEquals(await lines(make(), 4), ["one\n"]);
    const reader = make();
    assertEquals(await lines(reader, 5), ["one\n", "two\n"]);
    assertEquals(await lines(reader), ["\n", "last"]);
    assertEquals(await lines(reader), []);
  });

  Deno.test(`iteration gives the lines of content cut ${name}`, async () => {
    assertEquals(await Array.fromAsync(make(), text), ["one\n", "two\n", "\n", "last"]);
  });

  Deno.test(`all ways to read share one position, content cut ${name}`, async () => {
    const reader = make();
    assertEquals(await readText(reader, 1), "o");
    assertEquals(await readLine(reader), "ne\n");
    for await (const line of reader) {
      assertEquals(text(line), "two\n");
      break;
    }
    assertEquals(await new Response(reader.readable).text(), "\nlast");
  });
}

Deno.test("readPiece() gives the pieces as they come, then what read(size) left, then null", async () => {
  const reader = new PiecesReader("hello", "world");
  assertEquals(await readText(reader, 2), "he");
  assertEquals(text(await reader.readPiece() ?? "null"), "llo");
  assertEquals(text(await reader.readPiece() ?? "null"), "world");
  assertEquals(await reader.readPiece(), null);
  assertEquals(await reader.readPiece(), null);
});

Deno.test("read(0), readline(0) and a read of octets that are there pull nothing", async () => {
  const reader = new PiecesReader("hello\nworld");
  assertEquals([await readText(reader, 0), await readLine(reader, 0), reader.pulls], ["", "", 0]);
  assertEquals([await readText(reader, 2), reader.pulls], ["he", 1]);
  assertEquals([await readLine(reader), await readText(reader, 5)], ["llo\n", "world"]);
  assertEquals(reader.pulls, 1);
});

Deno.test("read(size) pulls no more than it needs", async () => {
  const reader = new PiecesReader("ab", "cd", "ef");
  assertEquals([await readText(reader, 3), reader.pulls], ["abc", 2]);
  assertEquals([await readText(reader, 1), reader.pulls], ["d", 2]);
});

Deno.test("the end is pulled once", async () => {
  const reader = new PiecesReader();
  for (let round = 0; round < 3; round++) assertEquals(await readText(reader), "");
  assertEquals(reader.pulls, 1);
});

Deno.test("the octets of two reads share no memory", async () => {
  const reader = new PiecesReader("hello\nworld");
  const first = await reader.read(2);
  const line = await reader.readline();
  structuredClone(first, { transfer: [first.buffer] });
  structuredClone(line, { transfer: [line.buffer] });
  assertEquals(await readText(reader), "world");
});

Deno.test("a size that is not a count is refused, and nothing is read", async () => {
  const reader = new PiecesReader("hello");
  for (const size of [-2, 1.5, NaN, -Infinity]) {
    await assertRejects(() => reader.read(size), RangeError, `got ${size}`);
    await assertRejects(() => reader.readline(size), RangeError);
    await assertRejects(() => reader.readlines(size), RangeError);
  }
  assertEquals(reader.pulls, 0);
  assertEquals(await readText(reader), "hello");
});

Deno.test("after a failure every read rejects with the same error", async () => {
  const failure = new Error("broken");
  const reader = new PiecesReader("hello", failure, "never");
  assertEquals(await readText(reader, 5), "hello");
  const reads = [
    () => reader.read(),
    () => reader.read(1),
    () => reader.readline(),
    () => reader.readlines(),
    () => reader.readPiece(),
    () => Array.fromAsync(reader),
    () => new Response(reader.readable).text(),
  ];
  for (const read of reads) {
    const error = await assertRejects(read);
    assert(error === failure);
  }
  assertEquals([reader.pulls, reader.failure], [2, failure]);
});

Deno.test("a second read at the same time is refused and does not disturb the first", async () => {
  const reader = new PiecesReader("hel", "lo");
  const first = reader.read();
  const others = [reader.read(), reader.readline(), reader.readlines(), reader.readPiece()];
  for (const other of others) {
    await assertRejects(() => other as Promise<unknown>, TypeError, "another read is under way");
  }
  assertEquals(text(await first), "hello");
});

Deno.test("a closed reader refuses to read", async () => {
  const reader = new PiecesReader("hello\n", "world");
  await reader.read(2);
  assert(!reader.closed);
  reader.close();
  reader.close();
  assert(reader.closed);
  for (const read of [() => reader.read(), () => reader.readline(), () => reader.readPiece()]) {
    await assertRejects(read, TypeError, "the reader is closed");
  }
  assertEquals(reader.pulls, 1);
});

Deno.test("closing during a read lets the read end and keeps nothing of it", async () => {
  const reader = new PiecesReader("hello", "world");
  const read = reader.read(2);
  reader.close();
  assertEquals(text(await read), "he");
  await assertRejects(() => reader.read(), TypeError, "the reader is closed");
});

Deno.test("readable pulls only when it is read", async () => {
  const reader = new PiecesReader("ab", "cd", "ef");
  const stream = reader.readable;
  assert(reader.readable === stream);
  await Promise.resolve();
  assertEquals(reader.pulls, 0);
  const taker = stream.getReader();
  assertEquals(text((await taker.read()).value ?? "end"), "ab");
  assertEquals(reader.pulls, 1);
  assertEquals(text((await taker.read()).value ?? "end"), "cd");
  assertEquals(reader.pulls, 2);
  taker.releaseLock();
  assertEquals(await readText(reader), "ef");
});

Deno.test("cancelling readable closes the reader", async () => {
  const reader = new PiecesReader("ab", "cd");
  const taker = reader.readable.getReader();
  await taker.read();
  await taker.cancel("enough");
  assert(reader.closed);
  assertEquals(reader.pulls, 1);
});

Deno.test("cancelling readable while it waits for content causes no error", async () => {
  const reader = new PiecesReader("ab", "cd");
  const taker = reader.readable.getReader();
  const read = taker.read();
  while (reader.pulls === 0) await Promise.resolve();
  await taker.cancel("enough");
  assertEquals((await read).done, true);
  assert(reader.closed);
});

Deno.test("readable of a closed reader fails", async () => {
  const reader = new PiecesReader("ab");
  const stream = reader.readable;
  reader.close();
  await assertRejects(() => new Response(stream).text(), TypeError, "the reader is closed");
});
