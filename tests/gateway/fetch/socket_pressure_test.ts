// WebSockets of clients that send too much, too little or do not read, octet by octet, inline and in the pool.

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import type { ServerOptions } from "../../../src/options/server_options.ts";
import { within } from "../../support/latch.ts";
import { upgradeWebSocket } from "../../../mod.ts";
import { Site } from "../../support/site.ts";

const HANDSHAKE = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const LIMIT = 0x4e20;
const KIB = 1024;

const MODES: Record<string, ServerOptions> = {
  inline: { mode: "inline" },
  pool: { mode: "pool", minWorkers: 1, maxWorkers: 1 },
};

/** A frame of a client whose mask is 0. */
function frame(first: number, payload: Uint8Array | string = ""): Uint8Array {
  const octets = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  const { length } = octets;
  const size = length < 126
    ? [0x80 | length]
    : length < 0x10000
    ? [0xfe, length >> 8, length & 255]
    : [0xff, 0, 0, 0, 0, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255];
  const whole = new Uint8Array(1 + size.length + 4 + length);
  whole.set([first, ...size]);
  whole.set(octets, 1 + size.length + 4);
  return whole;
}

/** A client that reads and writes octets. */
class RawSocket implements Disposable {
  readonly conn: Deno.TcpConn;
  /** What the server has sent and was not taken, as one character an octet. */
  text = "";

  private constructor(conn: Deno.TcpConn) {
    this.conn = conn;
  }

  static async open(site: Site, path = "/"): Promise<RawSocket> {
    const socket = new RawSocket(await site.dial());
    await socket.write(new TextEncoder().encode(HANDSHAKE.replace("/ ", `${path} `)));
    while (!socket.text.includes("\r\n\r\n")) await socket.read();
    socket.text = socket.text.slice(socket.text.indexOf("\r\n\r\n") + 4);
    return socket;
  }

  async write(octets: Uint8Array): Promise<void> {
    for (let at = 0; at < octets.length;) at += await this.conn.write(octets.subarray(at));
  }

  /** Reads once.
   *
   * @returns false at the end */
  async read(): Promise<boolean> {
    const piece = new Uint8Array(64 * 1024);
    const count = await within(this.conn.read(piece)).catch(() => null); // or a reset
    if (count !== null) this.text += Buffer.from(piece.subarray(0, count)).toString("latin1");
    return count !== null;
  }

  async take(expected: string): Promise<void> {
    while (this.text.length < expected.length && await this.read());
    assertEquals(this.text.slice(0, expected.length), expected);
    this.text = this.text.slice(expected.length);
  }

  [Symbol.dispose](): void {
    this.conn.close();
  }
}

for (const [mode, options] of Object.entries(MODES)) {
  const app = new URL("./fixtures/sockets.ts", import.meta.url);
  const site = (more: ServerOptions = {}) => new Site(app, { ...options, ...more });

  Deno.test(`${mode}: halves of messages over many sockets are bounded for all together`, async () => {
    await using server = site({ maxWebSocketMessage: 16 * KIB });
    const half = new Uint8Array(15 * KIB).fill(97);
    const held = Math.floor(64 * 16 / 15);
    const sockets: RawSocket[] = [];
    using busy = await RawSocket.open(server);
    await busy.write(frame(0x02, "a"));
    try {
      for (let i = 0; i < held + 12; i++) {
        const socket = await RawSocket.open(server);
        sockets.push(socket);
        await socket.write(frame(0x02, half));
        // The message of this client began first. It is complete, and the next one is the newest.
        if (i === held - 2) {
          await busy.write(new Uint8Array([...frame(0x80, "b"), ...frame(0x02, "c")]));
        }
      }
      await busy.take("\x82\x02ab");
      for (const socket of sockets.slice(0, 12)) {
        await socket.take("\x88");
        assertEquals(socket.text.slice(1, 3), "\x03\xf5"); // 1013
      }
      for (const socket of sockets.slice(-1)) {
        await socket.write(frame(0x80));
        await socket.take(`\x82\x7e\x3c\x00${"a".repeat(15 * KIB)}`);
      }
      await busy.write(frame(0x80, "d"));
      await busy.take("\x82\x02cd");
    } finally {
      for (const socket of sockets) socket[Symbol.dispose]();
    }
    // What left makes room.
    using later = await RawSocket.open(server);
    for (const first of [0x02, 0x00, 0x80]) await later.write(frame(first, "x"));
    await later.take("\x82\x03xxx");
  });

  Deno.test(`${mode}: frames of every kind of a client that floods or drips`, async () => {
    await using server = site({ maxWebSocketMessage: LIMIT });

    // Octet by octet.
    using slow = await RawSocket.open(server);
    for (const octet of frame(0x81, "drip")) await slow.write(Uint8Array.of(octet));
    await slow.take("\x81\x04drip");

    // Pings without a read, then one message: the last pong is there, and few others have to be.
    const pings = new Uint8Array(10_000 * 7);
    for (let i = 0; i < 10_000; i++) pings.set(frame(0x89, "a"), i * 7);
    await slow.write(pings);
    await slow.write(frame(0x89, "z"));
    await slow.write(frame(0x81, "after"));
    while (!slow.text.endsWith("\x81\x05after") && await slow.read());
    assert(slow.text.includes("\x8a\x01z"), "the last pong");

    // Fragments of one octet, up to the limit and past it.
    using fragments = await RawSocket.open(server);
    const parts = new Uint8Array(LIMIT * 7);
    for (let i = 0; i < LIMIT; i++) parts.set(frame(i === 0 ? 0x02 : 0x00, "x"), i * 7);
    await fragments.write(parts);
    await fragments.write(frame(0x80));
    await fragments.take(`\x82\x7e\x4e\x20${"x".repeat(LIMIT)}`);
    await fragments.write(parts);
    await fragments.write(frame(0x80, "y"));
    await fragments.take("\x88");
    assertEquals(fragments.text.slice(1, 3), "\x03\xf1"); // 1009

    // Lengths of 2^63 and 2^62.
    for (const [octet, code] of [[0x80, "\x03\xea"], [0x40, "\x03\xf1"]] as const) {
      using large = await RawSocket.open(server);
      await large.write(Uint8Array.of(0x82, 0xff, octet, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
      await large.take("\x88");
      assertEquals(large.text.slice(1, 3), code);
    }
  });

  Deno.test(`${mode}: a client that sends and does not read is not read either`, async () => {
    await using server = site();
    using client = await RawSocket.open(server);
    const message = frame(0x82, new Uint8Array(64 * 1024));
    const echo = message.length - 4; // without the mask
    let sent = 0;
    let stopped = false;
    const writing = (async () => {
      while (!stopped && sent < 1000) {
        sent++;
        await client.write(message);
      }
    })();
    for (let before = -1; before !== sent;) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    assert(sent < 1000, "all was read");
    stopped = true;
    let received = 0;
    const piece = new Uint8Array(1024 * 1024);
    while (received < sent * echo) received += (await within(client.conn.read(piece)))!;
    await writing;
    assertEquals(received, sent * echo);
  });

  Deno.test(`${mode}: bufferedAmount grows for a client that does not read, up to maxWebSocketBacklog`, async () => {
    await using server = site({ maxWebSocketBacklog: 1_000_000 });
    using client = await RawSocket.open(server, "/flood");
    while (await client.read());
    const { most, code } = await (await fetch(server.url)).json();
    assertEquals(code, 1006);
    assert(most > 900_000 && most < 1_100_000, `${most}`);
  });

  Deno.test(`${mode}: a stop does not wait long for a client that does not close`, async () => {
    const server = site();
    using client = await RawSocket.open(server);
    const start = performance.now();
    const stopping = server.server.stop();
    await client.take("\x88\x18\x03\xe9The server is stopping");
    await stopping;
    assert(performance.now() - start < 3000);
  });
}

Deno.test("pool: a worker that is ended while it computes closes its sockets with 1012", async () => {
  await using server = new Site(new URL("./fixtures/sockets.ts", import.meta.url), {
    ...MODES.pool,
    workerTimeout: 300,
  });
  using one = await RawSocket.open(server);
  using two = await RawSocket.open(server);
  await one.write(frame(0x81, "compute"));
  for (const client of [one, two]) await client.take("\x88\x16\x03\xf4The worker has ended");
});

Deno.test("sharded: a reload closes with 1012", async () => {
  await using server = new Site(new URL("./fixtures/sockets.ts", import.meta.url), {
    mode: "sharded",
    minWorkers: 1,
  });
  using client = await RawSocket.open(server);
  const reloading = server.server.reload();
  await client.take("\x88\x21\x03\xf4The application is loaded again");
  await client.write(frame(0x88, Uint8Array.of(3, 0xf4)));
  await reloading;
});

Deno.test("inline: a WebSocket that begins during a hand-over closes with 1012", async () => {
  const asked = Promise.withResolvers<void>();
  const handedOver = Promise.withResolvers<void>();
  const app = async (request: Request) => {
    asked.resolve();
    await handedOver.promise;
    return upgradeWebSocket(request).response;
  };
  await using server = new Site(app, MODES.inline);
  const opening = RawSocket.open(server);
  await asked.promise;
  const stopping = server.server.handOver();
  setTimeout(handedOver.resolve, 50); // the open WebSockets were told by then
  using client = await opening;
  await client.take("\x88\x21\x03\xf4The application is loaded again");
  await client.write(frame(0x88, Uint8Array.of(3, 0xf4)));
  await stopping;
});
