// The works of the suite `realistic` as a WSGI application in TypeScript. It blocks, as in Python, so it is
// for workers.

import type {
  StartResponse,
  WsgiEnviron,
  WsgiExport,
  WsgiResult,
} from "../../../src/gateway/wsgi/mod.ts";
import { PAGE } from "./works.ts";
import { itemsOf } from "./items.ts";

type App = (environ: WsgiEnviron, start: StartResponse) => WsgiResult;
type Field = readonly [name: string, value: string];

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const piece = encoder.encode("0123456789abcdef".repeat(64));

const APPS: Readonly<Record<string, App>> = {
  "/hello": (_environ, start) => respond(start, "Hello world!"),
  "/json": listItems,
  "/order": sumOrder,
  "/form": greet,
  "/file": describeFile,
  "/stream": (_environ, start) => {
    start("200 OK", [["Content-Type", "text/plain"]]);
    return sixteenPieces();
  },
  "/page": (_environ, start) =>
    respond(start, PAGE, "text/html; charset=utf-8", [
      ["Cache-Control", "no-cache"],
      ["ETag", '"a1b2c3d4"'],
    ]),
};

const application: WsgiExport = {
  wsgi: (environ, start) => APPS[environ.PATH_INFO](environ, start),
};
export default application;

function listItems(environ: WsgiEnviron, start: StartResponse): WsgiResult {
  const query = new URLSearchParams(environ.QUERY_STRING);
  const page = Number(query.get("page"));
  const items = itemsOf(page);
  const content = {
    page,
    sort: query.get("sort"),
    language: environ.HTTP_ACCEPT_LANGUAGE,
    cookies: String(environ.HTTP_COOKIE).length,
    items,
  };
  return respond(start, JSON.stringify(content), "application/json", [
    ["Cache-Control", "private, max-age=60"],
    ["ETag", '"5f3c2a10"'],
    ["Vary", "Accept-Language, Cookie"],
    ["X-Content-Type-Options", "nosniff"],
    ["X-Request-Cost", "1"],
  ]);
}

function sumOrder(environ: WsgiEnviron, start: StartResponse): WsgiResult {
  const { customer, lines } = JSON.parse(decoder.decode(contentOf(environ)));
  let total = 0;
  for (const { amount, price } of lines) total += amount * price;
  const content = { customer, lines: lines.length, total };
  return respond(start, JSON.stringify(content), "application/json");
}

function greet(environ: WsgiEnviron, start: StartResponse): WsgiResult {
  const form = new URLSearchParams(decoder.decode(contentOf(environ)));
  return respond(start, `Thank you, ${form.get("name")} <${form.get("email")}>`);
}

function describeFile(environ: WsgiEnviron, start: StartResponse): WsgiResult {
  const octets = contentOf(environ);
  return respond(start, `${octets.length} ${octets[0]} ${octets[octets.length - 1]}`);
}

function* sixteenPieces(): Generator<Uint8Array> {
  for (let i = 0; i < 16; i++) yield piece;
}

function contentOf(environ: WsgiEnviron): Uint8Array {
  return environ["wsgi.input"].read(Number(environ.CONTENT_LENGTH));
}

function respond(
  start: StartResponse,
  text: string,
  type = "text/plain;charset=UTF-8",
  fields: readonly Field[] = [],
): WsgiResult {
  start("200 OK", [["Content-Type", type], ...fields]);
  return [encoder.encode(text)];
}
