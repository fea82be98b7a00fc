// WebSockets with `ws`, the client that most programs of Node use.

import { assertEquals } from "@std/assert";
import { once } from "node:events";
import WebSocket from "npm:ws@8.23.0";
import { noPki, Pki } from "../../tls/pki.ts";
import { echoSite } from "./echo_site.ts";

/** A socket, and the next of its messages as octets or text. */
async function connect(url: string, protocols: string[] = []) {
  const options = { rejectUnauthorized: false };
  const socket = new WebSocket(url.replace("http", "ws"), protocols, options);
  await once(socket, "open");
  const next = async (): Promise<string> => {
    const [data, isBinary] = await once(socket, "message");
    return isBinary ? `binary ${data.length}` : `${data}`;
  };
  return { socket, next };
}

Deno.test("ws: messages of every size and in fragments, pings, codes of the close", async () => {
  await using site = echoSite();
  const { socket, next } = await connect(site.url, ["other", "echo"]);
  assertEquals([socket.protocol, socket.extensions], ["echo", ""]);
  for (const text of ["", "grüße", "x".repeat(125), "x".repeat(126), "€".repeat(70_000)]) {
    socket.send(text);
    assertEquals(await next(), text);
  }
  for (const size of [0, 127, 65_535, 65_536, 1024 * 1024]) {
    socket.send(new Uint8Array(size));
    assertEquals(await next(), `binary ${size}`);
  }
  for (const part of ["a", "", "b"]) socket.send(part, { fin: false });
  socket.ping("between");
  const pong = once(socket, "pong");
  socket.send("c", { fin: true });
  assertEquals(await next(), "abc");
  assertEquals(`${(await pong)[0]}`, "between");
  socket.send("close");
  const [code, reason] = await once(socket, "close");
  assertEquals([code, `${reason}`], [3001, "as asked"]);

  const large = await connect(site.url);
  large.socket.send(new Uint8Array(1024 * 1024 + 1));
  assertEquals((await once(large.socket, "close"))[0], 1009);

  for (const framework of ["hono", "elysia"]) {
    const { socket, next } = await connect(`${site.url}/${framework}`);
    socket.send("hello");
    assertEquals(await next(), "hello", framework);
    socket.send("close");
    assertEquals((await once(socket, "close"))[0], 3001, framework);
  }
});

Deno.test({
  name: `ws: compressed messages over TLS, and one that is too large${noPki ? ` (${noPki})` : ""}`,
  ignore: noPki !== undefined,
  fn: compressedOverTls,
});

async function compressedOverTls(): Promise<void> {
  const options = { webSocketCompression: true, maxWebSocketMessage: 100_000 };
  await using site = echoSite({ ...options, ...Pki.shared.files() });
  const { socket, next } = await connect(site.url.replace("http", "https"));
  assertEquals(socket.extensions, "permessage-deflate");
  for (const text of ["short", "x".repeat(90_000), "€".repeat(20_000)]) {
    socket.send(text, { compress: true });
    assertEquals(await next(), text);
  }
  socket.send("x".repeat(100_001));
  assertEquals((await once(socket, "close"))[0], 1009);
}
