// The same octets to Node's own server and to ours, inline and in a worker, have the same response and the
// same events, but for the differences that a row gives with their reason.

import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { ModuleApp, serve } from "../../../mod.ts";
import { NodeGateway } from "../../../src/gateway/node/mod.ts";
import { HANDLERS, node } from "./fixtures/handlers.ts";

const QUIET = { port: 0, onLog: () => {} } as const;
const MODULE = new ModuleApp(new URL("./fixtures/handlers.ts", import.meta.url));

interface Row {
  /** Name of the handler. */
  readonly run: string;
  /** The request line, and lines and content behind it; "|" stands for CRLF. */
  readonly wire?: string;
  /** Whether the client leaves when the first content has come. */
  readonly leaves?: boolean;
  /** What ours sends otherwise. */
  readonly ours?: (nodes: Result) => Result;
}

interface Result {
  readonly text: string;
  readonly events: readonly string[];
}

const NEEDS_MORE = new Set([
  ...["pipe", "iterate", "setEncoding", "reads", "writeContinue", "requestTrailers"],
  ...["leaves", "leavesAfterContent", "orderInPieces", "trailersOfFraming"],
]);
const CHUNKED = "Transfer-Encoding: chunked||2|ab|1|c|0|";

/** Handlers that are given no content. */
const PLAIN = Object.keys(HANDLERS).filter((name) => !NEEDS_MORE.has(name));

const ROWS: readonly Row[] = [
  ...PLAIN.map((run) => ({ run })),
  { run: "whole", wire: "HEAD" },
  { run: "length", wire: "HEAD" },
  { run: "lengthInPieces", wire: "HEAD" },
  { run: "trailersUnannouncedInPieces", wire: "HEAD" },
  { run: "pipe", wire: "POST|Content-Length: 5||hello" },
  { run: "iterate", wire: `POST|${CHUNKED}|` },
  { run: "setEncoding", wire: "POST|Transfer-Encoding: chunked||1|\xc3|1|\xa9|0||" },
  { run: "orderInPieces", wire: "POST|Content-Length: 5||hello" },
  {
    run: "order",
    wire: "POST|Content-Length: 5||hello",
    // Node itself has this event too; Deno's node:http leaves it out.
    ours: ({ text, events }) => ({ text, events: [...events, "req close"] }),
  },
  {
    run: "facts",
    wire: "POST|X-a: 1|x-A: 2|Cookie: a=1|Cookie: b=2|Content-Type: a|Content-Type: b|" +
      "Content-Length: 1||x",
  },
  { run: "requestTrailers", wire: `POST|${CHUNKED}X-Sum: 1|x-sum: 2|X-B: c||` },
  { run: "requestTrailers", wire: `POST|${CHUNKED}|` },
  { run: "requestTrailers", wire: `POST|Content-Length: 3||abc` },
  // RFC 9110 §10.1.1: 100 (Continue) is for a client that has content and waits with it.
  { run: "reads", wire: "POST|Expect: 100-continue|Content-Length: 0||", ours: withoutInterim },
  { run: "writeContinue", wire: "POST|Content-Length: 1||a", ours: withoutInterim },
  {
    run: "trailersOfFraming",
    // RFC 9110 §6.5.1: a field that frames the message is none.
    ours: ({ text, events }) => ({ text: text.replace("Content-Length: 9\n", ""), events }),
  },
  { run: "trailersUnannouncedInPieces", wire: "1.0" },
  { run: "whole", wire: "1.0" },
  // RFC 9110 §15.2: no interim response to a client of HTTP/1.0.
  { run: "earlyHints", wire: "1.0", ours: withoutInterim },
  { run: "leaves", leaves: true },
  { run: "leavesAfterContent", leaves: true, wire: "POST|Content-Length: 5||hello" },
];

function withoutInterim({ text, events }: Result): Result {
  return { text: text.slice(text.lastIndexOf("HTTP/1.1 ")), events };
}

const servers = {
  async node() {
    const server = http.createServer((req, res) => void node(req, res));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
      port: (server.address() as AddressInfo).port,
      stop: () => new Promise<void>((resolve) => void server.close(() => resolve())),
    };
  },
  async inline() {
    const copy: typeof import("./fixtures/handlers.ts") = await import(`${MODULE.url}?copy`);
    return started(serve(new NodeGateway(copy.node), QUIET)); // it keeps events of its own
  },
  pool: () => started(serve(MODULE, { ...QUIET, minWorkers: 1, maxWorkers: 1 })),
};

Deno.test("applications of node:http see and send what they do under Node's server", async (t) => {
  const [nodes, inline, pool] = await Promise.all([
    servers.node(),
    servers.inline(),
    servers.pool(),
  ]);
  for (const row of ROWS) {
    await t.step(`${row.run} ${row.wire ?? ""}`.trim().slice(0, 60), async () => {
      const ports = [nodes.port, inline.port, pool.port];
      const [expected, ...results] = await Promise.all(ports.map((port) => ask(port, row)));
      const ours = row.ours?.(expected) ?? expected;
      assertEquals(results, [ours, ours]);
    });
  }
  await Promise.all([nodes.stop(), inline.stop(), pool.stop()]);
});

function started(server: ReturnType<typeof serve>) {
  const { port } = new URL(`http://${server.bindAddr}/`);
  return Promise.resolve({ port: Number(port), stop: () => server.stop() });
}

/** Sends the request of a row and reads all that comes back, then asks for the events. */
async function ask(port: number, { run, wire = "GET", leaves }: Row): Promise<Result> {
  const [first, ...lines] = wire.split("|");
  const version = first === "1.0" ? "1.0" : "1.1";
  const head = [
    `${first === "1.0" ? "GET" : first} /${run} HTTP/${version}`,
    "Host: a",
    "Connection: close",
  ];
  const request = [...head, ...lines].join("\r\n") + (lines.length === 0 ? "\r\n\r\n" : "");
  let text = "";
  {
    using connection = await Deno.connect({ port });
    await connection.write(Buffer.from(request, "latin1"));
    const buffer = new Uint8Array(65_536);
    for (let size; (size = await connection.read(buffer)) !== null;) {
      text += Buffer.from(buffer.subarray(0, size)).toString("latin1");
      if (leaves && text.includes("begun")) break;
    }
  }
  let events: string[] = [];
  for (
    let tries = 0;
    tries < (leaves ? 300 : 20) && !events.some((event) => event === "res close");
    tries++
  ) {
    await new Promise((resolve) => setTimeout(resolve, 10)); // events behind the last octet
    events = await (await fetch(`http://127.0.0.1:${port}/events`)).json();
    if (events.length === 0 && !leaves) break;
  }
  return { text: normalized(text), events };
}

/** Each server frames in its own way: ours gives a response that is given whole its length. */
const ADDED = /^(?:date|server|keep-alive|connection|content-length|transfer-encoding):/;

/** The responses with their fields in lower case, without what each server adds in its own way. */
function normalized(text: string): string {
  const headEnd = text.lastIndexOf("HTTP/1.1 ");
  const end = text.indexOf("\r\n\r\n", headEnd) + 4;
  const head = text.slice(0, end).replace(/^[\w-]+:/gm, (name) => name.toLowerCase());
  const lines = head.split("\r\n").filter((line) => !ADDED.test(line));
  return lines.join("\n") + dechunked(head, text.slice(end));
}

/** Content and trailers; chunks may have other borders. */
function dechunked(head: string, text: string): string {
  if (!/^transfer-encoding: chunked/m.test(head)) {
    return text.length > 1000 ? `${text.length} octets` : text;
  }
  let content = "";
  for (let at = 0;;) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd < 0) return `${content} and no end`;
    const size = parseInt(text.slice(at, lineEnd), 16);
    if (!(size > 0)) {
      return content.length > 1000
        ? `${content.length} octets`
        : content + text.slice(lineEnd + 2, -2).replaceAll("\r\n", "\n");
    }
    content += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
}
