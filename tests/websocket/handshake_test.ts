// The server's side of the opening handshake of WebSocket.

import { assertEquals } from "@std/assert";
import { acceptOf, handshakeFault, offeredProtocols } from "../../src/websocket/handshake.ts";
import { sha1 } from "../../src/websocket/sha1.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

function status(fields: Record<string, string>, method = "GET", minorVersion = 1) {
  const all: Record<string, string> = {
    "sec-websocket-key": KEY,
    "sec-websocket-version": "13",
    ...fields,
  };
  return handshakeFault({ method, minorVersion, fields: { get: (name) => all[name] } })?.status;
}

Deno.test("RFC 6455 §1.3: the value that accepts the sample key", () => {
  assertEquals(acceptOf(KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

Deno.test("SHA-1 is that of the platform, for every length of the last block", async () => {
  for (let length = 0; length < 130; length++) {
    const text = "x".repeat(length);
    const expected = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text));
    assertEquals(sha1(text), new Uint8Array(expected), `${length}`);
  }
});

Deno.test("RFC 6455 §4.2.1: what a handshake must have", () => {
  assertEquals(status({}), undefined);
  assertEquals(status({}, "POST"), 400);
  assertEquals(status({}, "GET", 0), 400);
  assertEquals(status({ "sec-websocket-version": "8" }), 426);
  assertEquals(status({ "sec-websocket-version": "13, 8" }), 426);
  assertEquals(status({ "sec-websocket-key": "" }), 400);
  assertEquals(status({ "sec-websocket-key": KEY.slice(4) }), 400);
  assertEquals(status({ "sec-websocket-key": KEY.replace("dG", "d!") }), 400);
});

Deno.test("RFC 6455 §11.3.4: offered subprotocols are a list", () => {
  assertEquals(offeredProtocols("chat, superchat ,,x"), ["chat", "superchat", "x"]);
  assertEquals(offeredProtocols(undefined), []);
});
