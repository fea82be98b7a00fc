// A prefixed stream gives the octets put in front first, and each of them once.

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

Deno.test("a prefixed stream gives its prefix in pieces of the requested size, then the stream", async () => {
  const [client, server] = MemoryStream.pair();
  const stream = prefixedStream(ascii("abcde"), server);
  await client.write(ascii("fgh"));
  await client.closeWrite();
  assertEquals(await readText(stream, 2), "ab");
  assertEquals(await readText(stream, 2), "cd");
  assertEquals(await readText(stream, 9), "e"); // does not wait for more
  assertEquals(await readText(stream, 9), "fgh");
  assertEquals(await readText(stream, 9), null);
});

Deno.test("a prefixed stream passes writes, the end and the close on to the stream", async () => {
  const [client, server] = MemoryStream.pair();
  const stream = prefixedStream(ascii("a"), server);
  assertEquals(await stream.write(ascii("xyz")), 3);
  await stream.closeWrite();
  assertEquals([await readText(client, 9), await readText(client, 9)], ["xyz", null]);
  stream.close();
  assertEquals(server.closed, true);
});

Deno.test("prefixedStream returns the stream itself without a prefix", () => {
  const [, server] = MemoryStream.pair();
  assertStrictEquals(prefixedStream(new Uint8Array(0), server), server);
});
