// Tests of RawClient: the responses that it accepts, and those that it must reject.

import { assertEquals, assertRejects } from "@std/assert";
import { octets } from "../wire/row.ts";
import { MemoryStream } from "./memory_stream.ts";
import { BadResponse, contentText, fieldValues, RawClient, saysClose } from "./raw_client.ts";

/** A client whose server sends these octets and ends its side. */
async function clientOf(wire: string): Promise<RawClient> {
  const [client, server] = MemoryStream.pair();
  await server.write(octets(wire));
  await server.closeWrite();
  return new RawClient(client, 1_000);
}

Deno.test("RawClient rejects more whitespace before a value than the server writes", async () => {
  using client = await clientOf("HTTP/1.1 200 OK|A: b|a:  c|X:|Content-Length: 5||hello");
  await assertRejects(() => client.read(), BadResponse, "Bad field line"); // two spaces
});

Deno.test("RawClient reads responses one after the other", async () => {
  using client = await clientOf(
    "HTTP/1.1 200 OK|A: b|a:c|X:|Content-Length: 5||hello" +
      "HTTP/1.1 404 |Transfer-Encoding: chunked||3|abc|A|0123456789|0|T: 1||" +
      "HTTP/1.0 500 Oh no||rest",
  );
  const first = await client.read();
  assertEquals([first.status, first.reason, contentText(first)], [200, "OK", "hello"]);
  assertEquals(fieldValues(first, "A"), ["b", "c"]);
  assertEquals(fieldValues(first, "x"), [""]);
  assertEquals(saysClose(first), false);
  const second = await client.read();
  assertEquals(contentText(second), "abc0123456789");
  assertEquals([second.reason, second.chunks, second.trailers], ["", [3, 10], [["T", "1"]]]);
  const third = await client.read();
  assertEquals([third.framing, contentText(third)], ["close", "rest"]);
  assertEquals(saysClose(third), true);
  await client.expectEnd();
});

Deno.test("RawClient reads interim responses before a final one", async () => {
  using client = await clientOf(
    "HTTP/1.1 100 Continue||HTTP/1.1 103 Early Hints|Link: x||HTTP/1.1 204 No Content||",
  );
  const { status, framing, interim } = await client.read();
  assertEquals([status, framing], [204, "none"]);
  assertEquals(interim.map(({ status }) => status), [100, 103]);
});

Deno.test("RawClient reads no content after HEAD and 304", async () => {
  using client = await clientOf(
    "HTTP/1.1 200 OK|Content-Length: 5||HTTP/1.1 304 Not Modified|Content-Length: 5||",
  );
  assertEquals((await client.read("HEAD")).framing, "none");
  assertEquals((await client.read()).framing, "none");
  await client.expectEnd();
});

const malformed: readonly [what: string, wire: string][] = [
  ["nothing", ""],
  ["a bare LF", "HTTP/1.1 200 OK\nA: b||"],
  ["a bare CR", "HTTP/1.1 200 OK\rA: b||"],
  ["a status of four digits", "HTTP/1.1 2000 OK|Content-Length: 0||"],
  ["no space after the status", "HTTP/1.1 200|Content-Length: 0||"],
  ["another version", "HTTP/2.0 200 OK|Content-Length: 0||"],
  ["a control octet in the reason", "HTTP/1.1 200 O\x01K|Content-Length: 0||"],
  ["a folded field", "HTTP/1.1 200 OK|A: b| c|Content-Length: 0||"],
  ["a space before a colon", "HTTP/1.1 200 OK|A : b|Content-Length: 0||"],
  ["an empty name", "HTTP/1.1 200 OK|: b|Content-Length: 0||"],
  ["NUL in a value", "HTTP/1.1 200 OK|A: \x00|Content-Length: 0||"],
  ["whitespace after a value", "HTTP/1.1 200 OK|A: b |Content-Length: 0||"],
  ["two lengths", "HTTP/1.1 200 OK|Content-Length: 0|Content-Length: 0||"],
  ["a length and a coding", "HTTP/1.1 200 OK|Content-Length: 0|Transfer-Encoding: chunked||0||"],
  ["another coding", "HTTP/1.1 200 OK|Transfer-Encoding: gzip||0||"],
  ["a length with a sign", "HTTP/1.1 200 OK|Content-Length: +1||a"],
  ["a length with leading zeros", "HTTP/1.1 200 OK|Content-Length: 01||a"],
  ["a length in a 204", "HTTP/1.1 204 No Content|Content-Length: 0||"],
  ["a coding in an interim response", "HTTP/1.1 103 x|Transfer-Encoding: chunked||0||"],
  ["a chunk size with a space", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1 |a|0||"],
  ["an empty chunk size", "HTTP/1.1 200 OK|Transfer-Encoding: chunked|||a|0||"],
  ["chunk data that is too long", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1|ab|0||"],
  ["a content that is cut off", "HTTP/1.1 200 OK|Content-Length: 5||hell"],
  ["chunks that are cut off", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1|a|"],
  ["a last chunk that is cut off", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||0|"],
];

for (const [what, wire] of malformed) {
  Deno.test(`RawClient rejects ${what}`, async () => {
    using client = await clientOf(wire);
    await assertRejects(() => client.read(), BadResponse);
  });
}

Deno.test("RawClient rejects octets after the last response", async () => {
  using client = await clientOf("HTTP/1.1 204 No Content||x");
  await client.read();
  await assertRejects(() => client.expectEnd(), BadResponse, "more octets came");
});

Deno.test("RawClient distinguishes a cut response from a malformed one", async () => {
  using client = await clientOf("HTTP/1.1 200 OK|Content-Length: 5||hell");
  await client.expectCut();
  using other = await clientOf("HTTP/1.1 200 OK|Content-Length: 5x||hell");
  await assertRejects(() => other.expectCut(), BadResponse);
});

Deno.test("RawClient waits no longer than its deadline", async () => {
  const [stream] = MemoryStream.pair();
  using client = new RawClient(stream, 1);
  const error = await assertRejects(() => client.read(), BadResponse);
  assertEquals(error.kind, "late");
});
