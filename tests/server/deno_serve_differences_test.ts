// Holds the table of docs/from-deno-serve.md: the same handler and the same octets to Deno.serve and here.

import { assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../mod.ts";

const HOST = "Host: a.test\r\n";

/** A request, and what each server sends back, without Date, Server and the fields about the connection. */
interface Difference {
  readonly name: string;
  /** Several requests have the same outcome. */
  readonly request: string | readonly string[];
  /** A request behind it, whose response counts. */
  readonly then?: string;
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
    name: "a quote, a backslash, a fragment or another octet that no URI has",
    request: ['/?a="b"', "/a\\b", "/a#b", "/a^b", "/\u00e9"].map((target) => get(target)),
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
    name: "a Content-Length below the content",
    request: get("/short"),
    deno: /content-length: 5\r\n.*hello$/s,
    robusto: /Content-Length: 3\r\n.*hel$/s,
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
  {
    name: "an empty response to HEAD",
    request: `HEAD /empty HTTP/1.1\r\n${HOST}\r\n`,
    deno: /content-length: 0\r\n/,
    robusto: /^HTTP\/1.1 200 OK\r\n\r\n$/,
  },
  {
    name: "status 205",
    request: get("/205"),
    deno: /^HTTP\/1.1 205 Reset Content\r\n\r\n$/,
    robusto: /^HTTP\/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n$/,
  },
  {
    name: "`Connection: close` of a response",
    request: get("/close"),
    deno: /hello$/,
    robusto: /hello<end>$/,
  },
  {
    name: "Transfer-Encoding, Keep-Alive or Proxy-Connection of a response",
    request: get("/framing"),
    deno: /(?=.*proxy-connection: x\r\n)(?=.*transfer-encoding: chunked\r\n)/s,
    robusto: /^HTTP\/1.1 200 OK\r\nContent-Type: [^\r]+\r\nContent-Length: 5\r\n\r\nhello$/i,
  },
  {
    name: "CONNECT",
    request: `CONNECT a.test:80 HTTP/1.1\r\n${HOST}\r\n`,
    deno: /^HTTP\/1.1 200 /,
    robusto: /^HTTP\/1.1 405 /,
  },
  {
    name: "Content-Length twice with the same value",
    request: `POST / HTTP/1.1\r\n${HOST}Content-Length: 2\r\nContent-Length: 2\r\n\r\nab`,
    deno: /^HTTP\/1.1 200 /,
    robusto: /^HTTP\/1.1 400 /,
  },
  {
    name: "an expectation other than 100-continue",
    request: get("/", `${HOST}Expect: foo\r\n`),
    deno: /^HTTP\/1.1 200 /,
    robusto: /^HTTP\/1.1 417 /,
  },
  {
    name: "a Host with user information, a path or an impossible port",
    request: ["u@a.test", "a.test/x", "a.test:99999"].map((host) =>
      get("/200", `Host: ${host}\r\n`)
    ),
    deno: /^HTTP\/1.1 (200|500) /,
    robusto: /^HTTP\/1.1 400 /,
  },
  {
    name: "HTTP/1.0",
    request: `GET / HTTP/1.0\r\n${HOST}\r\n`,
    deno: /^HTTP\/1.0 200 /,
    robusto: /^HTTP\/1.1 200 /,
  },
  {
    name: "HTTP/1.2",
    request: `GET / HTTP/1.2\r\n${HOST}\r\n`,
    deno: /^HTTP\/1.1 400 /,
    robusto: /^HTTP\/1.1 200 /,
  },
  {
    name: "a chunk with a faulty size",
    request: `POST /read HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nx\r\n`,
    deno: /^<end>$/,
    robusto: /^HTTP\/1.1 400 /,
  },
  {
    name: "request.headers.set()",
    request: get("/set"),
    deno: /TypeError: .*immutable$/,
    robusto: /b$/,
  },
  {
    name: "request.headers first read behind the response",
    request: get("/later"),
    then: get("/noted"),
    deno: /TypeError: Request closed$/,
    robusto: /a.test$/,
  },
  {
    name: "request.signal behind the response",
    request: get("/signal"),
    then: get("/noted"),
    deno: /true$/,
    robusto: /false$/,
  },
  {
    name: "json() of content with a byte order mark",
    request: `POST /json HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\n\ufeff{}`,
    deno: /^HTTP\/1.1 500 /,
    robusto: /\{\}$/,
  },
];

Deno.test("what differs from Deno.serve is what docs/from-deno-serve.md says", async (t) => {
  const deno = Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen() {},
    onError: () => new Response("", { status: 500 }),
  }, handler);
  const robusto = serve({ port: 0, onListen() {}, onLog() {} }, handler);
  const ask = async (port: number, request: string, then?: string) => {
    const response = await responseOf(port, request);
    return then === undefined ? response : await responseOf(port, then);
  };
  for (const { name, request, then, deno: theirs, robusto: ours } of DIFFERENCES) {
    await t.step(name, async () => {
      await Promise.all(
        [request].flat().map(async (each) => {
          assertMatch(await ask(deno.addr.port, each, then), theirs);
          assertMatch(await ask(robusto.addr.port, each, then), ours);
        }),
      );
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

/** What a handler saw behind its response. */
let noted = Promise.resolve("");

function note(see: () => unknown): Response {
  const { promise, resolve } = Promise.withResolvers<string>();
  noted = promise;
  setTimeout(() => resolve(attempt(see)), 20);
  return new Response("hello");
}

function attempt(see: () => unknown): string {
  try {
    return String(see());
  } catch (error) {
    return String(error);
  }
}

async function handler(request: Request): Promise<Response> {
  switch (new URL(request.url).pathname) {
    case "/status":
      return new Response("x", { status: 201, statusText: "Made" });
    case "/short":
      return new Response("hello", { headers: { "content-length": "3" } });
    case "/empty":
      return new Response(null);
    case "/205":
      return new Response(null, { status: 205 });
    case "/close":
      return new Response("hello", { headers: { connection: "close" } });
    case "/framing":
      return new Response("hello", {
        headers: { "transfer-encoding": "chunked", "keep-alive": "x", "proxy-connection": "x" },
      });
    case "/read":
      return new Response(await request.text());
    case "/json":
      return Response.json(await request.json());
    case "/set":
      return new Response(attempt(() => {
        request.headers.set("x-a", "b");
        return request.headers.get("x-a");
      }));
    case "/later":
      return note(() => request.headers.get("host"));
    case "/signal": {
      const { signal } = request;
      return note(() => signal.aborted);
    }
    case "/noted":
      return new Response(await noted);
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
  await new Promise((resolve) => setTimeout(resolve, 60));
  return undefined;
}
