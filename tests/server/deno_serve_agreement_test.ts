// The same application and the same octets to Deno.serve and to Robusto in every mode: bodies that a handler
// has looked at, content that it gives back, and content that it reads behind its response.

import { assertEquals } from "@std/assert";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { RawClient, type RawResponse } from "../support/raw_client.ts";
import { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";
import app from "./deno_serve_app.ts";

const MODULE = new URL("deno_serve_app.ts", import.meta.url);

const LARGE = "x".repeat(100_000);
const BODIES = [
  "looked-at",
  "octets-looked-at",
  "form-looked-at",
  "locked",
  "octets-locked",
  "stream-locked",
  "released",
  "read",
  "cancelled",
  "branched",
  "cloned",
  "keep",
  "kept",
  "without-this",
];
const ECHOES = ["echo", "echo-as", "echo-whole", "echo-changed"];
const READS = ["late", "at-once", "next-turn", "late-json", "before", "clone"];

/** Each is one connection with its requests. */
const DIALOGUES: Record<string, string[]> = {
  ...Object.fromEntries(BODIES.map((path) => [path, [get(path), `HEAD${get(path).slice(3)}`]])),
  ...Object.fromEntries(
    ECHOES.flatMap((path) => [
      [path, [post(path, "hello")]],
      [`${path}, large`, [post(path, LARGE)]],
      [`${path}, chunked`, [chunked(path, "hello")]],
    ]),
  ),
  // A clone reads ahead, and how far depends on how the content comes.
  ...Object.fromEntries(
    READS.flatMap((path) => [
      [path, [post(path, "hello"), get("noted")]],
      ...(path === "clone" ? [] : [[`${path}, chunked`, [chunked(path, "hello"), get("noted")]]]),
    ]),
  ),
};

function get(path: string): string {
  return `GET /${path} HTTP/1.1|Host: a||`;
}

function post(path: string, content: string): string {
  return `POST /${path} HTTP/1.1|Host: a|Content-Length: ${content.length}||${content}`;
}

function chunked(path: string, content: string): string {
  const chunk = `${content.length.toString(16)}|${content}|0||`;
  return `POST /${path} HTTP/1.1|Host: a|Transfer-Encoding: chunked||${chunk}`;
}

async function outcomes(port: number): Promise<Record<string, unknown[]>> {
  const seen: Record<string, unknown[]> = {};
  for (const [name, requests] of Object.entries(DIALOGUES)) {
    using client = new RawClient(await Deno.connect({ port }));
    seen[name] = [];
    for (const request of requests) {
      await client.send(octets(request));
      const response = await client.read(request.startsWith("HEAD") ? "HEAD" : "GET");
      seen[name].push(outcome(response, name.startsWith("echo")));
    }
  }
  return seen;
}

/** @param isEcho whether Deno.serve keeps a length only of content that has arrived whole */
function outcome({ status, framing, fields, content }: RawResponse, isEcho: boolean): unknown[] {
  if (status === 500) return [500];
  const shown = isEcho ? /^content-type$/i : /^content-(type|length)$/i;
  const types = fields.filter(([name]) => shown.test(name))
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`).sort();
  return [status, ...(isEcho ? [] : [framing]), types, new TextDecoder().decode(content)];
}

/** Outside of a test: Deno.serve leaves operations of cancelled streams behind. */
const expected = await (async () => {
  const onError = () => new Response(null, { status: 500 });
  const options = { port: 0, hostname: "127.0.0.1", onListen() {}, onError };
  await using server = Deno.serve(options, (request) => app.fetch(request));
  return await outcomes(server.addr.port);
})();

const MODES: Record<string, ServerOptions> = {
  inline: { mode: "inline" },
  web: { mode: "pool", workerKind: "web" },
  killable: { mode: "pool", workerKind: "killable" },
  sharded: { mode: "sharded" },
};

for (const [mode, options] of Object.entries(MODES)) {
  const workers = mode === "inline" ? {} : { minWorkers: 1, maxWorkers: 1 };
  Deno.test(`${mode}: bodies and late reads have the outcome that they have under Deno.serve`, async () => {
    await using site = new Site(MODULE, { ...options, ...workers });
    await site.server.ready;
    assertEquals(await outcomes(site.server.addr.port), expected);
    for (const content of ["hello", LARGE]) {
      assertEquals((await site.ask(post("echo", content))).framing, "length");
    }
    assertEquals((await site.ask(chunked("echo", "hello"))).framing, "chunked");
  });
}
