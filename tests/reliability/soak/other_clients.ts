// The clients of the soak beside those of the chaos tests: of WebSockets and event streams, ones that break the
// protocol or leave in the middle, and a reader of the metrics.

import { assertEquals } from "@std/assert";
import { patternOf } from "../chaos/pattern.ts";
import type { Random } from "../random.ts";

/** Where a server is. */
export interface SoakServer {
  readonly port: number;
  readonly admin: number;
  readonly connect: () => Promise<Deno.Conn>;
}

/** What a client does once. */
export type SoakVisit = (server: SoakServer, random: Random) => Promise<void>;

const GET = "GET /give?id=1&size=100 HTTP/1.1\r\nHost: a\r\n\r\n";
const LARGE = GET.replace("100", "3000000");
const CHUNKED = "POST /take?id=1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const WRONG = [
  "\x16\x03\x01\x00\xa5",
  "GET / HTTP/1.1\r\n\r\n",
  `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(100_000)}`,
  `${CHUNKED}zz\r\n`,
  GET.slice(0, 20),
  `${CHUNKED}5\r\nab`,
  GET.repeat(50),
  LARGE,
];

/** Sends what is wrong, or too little, or asks and does not read, and leaves. */
export const misbehave: SoakVisit = async ({ connect }, random) => {
  using conn = await connect();
  try {
    await conn.write(new TextEncoder().encode(random.pick(WRONG)));
    if (random.chance(0.3)) await conn.closeWrite();
    await pause(random.below(200));
    if (random.chance(0.5)) await conn.read(new Uint8Array(1_000));
  } catch {
    // The server has closed the connection.
  }
};

/** Begins a TLS handshake and leaves, or stays and sends nothing more. */
export const breakHandshake: SoakVisit = async ({ port }, random) => {
  using conn = await Deno.connect({ port });
  await conn.write(new TextEncoder().encode("\x16\x03\x01\x00\x7f\x01".slice(0, random.below(7))));
  await pause(random.below(500));
};

/** Listens to an event stream for a while. */
export const listen: SoakVisit = async ({ connect }, random) => {
  using conn = await connect();
  await conn.write(new TextEncoder().encode("GET /events HTTP/1.1\r\nHost: a\r\n\r\n"));
  const buffer = new Uint8Array(4_096);
  const read = () => conn.read(buffer).catch(() => null);
  for (let count = random.below(20); count >= 0; count--) {
    if (await read() === null) return; // its worker was replaced
  }
};

/** Sends messages over a WebSocket, which come back as they were. */
export const talk: SoakVisit = async ({ port }, random) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`);
  socket.binaryType = "arraybuffer";
  const closed = new Promise<void>((resolve) => socket.onclose = () => resolve());
  const opened = new Promise<void>((resolve) => socket.onopen = () => resolve());
  await Promise.race([opened, closed]);
  for (let count = random.below(20); count > 0 && socket.readyState === WebSocket.OPEN; count--) {
    const id = random.below(1_000_000);
    const octets = patternOf(id, random.pick([0, 10, 1_000, 100_000]));
    const back = new Promise<MessageEvent>((resolve) => socket.onmessage = resolve);
    socket.send(random.chance(0.5) ? octets : new TextDecoder().decode(octets));
    const message = await Promise.race([back, closed]); // its worker may be replaced
    if (message === undefined) return;
    const { data } = message;
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    assertEquals(
      text === new TextDecoder().decode(octets),
      true,
      `message ${id} came back changed`,
    );
  }
  socket.close();
  await closed;
};

/** Reads what monitoring reads. */
export const observe: SoakVisit = async ({ admin }, random) => {
  const path = random.pick(["/metrics", "/readyz", "/livez", "/stats", "/requests"]);
  await (await fetch(`http://127.0.0.1:${admin}${path}`)).body?.cancel();
  await pause(200);
};

/** Waits. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
