// The head of a response with a stream leaves when the response is begun, in every thread that applications
// run in, as from Deno.serve.

import { assertEquals, assertMatch } from "@std/assert";
import { ACCEPTING, loadedSite, type Place, WORKERS } from "../wsgi/wsgi_site.ts";
import { Client } from "../../connection/memory_client.ts";
import { settle } from "../../support/scripted_stream.ts";
import { octets } from "../../wire/row.ts";
import streams from "./fixtures/streams.ts";

const FIXTURE = new URL("fixtures/streams.ts", import.meta.url);

/** Starts a server, and says at which port. */
interface Started extends AsyncDisposable {
  readonly port: number;
}

const servers: readonly [name: string, start: () => Promise<Started>][] = [
  ["Deno.serve", () => {
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, streams.fetch);
    const [port, stop] = [server.addr.port, () => server.shutdown()];
    return Promise.resolve({ port, [Symbol.asyncDispose]: stop });
  }],
  ...[...ACCEPTING, ...WORKERS].map((place: Place) =>
    [place.name, async () => {
      const site = await loadedSite(FIXTURE, place.options);
      const stop = () => site[Symbol.asyncDispose]();
      return { port: site.server.addr.port, [Symbol.asyncDispose]: stop };
    }] as [string, () => Promise<Started>]
  ),
];

for (const [name, start] of servers) {
  Deno.test(`${name}: the head of a silent stream comes at once`, async () => {
    await using server = await start();
    for (const search of ["", "?sync"]) {
      const wire = `GET /silent${search} HTTP/1.1|Host: a||`;
      using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      await conn.write(octets(wire));
      assertMatch(await readUntil(conn, "\r\n\r\n"), /^HTTP\/1\.1 200 OK\r\n/);
    }
  });

  Deno.test(`${name}: a client that waits for 100 gets it before content that is given back`, async () => {
    await using server = await start();
    for (const framing of ["Content-Length: 5||", "Transfer-Encoding: chunked||"]) {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      await conn.write(octets(`POST /echo HTTP/1.1|Host: a|Expect: 100-continue|${framing}`));
      const head = await readUntil(conn, "\r\n\r\n");
      assertMatch(head, /^HTTP\/1\.1 100 /);
      await conn.write(octets(framing.startsWith("C") ? "hello" : "5|hello|0||"));
      assertMatch(await readUntil(conn, "hello", head), /\r\n\r\n(?:5\r\n)?hello/);
    }
  });
}

for (const target of ["/at-hand", "/at-hand?sync", "/piped", "/piped?sync"]) {
  Deno.test(`octets at hand leave in one write with the head: ${target}`, async () => {
    await using client = new Client(streams.fetch);
    const written: string[] = [];
    client.server.onWrite = (piece) => written.push(new TextDecoder().decode(piece));
    await client.send(octets(`GET ${target} HTTP/1.1|Host: a||`));
    await settle();
    assertMatch(written[0], /^HTTP\/1\.1 200 OK\r\n[^]+\r\n\r\n[35]\r\nfir/);
  });
}

Deno.test("a head that was begun takes the responses of earlier requests along", async () => {
  await using client = new Client((request) =>
    request.url.endsWith("/plain") ? new Response("plain") : streams.fetch(request)
  );
  const written: string[] = [];
  client.server.onWrite = (piece) => written.push(new TextDecoder().decode(piece));
  await client.send(octets("GET /plain HTTP/1.1|Host: a||GET /silent?sync HTTP/1.1|Host: a||"));
  await settle();
  assertEquals(written.length, 1);
  assertEquals(written[0].match(/HTTP\/1\.1 200/g)?.length, 2);
});

/** Reads until some text has come. */
async function readUntil(conn: Deno.Conn, end: string, seen = ""): Promise<string> {
  const part = new Uint8Array(4096);
  while (!seen.includes(end)) {
    const count = await conn.read(part);
    if (count === null) throw new Error(`The connection ended behind ${JSON.stringify(seen)}`);
    seen += new TextDecoder("latin1").decode(part.subarray(0, count));
  }
  return seen;
}
