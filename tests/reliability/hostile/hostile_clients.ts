// Clients that attack, each in its way, until they are ended. As a program it takes the server's port, how many times
// the connections of each kind, and names of kinds if not all attack: the attack must not hold up the test that measures.

import { connect as connectNode, type Socket } from "node:net";

/** How a hostile client behaves over one connection. Its errors are the server's defence. */
type Behaviour = (conn: Deno.TcpConn, signal: AbortSignal) => Promise<void>;

/** A kind of hostile clients. */
interface HostileKind {
  readonly name: string;
  /** Connections at a time in the suite; the long run has four times as many. */
  readonly connections: number;
  readonly behave: Behaviour;
}

const text = new TextEncoder();
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const UPLOAD = "POST /upload HTTP/1.1\r\nHost: a\r\n";
const CHUNKED = `${UPLOAD}Transfer-Encoding: chunked\r\n\r\n`;

/** All kinds. */
const hostileKinds: readonly HostileKind[] = [
  {
    name: "send a head octet by octet",
    connections: 30,
    behave: (conn, signal) => drip(conn, "GET / HTTP/1.1\r\nX-Slow: ", "a", 100, signal),
  },
  {
    name: "send content octet by octet",
    connections: 30,
    behave: (conn, signal) =>
      drip(conn, `${UPLOAD}Content-Length: 100000\r\n\r\n`, "a", 50, signal),
  },
  {
    name: "send tiny chunks",
    connections: 30,
    behave: (conn, signal) => drip(conn, CHUNKED, "1\r\na\r\n", 20, signal),
  },
  {
    name: "send endless chunks",
    connections: 2,
    behave: (conn, signal) => drip(conn, CHUNKED, `4000\r\n${"a".repeat(0x4000)}\r\n`, 10, signal),
  },
  {
    name: "never send the content that they declare",
    connections: 30,
    behave: (conn, signal) =>
      drip(conn, `${UPLOAD}Content-Length: 10\r\nExpect: 100-continue\r\n\r\n`, "", 1_000, signal),
  },
  {
    name: "never read a large response",
    connections: 20,
    behave: (conn, signal) =>
      drip(conn, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n", "", 1_000, signal),
  },
  {
    name: "read a large response slowly",
    connections: 30,
    behave: async (conn, signal) => {
      await send(conn, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
      const part = new Uint8Array(512);
      while (!signal.aborted && await conn.read(part) !== null) await pause(500, signal);
    },
  },
  {
    name: "open a connection and send nothing",
    connections: 50,
    behave: (conn, signal) => drip(conn, "", "", 1_000, signal),
  },
  {
    name: "hold event streams",
    connections: 50,
    behave: async (conn, signal) => {
      await send(conn, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
      const part = new Uint8Array(512);
      while (!signal.aborted && await conn.read(part) !== null);
    },
  },
  {
    name: "pipeline and do not read",
    connections: 2,
    behave: (conn, signal) => drip(conn, "", GET.repeat(200), 10, signal),
  },
  {
    name: "send huge heads",
    connections: 2,
    behave: async (conn) => {
      await send(conn, `GET / HTTP/1.1\r\nHost: a\r\n${`X: ${"y".repeat(1_000)}\r\n`.repeat(200)}`);
      await conn.read(new Uint8Array(1_000));
    },
  },
  {
    name: "send garbage",
    connections: 2,
    behave: async (conn) => {
      await send(conn, "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03 and so on");
      await conn.read(new Uint8Array(1_000));
    },
  },
  {
    name: "end their side within a request",
    connections: 2,
    behave: async (conn) => {
      await send(conn, CHUNKED);
      await conn.closeWrite();
      await conn.read(new Uint8Array(1_000));
    },
  },
];

/** Has clients of a kind attack until the signal is aborted. A client whose connection is over makes another.
 *
 * @param kind the kind
 * @param port the server's
 * @param factor how many times the connections of the kind */
async function attack(
  { connections, behave }: HostileKind,
  port: number,
  factor: number,
  signal: AbortSignal,
): Promise<void> {
  const client = async () => {
    while (!signal.aborted) {
      try {
        using conn = await Deno.connect({ port });
        const close = () => conn.close();
        signal.addEventListener("abort", close, { once: true });
        try {
          await behave(conn, signal);
        } finally {
          signal.removeEventListener("abort", close);
        }
      } catch {
        // The server has ended the connection, or the attack is over.
      }
      await pause(5, signal);
    }
  };
  await Promise.all(Array.from({ length: connections * factor }, client));
}

/** Resets connections at every stage of an exchange until the signal is aborted. */
async function attackByResets(port: number, signal: AbortSignal): Promise<void> {
  const beginnings = ["", "GET /", GET, CHUNKED, `${CHUNKED}3\r\nab`, `${GET}GET /large HTTP`];
  for (let turn = 0; !signal.aborted; turn++) {
    const socket = await new Promise<Socket>((resolve, reject) => {
      const socket = connectNode(port, "127.0.0.1", () => resolve(socket));
      socket.once("error", reject);
    });
    socket.on("error", () => {});
    socket.write(beginnings[turn % beginnings.length]);
    await pause(turn % 7, signal);
    socket.resetAndDestroy();
  }
}

async function drip(
  conn: Deno.TcpConn,
  beginning: string,
  piece: string,
  interval: number,
  signal: AbortSignal,
): Promise<void> {
  await send(conn, beginning);
  while (!signal.aborted) {
    await pause(interval, signal);
    await send(conn, piece);
  }
}

async function send(conn: Deno.TcpConn, content: string): Promise<void> {
  const octets = text.encode(content);
  for (let at = 0; at < octets.length;) at += await conn.write(octets.subarray(at));
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done, { once: true });
  });
}

if (import.meta.main) {
  const [port, factor] = Deno.args.slice(0, 2).map(Number);
  const names = Deno.args.slice(2);
  const kinds = hostileKinds.filter(({ name }) => names.length === 0 || names.includes(name));
  const over = new AbortController();
  Deno.addSignalListener("SIGTERM", () => over.abort());
  await Promise.all([
    ...kinds.map((kind) => attack(kind, port, factor, over.signal)),
    ...names.length === 0 ? [attackByResets(port, over.signal)] : [],
  ]);
  Deno.exit();
}
