// What was read too much comes first, and nothing of it twice.

import { assertEquals, assertStrictEquals } from "@std/assert";
import { prefixedStream } from "../../src/io/prefixed_stream.ts";
import { MemoryStream } from "../support/memory_stream.ts";

const ascii = (text: string) => new TextEncoder().encode(text);

async function readText(
  stream: { read(target: Uint8Array): Promise<number | null> },
  size: number,
) {
  const target = new Uint8Array(size);
  const count = await stream.read(target);
  return count === null ? null : new TextDecoder().decode(target.subarray(0, count));
}

Deno.test("replayed gives back what was read, in pieces that are asked for, then the stream", async () => {
  const [client, server] = MemoryStream.pair();
  const stream = prefixedStream(ascii("abcde"), server);
  await client.write(ascii("fgh"));
  await client.closeWrite();
  assertEquals(await readText(stream, 2), "ab");
  assertEquals(await readText(stream, 2), "cd");
  assertEquals(await readText(stream, 9), "e"); // no wait for more
  assertEquals(await readText(stream, 9), "fgh");
  assertEquals(await readText(stream, 9), null);
});

Deno.test("replayed writes, ends and closes the stream itself", async () => {
  const [client, server] = MemoryStream.pair();
  const stream = prefixedStream(ascii("a"), server);
  assertEquals(await stream.write(ascii("xyz")), 3);
  await stream.closeWrite();
  assertEquals([await readText(client, 9), await readText(client, 9)], ["xyz", null]);
  stream.close();
  assertEquals(server.closed, true);
});

Deno.test("replayed is the stream itself when nothing was read", () => {
  const [, server] = MemoryStream.pair();
  assertStrictEquals(prefixedStream(new Uint8Array(0), server), server);
});
