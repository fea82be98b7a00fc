// A program that keeps responses of a server open: clients that read event streams, and clients that read a
// large response at 1 kB/s. It writes "held" when each of them has the head of its response.
//
//   deno run -A tests/bench/load/stream_holder.ts URL EVENT_STREAMS SLOW_READERS

const RATE = 1_000;

const [url, ...counts] = Deno.args;
const [eventStreams, slowReaders] = counts.map(Number);
const { hostname, port, host } = new URL(url);
const target = new Uint8Array(16 * 1024);

async function open(path: string): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname, port: Number(port) });
  await conn.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`));
  const head = new Uint8Array(RATE);
  const count = await conn.read(head);
  const line = new TextDecoder().decode(head.subarray(0, count ?? 0)).split("\r\n")[0];
  if (line !== "HTTP/1.1 200 OK") throw new Error(`Cannot hold ${path}: it is ${line}`);
  return conn;
}

async function readAll(conn: Deno.TcpConn): Promise<void> {
  while (await conn.read(target) !== null);
  throw new Error("Cannot hold event stream: it has ended");
}

const slow: Deno.TcpConn[] = [];
for (let i = 0; i < eventStreams; i++) void readAll(await open("/events"));
for (let i = 0; i < slowReaders; i++) slow.push(await open("/download"));
console.log("held");
for (let turn = 0;; turn = (turn + 1) % slow.length) {
  // Each of them once a second, one after the other.
  await slow[turn]?.read(target.subarray(0, RATE));
  await new Promise((resolve) => setTimeout(resolve, RATE / Math.max(1, slow.length)));
}
