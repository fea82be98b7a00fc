// The gateway for node:http: the same handler and the same octets, sent to Node's own server and to ours,
// have the same response.

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { serve } from "../../../mod.ts";
import { NodeGateway } from "../../../src/gateway/node/mod.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, events: string[]) => unknown;

interface Case {
  readonly name: string;
  readonly handle: Handler;
  /** The request; "|" stands for CRLF. */
  readonly wire?: string;
  /** What both send, status line and content. */
  readonly expect: RegExp;
}

const GET = "GET /a?b HTTP/1.1|Host: a|Connection: close||";
const POST = "POST / HTTP/1.1|Host: a|Connection: close|Content-Length: 5||hello";

const CASES: readonly Case[] = [
  {
    name: "a whole response, with lists of fields",
    handle: (_, res) => {
      res.statusCode = 201;
      res.setHeader("Set-Cookie", ["a=1", "b=2"]);
      res.appendHeader("X-A", "1");
      res.end("made");
    },
    expect: /^HTTP\/1.1 201 Created.*set-cookie: a=1\nset-cookie: b=2\nx-a: 1.*\n\nmade$/s,
  },
  {
    name: "writeHead with a reason phrase and an array",
    handle: (_, res) => res.writeHead(299, "Fine", ["X-A", "1", "X-B", "2"]).end(Buffer.from("x")),
    expect: /^HTTP\/1.1 299 Fine.*x-a: 1\nx-b: 2.*\n\nx$/s,
  },
  {
    name: "pieces of several encodings",
    handle: (_, res) => {
      res.write("61", "hex");
      res.write(new Uint8Array([0x62]));
      setTimeout(() => res.end("é", "latin1"), 5);
    },
    expect: /\n\nab\xe9$/s,
  },
  {
    name: "HEAD has no content",
    wire: "HEAD / HTTP/1.1|Host: a|Connection: close||",
    handle: (_, res) => res.setHeader("Content-Length", "3").end("abc"),
    expect: /content-length: 3.*\n\n$/s,
  },
  {
    name: "204",
    handle: (_, res) => res.writeHead(204).end("no"),
    expect: /^HTTP\/1.1 204.*\n\n$/s,
  },
  { name: "304", handle: (_, res) => res.writeHead(304).end(), expect: /^HTTP\/1.1 304.*\n\n$/s },
  {
    name: "content is read by events and sent back by a pipe",
    wire: POST,
    handle: (req, res) => req.pipe(res),
    expect: /\n\nhello$/s,
  },
  {
    name: "chunked content is read by iteration",
    wire: "POST / HTTP/1.1|Host: a|Connection: close|Transfer-Encoding: chunked||2|ab|1|c|0||",
    handle: async (req, res) => {
      let text = "";
      for await (const piece of req) text += piece;
      res.end(`${text} ${req.complete}`);
    },
    expect: /\n\nabc true$/s,
  },
  {
    name: "a pipeline under back-pressure",
    handle: (_, res) => pipeline(Readable.from(manyPieces()), res),
    expect: /\n\n(x{65536}){64}$/s,
  },
  {
    name: "facts of the request",
    wire: "OPTIONS * HTTP/1.1|Host: a|X-a: 1|x-A: 2|Cookie: a=1|Cookie: b=2|Connection: close||",
    handle: (req, res) =>
      res.end(JSON.stringify([
        req.method,
        req.url,
        req.httpVersion,
        req.rawHeaders,
        req.headers,
        req.complete,
        req.socket.remoteAddress,
        typeof req.socket.remotePort,
        "encrypted" in req.socket && req.socket.encrypted,
        req instanceof http.IncomingMessage && res instanceof http.ServerResponse,
        res.headersSent,
      ])),
    expect: /\n\n\["OPTIONS","\*","1.1",.*"x-a":"1, 2","cookie":"a=1; b=2".*true,false\]$/s,
  },
  {
    name: "errors of Node for fields",
    handle: (_, res) => {
      const codes = [
        codeOf(() => res.setHeader("a b", "1")),
        codeOf(() => res.setHeader("a", "1\r\n2")),
        codeOf(() => res.setHeader("a", undefined as unknown as string)),
        codeOf(() => res.write(null as unknown as string)),
      ];
      res.flushHeaders();
      codes.push(codeOf(() => res.setHeader("a", "1")), codeOf(() => res.writeHead(200)));
      res.end(codes.join());
    },
    expect:
      /\n\nERR_INVALID_HTTP_TOKEN,ERR_INVALID_CHAR,ERR_HTTP_INVALID_HEADER_VALUE,ERR_STREAM_NULL_VALUES,ERR_HTTP_HEADERS_SENT,ERR_HTTP_HEADERS_SENT$/,
  },
  {
    name: "early hints come before the response",
    handle: (_, res) => res.writeEarlyHints({ link: "</a>; rel=preload" }, () => res.end("late")),
    expect: /^HTTP\/1.1 103 Early Hints\nlink: <\/a>; rel=preload\n\nHTTP\/1.1 200.*\n\nlate$/s,
  },
  {
    name: "100 (Continue) comes when content is read",
    wire: "POST / HTTP/1.1|Host: a|Connection: close|Expect: 100-continue|Content-Length: 0||",
    handle: (req, res) => void req.resume().on("end", () => res.end("read")),
    expect: /HTTP\/1.1 200.*\n\nread$/s,
  },
  {
    name: "order of events",
    handle: (req, res, events) => {
      req.on("close", () => events.push("req close"));
      for (const name of ["prefinish", "finish", "close"]) res.on(name, () => events.push(name));
      res.end("x", () => events.push(`sent ${res.writableEnded} ${res.writableFinished}`));
      events.push(`ended ${res.writableEnded}`);
    },
    expect: /\n\nx$/s,
  },
];

for (const { name, handle, wire = GET, expect } of CASES) {
  Deno.test(`like node:http: ${name}`, async () => {
    const ours = await run(handle, wire, startOurs);
    const nodes = await run(handle, wire, startNode);
    assert(expect.test(ours.text), ours.text.slice(0, 1_000));
    assert(expect.test(nodes.text), nodes.text.slice(0, 1_000));
    assertEquals(ours.events, nodes.events);
  });
}

Deno.test("a client that leaves: aborted and close, as in Node", async () => {
  for (const start of [startOurs, startNode]) {
    const events: string[] = [];
    const closed = Promise.withResolvers<void>();
    await using server = await start((req, res) => {
      req.on("aborted", () => events.push("aborted"));
      req.on("error", (error) => events.push((error as Error & { code: string }).code));
      res.on("finish", () => events.push("finish"));
      res.on("close", () => closed.resolve());
      res.write("begun");
    });
    const connection = await Deno.connect({ port: server.port });
    await connection.write(new TextEncoder().encode(GET.replaceAll("|", "\r\n")));
    await connection.read(new Uint8Array(10));
    connection.close();
    await closed.promise;
    assertEquals(events.sort(), ["ECONNRESET", "aborted"]);
  }
});

Deno.test("a handler that throws, or whose promise rejects, has the response 500", async () => {
  const fail = () => {
    throw new Error("no");
  };
  for (const handler of [fail, () => Promise.reject(new Error("no"))]) {
    await using server = await startOurs(handler);
    const response = await fetch(server.url);
    await response.body?.cancel();
    assertEquals(response.status, 500);
  }
});

Deno.test("content over the limit has the response 413", async () => {
  await using server = await startOurs((req, res) => {
    req.on("error", () => {});
    req.resume().on("end", () => res.end());
  }, { maxContentSize: 3 });
  const response = await fetch(server.url, { method: "POST", body: chunked("too much") });
  await response.body?.cancel();
  assertEquals(response.status, 413);
});

Deno.test("an http.Server that does not listen is served by its event", async () => {
  const listener = http.createServer((_, res) => res.end("from its listener"));
  await using server = serve(new NodeGateway(listener), { port: 0, ...QUIET });
  assertEquals(await (await fetch(`http://${server.bindAddr}/`)).text(), "from its listener");
});

const QUIET = { onLog: () => {} } as const;

interface Started extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
}

type Start = (handler: (req: IncomingMessage, res: ServerResponse) => unknown) => Promise<Started>;

function startOurs(handler: Parameters<Start>[0], options: object = {}): Promise<Started> {
  const server = serve(new NodeGateway(handler), { port: 0, ...QUIET, ...options });
  const { port } = new URL(`http://${server.bindAddr}/`);
  return Promise.resolve({
    port: Number(port),
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  });
}

function startNode(handler: Parameters<Start>[0]): Promise<Started> {
  const server = http.createServer((req, res) => void handler(req, res));
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        port,
        url: `http://127.0.0.1:${port}/`,
        [Symbol.asyncDispose]: () => new Promise((done) => void server.close(() => done())),
      });
    })
  );
}

/** The response of a server, its fields in lower case, without framing and what servers add. */
async function run(
  handle: Handler,
  wire: string,
  start: Start,
): Promise<{ text: string; events: string[] }> {
  const events: string[] = [];
  await using server = await start((req, res) => handle(req, res, events));
  using connection = await Deno.connect({ port: server.port });
  await connection.write(new TextEncoder().encode(wire.replaceAll("|", "\r\n")));
  let text = "";
  const buffer = new Uint8Array(65_536);
  for (let size; (size = await connection.read(buffer)) !== null;) {
    text += Buffer.from(buffer.subarray(0, size)).toString("latin1");
  }
  await new Promise((resolve) => setTimeout(resolve, 10)); // events behind the last octet
  const headEnd = text.lastIndexOf("HTTP/1.1 ");
  const end = text.indexOf("\r\n\r\n", headEnd) + 4;
  const head = text.slice(0, end).replace(/^[\w-]+:/gm, (name) => name.toLowerCase());
  const content = /^transfer-encoding: chunked/m.test(head)
    ? dechunked(text.slice(end))
    : text.slice(end);
  return { text: head.replaceAll("\r\n", "\n") + content, events };
}

function dechunked(text: string): string {
  let content = "";
  for (let at = 0;;) {
    const lineEnd = text.indexOf("\r\n", at);
    const size = parseInt(text.slice(at, lineEnd), 16);
    if (!(size > 0)) return content;
    content += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
}

function codeOf(call: () => unknown): string {
  try {
    call();
    return "none";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

function* manyPieces(): Generator<Buffer> {
  for (let i = 0; i < 64; i++) yield Buffer.alloc(65_536, "x");
}

function chunked(text: string): ReadableStream<Uint8Array> {
  return new Blob([text]).stream();
}
