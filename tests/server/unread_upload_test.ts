// Uploads that the handler does not read, from clients that send all of an upload before they read the
// response, as browsers do. The response must arrive.

import { assertEquals } from "@std/assert";
import type { ApplicationValue } from "../../src/application/application.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { contentText } from "../support/raw_client.ts";
import { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";

const SIZE = 8_000_000;

/** Responds without reading the content. */
const ignore: ApplicationValue = () => new Response("ignored");
const forbid: ApplicationValue = () => new Response("no", { status: 403 });
const MODULE = new URL("./unread_upload_app.ts", import.meta.url);

function chunked(size: number): Uint8Array<ArrayBuffer> {
  const head = octets(size.toString(16) + "|");
  const wire = new Uint8Array(head.length + size + 7);
  wire.set(head);
  wire.set(octets("|0||"), head.length + size);
  return wire;
}

interface Upload {
  readonly name: string;
  readonly app: ApplicationValue | URL;
  readonly head: string;
  readonly content: Uint8Array<ArrayBuffer>;
  readonly status: number;
  readonly options?: ServerOptions;
}

const WITH_LENGTH = `POST / HTTP/1.1|Host: a|Content-Length: ${SIZE}||`;
const CHUNKED = "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||";
const plain = new Uint8Array(SIZE);

const uploads: readonly Upload[] = [
  { name: "of 8 MB", app: ignore, head: WITH_LENGTH, content: plain, status: 200 },
  { name: "of 8 MB in chunks", app: ignore, head: CHUNKED, content: chunked(SIZE), status: 200 },
  { name: "of 8 MB with a 403", app: forbid, head: WITH_LENGTH, content: plain, status: 403 },
  {
    name: "of 8 MB in HTTP/1.0",
    app: ignore,
    head: `POST / HTTP/1.0|Content-Length: ${SIZE}||`,
    content: plain,
    status: 200,
  },
  {
    name: "of 8 MB with an expectation that is not known",
    app: ignore,
    head: `POST / HTTP/1.1|Host: a|Expect: tea|Content-Length: ${SIZE}||`,
    content: plain,
    status: 417,
  },
  {
    name: "of 8 MB to a pool",
    app: MODULE,
    head: WITH_LENGTH,
    content: plain,
    status: 200,
    options: { mode: "pool", minWorkers: 1, maxWorkers: 1 },
  },
];

for (const { name, app, head, content, status, options } of uploads) {
  Deno.test(`a client gets the response to an unread upload ${name} behind all of it`, async () => {
    await using site = new Site(app, options);
    const client = await site.connect();
    await client.send(octets(head));
    await client.send(content);
    assertEquals((await client.read()).status, status);
    await client.expectEnd();
    client.close();
    assertEquals(site.log.filter(({ level }) => level === "error"), []);
  });
}

Deno.test("a client gets the response to an unread upload that takes longer than 2 s", async () => {
  await using site = new Site(ignore);
  const client = await site.connect();
  await client.send(octets(WITH_LENGTH));
  const pieces = 30;
  for (let i = 0; i < pieces; i++) {
    await client.send(plain.subarray(0, Math.ceil(SIZE / pieces)));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assertEquals(contentText(await client.read()), "ignored");
});
