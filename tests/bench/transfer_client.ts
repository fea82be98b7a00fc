// Moves 1 GiB to or from a server over one connection, by bare reads and writes so that the client
// costs as little as can be. Prints the seconds that it took.
//
//   deno run -A transfer_client.ts upload|download URL

const SIZE = 2 ** 30;
const piece = new Uint8Array(256 * 1024);

const [direction, url] = Deno.args;
const { hostname, port, host } = new URL(url);
const conn = await Deno.connect({ hostname, port: Number(port) });
conn.setNoDelay();

const begin = performance.now();
const received = direction === "upload" ? await upload() : await download();
const seconds = (performance.now() - begin) / 1000;
if (received !== SIZE) throw new Error(`Moved ${received} octets: expected ${SIZE}`);
console.log(seconds);

/** @returns how many octets the server says it got */
async function upload(): Promise<number> {
  await write(head("POST", "/upload", `Content-Length: ${SIZE}\r\n`));
  for (let sent = 0; sent < SIZE; sent += piece.length) await write(piece);
  const count = await conn.read(piece);
  const answer = new TextDecoder().decode(piece.subarray(0, count ?? 0));
  return Number(/[0-9]+$/.exec(answer)?.[0]); // the answer is small and comes in one write
}

/** @returns octets of content; close to it in chunks, whose lines are counted and taken off */
async function download(): Promise<number> {
  await write(head("GET", "/download", "Connection: close\r\n"));
  let octets = 0;
  let framing = 0;
  for (let count; (count = await conn.read(piece)) !== null;) {
    if (framing === 0) framing = headSize(count);
    octets += count;
  }
  // Each chunk of 64 KiB has "10000" and two line ends; "0" and two more end it.
  return octets - framing - (SIZE / 65_536) * 9 - 5;
}

function headSize(count: number): number {
  const text = new TextDecoder("latin1").decode(piece.subarray(0, Math.min(count, 4096)));
  return text.indexOf("\r\n\r\n") + 4;
}

function head(method: string, path: string, fields: string): Uint8Array {
  return new TextEncoder().encode(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`);
}

async function write(octets: Uint8Array): Promise<void> {
  for (let sent = 0; sent < octets.length;) sent += await conn.write(octets.subarray(sent));
}
