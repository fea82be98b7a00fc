// Sends random octets of WebSocket clients over sockets to an application that echoes, in this thread and in a pool:
// what comes back, and how the application sees the end, is what a second reading of RFC 6455 expects.
// For more: ROBUSTO_SOAK=1.

import { assert, assertEquals } from "@std/assert";
import { inflateRawSync } from "node:zlib";
import { joinPieces } from "../../../src/content/concat.ts";
import type { ServerOptions } from "../../../src/options/server_options.ts";
import { within } from "../../support/latch.ts";
import { contentText } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";
import { type Random, withSeed } from "../random.ts";
import { runLength } from "../run_length.ts";
import app, { LAST_WORDS, OWN_CLOSE } from "./web_socket_app.ts";
import { makeFrames } from "./web_socket_frames.ts";
import { readFrames } from "./web_socket_reader.ts";

const LIMIT = 2_000;
const CONNECTIONS = 8;

const MODES: Record<string, { app: URL | typeof app; options: ServerOptions }> = {
  "the accepting thread": { app, options: { mode: "inline" } },
  "a pool": {
    app: new URL("./web_socket_app.ts", import.meta.url),
    options: { mode: "pool", minWorkers: 1, maxWorkers: 1 }, // one, as it remembers the ends of sockets
  },
};

for (const [where, { app, options }] of Object.entries(MODES)) {
  Deno.test(`random WebSocket clients get what a second reading of RFC 6455 expects, from ${where}`, () =>
    withSeed(async (random) => {
      await using site = new Site(app, {
        ...options,
        maxWebSocketMessage: LIMIT,
        webSocketCompression: true,
      });
      const ends = new Set<string>();
      let left = runLength({ short: 200, long: 20_000 });
      const client = async () => {
        while (left-- > 0) ends.add(await trySession(site, `/${left}`, random));
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, client));
      // Of 200 connections some 60, 65, 25 and 20 end so.
      for (const end of ["1002", "none", "1007", "1009"]) assert(ends.has(end), `None ends ${end}`);
      assertEquals(site.log.filter(({ level }) => level === "error"), []);
    }));
}

/** Sends random octets over a fresh connection, and checks all that comes back.
 *
 * @returns the code of the server's close frame, or "none" */
async function trySession(site: Site, path: string, random: Random): Promise<string> {
  const deflate = random.chance(0.5);
  const octets = makeFrames(random, LIMIT, deflate);
  const reading = readFrames(octets, { limit: LIMIT, deflate });
  if (reading.end === "faulty") return reading.end;
  const expected = expectSession(reading.events);
  const plan = { deflate, together: random.chance(0.3), endsAtOnce: random.chance(0.5) };
  const pieces = random.pieces(octets);
  try {
    const frames = await runSession(site, path, pieces, plan, expected);
    const isPong = (frame: string) => frame.startsWith("pong");
    assertEquals(
      frames.filter((frame) => !isPong(frame)),
      expected.frames.filter((frame) => !isPong(frame)),
    );
    assertPongs(frames.filter(isPong), expected.frames.filter(isPong));
    assertEquals(contentText(await site.ask(`GET ${path} HTTP/1.1|Host: a||`)), expected.end);
  } catch (error) {
    const shown = Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join(" ");
    const sizes = pieces.map(({ length }) => length);
    throw new Error(`For ${shown} in ${sizes}, ${JSON.stringify(plan)}`, { cause: error });
  }
  return /^close ([0-9]+)/.exec(expected.frames.at(-1) ?? "")?.[1] ?? "none";
}

interface Session {
  /** The frames of the server, such as `text hello`, `pong 1,2` and `close 1000`. */
  readonly frames: readonly string[];
  /** The close event of the application. */
  readonly end: string;
}

/** What the server has to do with what a client has sent. */
function expectSession(events: readonly string[]): Session {
  const frames: string[] = [];
  let closing = false;
  for (const event of events) {
    const [, kind, value] = /^([a-z]+) ([^]*)$/.exec(event)!;
    if (kind === "error") {
      if (!closing) frames.push(`close ${value}`);
      return { frames, end: "1006 broken " };
    }
    if (kind === "close") {
      const [, code, reason] = /^([0-9]+) ([^]*)$/.exec(value)!;
      if (!closing) frames.push(`close ${code}`);
      return { frames, end: `${code} clean ${reason}` };
    }
    if (closing || kind === "pong") continue;
    frames.push(kind === "ping" ? `pong ${value}` : event);
    if (kind === "text" && value.length === LAST_WORDS) {
      frames.push(`close ${OWN_CLOSE.code}`);
      closing = true;
    }
  }
  return { frames, end: "1006 broken " }; // the client ends the connection without a close frame
}

/** RFC 6455 §5.5.3: of pings that wait, only the last has to get its pong. */
function assertPongs(pongs: readonly string[], expected: readonly string[]): void {
  let at = 0;
  for (const pong of pongs) {
    at = expected.indexOf(pong, at) + 1;
    assert(at > 0, `${pong} of ${expected}`);
  }
  assertEquals(pongs.at(-1), expected.at(-1));
}

interface Plan {
  /** Whether the client offers compression. */
  readonly deflate: boolean;
  /** Whether the frames come with the request, before its response. */
  readonly together: boolean;
  /** Whether the client ends its side behind its octets, or behind the responses to them. */
  readonly endsAtOnce: boolean;
}

/** Sends the octets, and reads to the end of the connection.
 *
 * @returns the frames of the server */
async function runSession(
  site: Site,
  path: string,
  pieces: readonly Uint8Array<ArrayBuffer>[],
  { deflate, together, endsAtOnce }: Plan,
  expected: Session,
): Promise<string[]> {
  using conn = await site.dial();
  conn.setNoDelay(true);
  const extension = deflate ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "";
  const request = new TextEncoder().encode(
    `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${extension}` +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  const opened = Promise.withResolvers<void>();
  const served = Promise.withResolvers<void>();
  const sending = (async () => {
    try {
      await writeAll(conn, together ? joinPieces([request, ...pieces]) : request);
      // A client that ends its side before is given up after 250 ms, and a busy machine may need as long.
      await opened.promise;
      if (!together) { for (const piece of pieces) await writeAll(conn, piece); }
      if (!endsAtOnce) await served.promise;
      await conn.closeWrite();
    } catch {
      // The server has closed the connection.
    }
  })();
  try {
    const reader = new ServerFrames(deflate);
    const buffer = new Uint8Array(16 * 1024);
    for (let count; (count = await within(conn.read(buffer))) !== null;) {
      reader.take(buffer.subarray(0, count));
      if (reader.isOpen) opened.resolve();
      if (expected.frames.every((frame) => reader.frames.includes(frame))) served.resolve();
    }
    assertEquals(reader.waiting, 0, "a frame is cut");
    return reader.frames;
  } finally {
    opened.resolve();
    served.resolve();
    await sending;
  }
}

async function writeAll(conn: Deno.Conn, octets: Uint8Array): Promise<void> {
  for (let at = 0; at < octets.length;) at += await conn.write(octets.subarray(at));
}

/** Reads the response to the handshake, and frames as strictly as a client may. */
class ServerFrames {
  readonly frames: string[] = [];
  isOpen = false;
  readonly #deflate: boolean;
  #octets: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(deflate: boolean) {
    this.#deflate = deflate;
  }

  /** Octets that are not a whole frame yet. */
  get waiting(): number {
    return this.#octets.length;
  }

  take(octets: Uint8Array<ArrayBuffer>): void {
    this.#octets = joinPieces([this.#octets, octets]);
    if (!this.isOpen) this.#takeResponse();
    while (this.isOpen && this.#takeFrame());
  }

  #takeResponse(): void {
    const text = new TextDecoder("latin1").decode(this.#octets);
    const end = text.indexOf("\r\n\r\n") + 4;
    if (end < 4) return;
    const head = text.slice(0, end);
    assert(/^HTTP\/1\.1 101 /.test(head), head);
    assert(/^sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r$/im.test(head), head);
    assertEquals(/^sec-websocket-extensions: permessage-deflate;/im.test(head), this.#deflate);
    this.#octets = this.#octets.slice(end);
    this.isOpen = true;
  }

  #takeFrame(): boolean {
    const [first, second] = this.#octets;
    const view = new DataView(this.#octets.buffer);
    const { length } = this.#octets;
    if (length < 2 || second === 126 && length < 4 || second === 127 && length < 10) return false;
    assert(second < 128, "a mask of the server");
    const start = second < 126 ? 2 : second === 126 ? 4 : 10;
    const size = start === 2
      ? second
      : start === 4
      ? view.getUint16(2)
      : Number(view.getBigUint64(2));
    assert(start === 2 || size > (start === 4 ? 125 : 65_535), "a length that is not the shortest");
    if (length < start + size) return false;
    assert(!this.frames.at(-1)?.startsWith("close"), "a frame behind the close frame");
    this.frames.push(this.#show(first, this.#octets.slice(start, start + size)));
    this.#octets = this.#octets.slice(start + size);
    return true;
  }

  #show(first: number, payload: Uint8Array<ArrayBuffer>): string {
    const isDeflated = this.#deflate && (first === 0xc1 || first === 0xc2);
    if (isDeflated) {
      payload = new Uint8Array(
        inflateRawSync(joinPieces([payload, Uint8Array.of(0, 0, 255, 255)])),
      );
    }
    switch (isDeflated ? first & ~0x40 : first) {
      case 0x81:
        return `text ${utf8(payload)}`;
      case 0x82:
        return `binary ${payload}`;
      case 0x8a:
        return `pong ${payload}`;
      case 0x88:
        assert(payload.length !== 1 && payload.length <= 125, "a broken close frame");
        utf8(payload.subarray(2));
        return `close ${payload.length === 0 ? 1005 : payload[0] * 256 + payload[1]}`;
      default:
        throw new Error(`A frame begins with ${first}`);
    }
  }
}

function utf8(octets: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
}
