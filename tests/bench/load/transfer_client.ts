// Moves 1 GiB to or from a server over one connection, and prints the duration in seconds. It uses plain
// reads and writes, so that the client costs little CPU time.
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

/** @returns number of octets that the server received, from its response */
async function upload(): Promise<number> {
  await write(head("POST", "/upload", `Content-Length: ${SIZE}\r\n`));
  for (let sent = 0; sent < SIZE; sent += piece.length) await write(piece);
  const count = await conn.read(piece);
  const response = new TextDecoder().decode(piece.subarray(0, count ?? 0));
  return Number(/[0-9]+$/.exec(response)?.[0]); // the response is small and comes in one write
}

/** @returns octets of content: those of the stream without the head and the lines of the chunks */
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
