// Holds the table of docs/from-deno-serve.md: the same handler and the same octets to Deno.serve and here.

import { assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../mod.ts";

const HOST = "Host: a.test\r\n";

/** A request, and what each server sends back, without Date, Server and the fields about the connection. */
interface Difference {
  readonly name: string;
  readonly request: string;
  readonly deno: RegExp;
  readonly robusto: RegExp;
}

const get = (target: string, fields = HOST) => `GET ${target} HTTP/1.1\r\n${fields}\r\n`;

const DIFFERENCES: readonly Difference[] = [
  {
    name: "a request without Host",
    request: get("/", ""),
    deno: /^HTTP\/1.1 200 /,
    robusto: /^HTTP\/1.1 400 /,
  },
  {
    name: "bare LF as the end of a line",
    request: "GET / HTTP/1.1\nHost: a.test\n\n",
    deno: /^HTTP\/1.1 200 /,
    robusto: /^HTTP\/1.1 400 /,
  },
  {
    name: "a quote in the target",
    request: get('/?a="b"'),
    deno: /^HTTP\/1.1 200 /,
    robusto: /^HTTP\/1.1 400 /,
  },
  {
    name: "a method in lower case",
    request: `get / HTTP/1.1\r\n${HOST}\r\n`,
    deno: /^HTTP\/1.1 200 /,
    robusto: /^HTTP\/1.1 501 /,
  },
  {
    name: "TRACE",
    request: `TRACE / HTTP/1.1\r\n${HOST}\r\n`,
    deno: /^HTTP\/1.1 200 /,
    robusto: /^HTTP\/1.1 405 .*\bAllow: GET,/s,
  },
  {
    name: "a transfer coding other than chunked",
    request: `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    deno: /^HTTP\/1.1 200 /,
    robusto: /^HTTP\/1.1 501 /,
  },
  {
    name: "a target of 9,000 octets",
    request: get(`/${"a".repeat(9_000)}`),
    deno: /^HTTP\/1.1 200 /,
    robusto: /^HTTP\/1.1 414 /,
  },
  {
    name: "dots and capitals in request.url",
    request: get("/url/../url", "Host: A.TEST:80\r\n"),
    deno: /http:\/\/A\.TEST:80\/url\/\.\.\/url$/,
    robusto: /http:\/\/a\.test\/url$/,
  },
  {
    name: "a status text",
    request: get("/status"),
    deno: /^HTTP\/1.1 201 Created\r\n/,
    robusto: /^HTTP\/1.1 201 Made\r\n/,
  },
  {
    name: "a body that the handler has looked at",
    request: get("/touched"),
    deno: /content-length: 5\r\n.*hello$/s,
    robusto: /Transfer-Encoding: chunked\r\n.*5\r\nhello\r\n0\r\n\r\n$/s,
  },
  {
    name: "request.body as the response's body",
    request: `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`,
    deno: /content-length: 5\r\n.*hello$/s,
    robusto: /Transfer-Encoding: chunked\r\n.*5\r\nhello\r\n0\r\n\r\n$/s,
  },
  {
    name: "a Content-Length beyond the content",
    request: get("/long"),
    deno: /content-length: 5\r\n.*hello$/s,
    robusto: /Content-Length: 9\r\n.*hello<end>$/s,
  },
  {
    name: "Content-Length of a 304 response",
    request: get("/304"),
    deno: /^HTTP\/1.1 304 Not Modified\r\n\r\n$/,
    robusto: /^HTTP\/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n$/,
  },
];

Deno.test("what differs from Deno.serve is what docs/from-deno-serve.md says", async (t) => {
  const deno = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handler);
  const robusto = serve({ port: 0, onListen() {}, onLog() {} }, handler);
  for (const { name, request, deno: theirs, robusto: ours } of DIFFERENCES) {
    await t.step(name, async () => {
      assertMatch(await responseOf(deno.addr.port, request), theirs);
      assertMatch(await responseOf(robusto.addr.port, request), ours);
    });
  }
  await deno.shutdown();
  await robusto.stop();
});

Deno.test("each difference has its row in docs/from-deno-serve.md", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/from-deno-serve.md", import.meta.url));
  const rows = new Set([...page.matchAll(/^\| (\S.*?) +\|/gm)].map(([, cell]) => cell));
  assertEquals(DIFFERENCES.map(({ name }) => name).filter((name) => !rows.has(name)), []);
});

function handler(request: Request): Response {
  const content = new Response("hello");
  switch (new URL(request.url).pathname) {
    case "/status":
      return new Response("x", { status: 201, statusText: "Made" });
    case "/touched":
      void content.body;
      return content;
    case "/echo":
      return new Response(request.body);
    case "/long":
      return new Response("hello", { headers: { "content-length": "9" } });
    case "/304":
      return new Response(null, { status: 304, headers: { "content-length": "7" } });
    default:
      return new Response(request.url);
  }
}

/** Sends a request and reads until the response is there or the server has closed. */
async function responseOf(port: number, request: string): Promise<string> {
  using client = await Deno.connect({ port });
  await client.write(new TextEncoder().encode(request));
  const input = new Uint8Array(64 * 1024);
  let text = "";
  for (;;) {
    const size = await Promise.race([client.read(input), moment()]).catch(() => null);
    if (size === undefined) break; // no more is coming
    if (size === null) {
      text += "<end>";
      break;
    }
    text += new TextDecoder().decode(input.subarray(0, size));
  }
  return text.replaceAll(/^(date|server|connection|keep-alive): .*\r\n/gim, "");
}

async function moment(): Promise<undefined> {
  await new Promise((resolve) => setTimeout(resolve, 150));
  return undefined;
}
