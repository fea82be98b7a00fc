// httpbin, unchanged from Debian, gives the same responses as under Cheroot: status, fields and content of each of
// its endpoints, over one connection to each server.

import { assertEquals } from "@std/assert";
import { brotliDecompressSync, unzipSync } from "node:zlib";
import { ModuleApp } from "../../mod.ts";
import { RawClient, type RawResponse } from "../support/raw_client.ts";
import { octets } from "../wire/row.ts";
import { missingModules, PYTHON_KINDS, REAL_PYTHON, started } from "./python_site.ts";

const CHEROOT = new URL("fixtures/httpbin_with_cheroot.py", import.meta.url).pathname;
const missing = missingModules("httpbin", "cheroot");
const ignore = PYTHON_KINDS[1].ignore || missing !== "";

/** Fields that say who sends the response, and when. */
const OWN = new Set(["date", "server", "connection", "keep-alive"]);
const FORM = "Content-Type: application/x-www-form-urlencoded||a=1&b=2";
const JSON_CONTENT = 'Content-Type: application/json||{"a":"ü"}';
const FILE = "Content-Type: multipart/form-data; boundary=x||" +
  '--x|Content-Disposition: form-data; name="f"; filename="n"||content of a file|--x--||';

/** Requests, as "METHOD TARGET|fields", and "||" in front of content. */
const REQUESTS: readonly string[] = [
  "GET /",
  "GET /html",
  "HEAD /html",
  "OPTIONS /get|Origin: http://a|Access-Control-Request-Headers: X-A",
  "GET /robots.txt",
  "GET /deny",
  "GET /ip",
  "GET /uuid",
  "GET /headers|X-Name: value|Accept-Language: de;q=0.5, en",
  "GET /user-agent|User-Agent: a client/1.0 (with a comment)",
  "GET /get?a=1&a=2&b=%C3%BC&c",
  "POST /get",
  "GET /anything/a%20b/%C3%BC?q=%ff",
  "TRACE /anything",
  "DELETE /anything",
  `POST /post|${FORM}`,
  `POST /post|${JSON_CONTENT}`,
  `POST /post|${FILE}`,
  "POST /post|Content-Length: 0",
  `PUT /put|${FORM}`,
  `PATCH /patch|${JSON_CONTENT}`,
  "DELETE /delete?a=1",
  "GET /gzip",
  "GET /deflate",
  "GET /brotli",
  "GET /redirect/1",
  "GET /redirect/3?absolute=true",
  "GET /redirect-to?url=http%3A%2F%2Fa%2F&status_code=307",
  "POST /redirect-to?url=/a",
  "GET /relative-redirect/2",
  "GET /absolute-redirect/2",
  "GET /stream/3",
  "GET /status/204",
  "GET /status/304",
  "GET /status/401",
  "GET /status/402",
  "GET /status/407",
  "GET /status/418",
  "GET /status/500",
  "GET /status/wrong",
  "GET /response-headers?X-Name=value&X-Name=other&Content-Type=text/plain",
  "GET /cookies|Cookie: a=1; b=2",
  "GET /cookies/set/a/1",
  "GET /cookies/set?a=1&b=2",
  "GET /cookies/delete?a",
  "GET /forms/post",
  "GET /basic-auth/user/secret",
  "GET /basic-auth/user/secret|Authorization: Basic dXNlcjpzZWNyZXQ=",
  "GET /hidden-basic-auth/user/secret",
  "GET /bearer",
  "GET /bearer|Authorization: Bearer token",
  "GET /digest-auth/auth/user/secret",
  "GET /delay/0",
  "GET /drip?numbytes=5&duration=0&code=200",
  "GET /base64/aGVsbG8=",
  "GET /cache",
  "GET /cache|If-None-Match: a",
  "GET /cache/60",
  'GET /etag/a|If-None-Match: "a"',
  'GET /etag/a|If-Match: "b"',
  "GET /encoding/utf8",
  "GET /bytes/100?seed=1",
  "GET /stream-bytes/100?seed=1&chunk_size=30",
  "GET /range/100|Range: bytes=10-19",
  "GET /range/100|Range: bytes=200-",
  "GET /range/100?chunk_size=30",
  "GET /links/3/1",
  "GET /image|Accept: image/webp",
  "GET /image",
  "GET /image|Accept: text/plain",
  "GET /image/png",
  "HEAD /image/jpeg",
  "GET /image/webp",
  "GET /image/svg",
  "GET /xml",
  "GET /nowhere",
];

Deno.test(
  `processes: httpbin responds as under Cheroot${missing && ` (missing: ${missing})`}`,
  { ignore },
  async () => {
    Deno.env.set("PYTHONHASHSEED", "1"); // some fields list a set
    const child = new Deno.Command(REAL_PYTHON!, {
      args: [CHEROOT],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const port = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    await using site = await started(new ModuleApp("python:httpbin", "app"), {
      python: REAL_PYTHON,
    }).finally(() => Deno.env.delete("PYTHONHASHSEED"));
    using ours = await site.connect();
    const { value } = await port.read();
    using theirs = new RawClient(await Deno.connect({ port: Number(value) }));
    for (const request of REQUESTS) {
      const expected = await ask(theirs, request);
      assertEquals(await ask(ours, request), expected, request);
    }
    assertEquals(site.log, []);
    theirs.close();
    await child.stdin.close();
    await port.cancel();
    await child.status;
  },
);

/** Sends a request and reads what of the response has to be the same. */
async function ask(client: RawClient, request: string) {
  const [, line, others, content] = /^([^|]+)\|?(.*?)(?:\|\|(.*))?$/.exec(request)!;
  const fields = [`${line} HTTP/1.1`, "Host: httpbin.test"];
  if (others !== "") fields.push(others);
  if (content !== undefined) fields.push(`Content-Length: ${octets(content).length}`);
  await client.send(octets(`${fields.join("|")}||${content ?? ""}`));
  const response = await client.read(line.split(" ")[0]);
  const { status, reason, framing } = response;
  return {
    status,
    reason,
    framing,
    fields: response.fields.filter(([name]) => !OWN.has(name.toLowerCase()))
      .map(([name, value]) => `${name}: ${withoutChance(value)}`).sort(),
    content: withoutChance(new TextDecoder().decode(decoded(response))),
  };
}

/** What is compressed has the time in it. */
function decoded({ fields, content }: RawResponse): Uint8Array {
  const [, coding] = fields.find(([name]) => name.toLowerCase() === "content-encoding") ?? [];
  if (coding === undefined) return content;
  return coding === "br" ? brotliDecompressSync(content) : unzipSync(content);
}

/** Replaces random numbers, times and our own port. */
function withoutChance(text: string): string {
  return text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}/g, "RANDOM")
    .replace(/\w{3}, \d\d \w{3} 20\d\d [\d:]{8} GMT/g, "TIME");
}
