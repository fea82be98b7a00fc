// Tests of MemoryStream.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MemoryStream } from "./memory_stream.ts";

const { BadResource, BrokenPipe, ConnectionReset, Interrupted } = Deno.errors;

async function readText(stream: MemoryStream, size = 100): Promise<string | null> {
  const target = new Uint8Array(size);
  const count = await stream.read(target);
  return count === null ? null : new TextDecoder().decode(target.subarray(0, count));
}

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("MemoryStream passes octets both ways and in order", async () => {
  const [client, server] = MemoryStream.pair();
  await client.write(bytes("hel"));
  await client.write(bytes("lo"));
  assertEquals(await readText(server, 4), "hell");
  assertEquals(await readText(server), "o");
  await server.write(bytes("yes"));
  assertEquals(await readText(client), "yes");
});

Deno.test("MemoryStream accepts part of a write, and the next write waits for the reader", async () => {
  const [client, server] = MemoryStream.pair(4);
  assertEquals(await client.write(bytes("abcdef")), 4);
  const blocked = client.write(bytes("ef"));
  await server.peerBlocked();
  assertEquals(await readText(server, 3), "abc");
  assertEquals(await blocked, 2);
  assertEquals(await readText(server), "def");
});

Deno.test("MemoryStream ends one direction and keeps the other open", async () => {
  const [client, server] = MemoryStream.pair();
  await client.write(bytes("a"));
  await client.closeWrite();
  await assertRejects(() => client.write(bytes("b")), BrokenPipe);
  assertEquals(await readText(server), "a");
  assertEquals(await readText(server), null);
  assertEquals(await readText(server), null);
  await server.write(bytes("c"));
  assertEquals(await readText(client), "c");
});

Deno.test("MemoryStream delivers what was written before a close", async () => {
  const [client, server] = MemoryStream.pair();
  await server.write(bytes("response"));
  server.close();
  assertEquals(client.ended, true);
  assertEquals(await readText(client), "response");
  assertEquals(await readText(client), null);
  await assertRejects(() => client.write(bytes("x")), BrokenPipe);
});

Deno.test("MemoryStream destroys a response when its writer closes with input unread", async () => {
  const [client, server] = MemoryStream.pair();
  await client.write(bytes("more"));
  await server.write(bytes("response"));
  server.close();
  await assertRejects(() => readText(client), ConnectionReset);
});

Deno.test("MemoryStream destroys a response when input arrives after its close", async () => {
  const [client, server] = MemoryStream.pair();
  await server.write(bytes("response"));
  server.close();
  await assertRejects(() => client.write(bytes("more")), BrokenPipe);
  await assertRejects(() => readText(client), ConnectionReset);
});

Deno.test("MemoryStream rejects the waiting operations of both sides at a reset", async () => {
  const [client, server] = MemoryStream.pair(1);
  const reading = assertRejects(() => readText(server), ConnectionReset);
  await server.write(bytes("x"));
  const writing = assertRejects(() => server.write(bytes("y")), BrokenPipe);
  await client.peerBlocked();
  client.reset();
  await reading;
  await writing;
  assertEquals(client.closed, true);
});

Deno.test("MemoryStream rejects its own waiting operations at a close", async () => {
  const [client, server] = MemoryStream.pair(1);
  const reading = assertRejects(() => readText(server), Interrupted);
  await server.write(bytes("x"));
  const writing = assertRejects(() => server.write(bytes("y")), Interrupted);
  await client.peerBlocked();
  server.close();
  await reading;
  await writing;
  assertThrows(() => server.close(), BadResource);
});

Deno.test("MemoryStream throws at two reads or two writes at once", async () => {
  const [client, server] = MemoryStream.pair(1);
  const reading = readText(client);
  await assertRejects(() => readText(client), TypeError, "another read is under way");
  await server.write(bytes("a"));
  assertEquals(await reading, "a");
  await client.write(bytes("b"));
  const writing = client.write(bytes("c"));
  await assertRejects(() => client.write(bytes("d")), TypeError, "another write is under way");
  assertEquals(await readText(server), "b");
  await writing;
});

Deno.test("MemoryStream tells when its peer waits for octets", async () => {
  const [client, server] = MemoryStream.pair();
  await client.write(bytes("a"));
  let starved = false;
  const latch = client.peerStarved().then(() => starved = true);
  assertEquals(await readText(server), "a");
  assertEquals(starved, false);
  const reading = readText(server);
  await latch;
  await client.closeWrite();
  assertEquals(await reading, null);
});
