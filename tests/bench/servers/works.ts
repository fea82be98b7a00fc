// The handlers of the works of the suite `realistic`, by path; works/works.ts has their requests and what
// must come back. The servers in other languages do the same.

import { itemsOf } from "./items.ts";

type Handler = (request: Request) => Response | Promise<Response>;

const PIECES = 16;
const piece = new TextEncoder().encode("0123456789abcdef".repeat(64));

const ROWS = Array.from(
  { length: 147 },
  (_, i) =>
    `<li class="entry"><a href="/articles/${1000 + i}">Article number ${1000 + i}</a>` +
    "<p>A line of plain text about it, as in any list.</p></li>\n",
);
/** A page of 18 KiB. */
export const PAGE = `<!doctype html>\n<html lang="en">\n<title>Articles</title>\n<ul>\n${
  ROWS.join("")
}</ul>\n<p>© 2026</p>\n</html>\n`;

/** Handlers by path. */
export const WORKS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["/hello", () => new Response("Hello world!")],
  ["/json", listItems],
  ["/order", sumOrder],
  ["/form", greet],
  ["/file", describeFile],
  ["/stream", () => new Response(sixteenPieces(), { headers: { "Content-Type": "text/plain" } })],
  ["/page", () =>
    new Response(PAGE, {
      headers: {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-cache",
        "ETag": '"a1b2c3d4"',
      },
    })],
]);

/** Path of an absolute URL, without its query. */
export function pathOf(url: string): string {
  const begin = url.indexOf("/", "https://".length);
  const query = url.indexOf("?", begin);
  return query < 0 ? url.slice(begin) : url.slice(begin, query);
}

function listItems({ url, headers }: Request): Response {
  const { searchParams } = new URL(url);
  const page = Number(searchParams.get("page"));
  const items = itemsOf(page);
  return Response.json({
    page,
    sort: searchParams.get("sort"),
    language: headers.get("accept-language"),
    cookies: headers.get("cookie")?.length,
    items,
  }, {
    headers: {
      "Cache-Control": "private, max-age=60",
      "ETag": '"5f3c2a10"',
      "Vary": "Accept-Language, Cookie",
      "X-Content-Type-Options": "nosniff",
      "X-Request-Cost": "1",
    },
  });
}

async function sumOrder(request: Request): Promise<Response> {
  const { customer, lines } = await request.json();
  let total = 0;
  for (const { amount, price } of lines) total += amount * price;
  return Response.json({ customer, lines: lines.length, total });
}

async function greet(request: Request): Promise<Response> {
  const form = await request.formData();
  return new Response(`Thank you, ${form.get("name")} <${form.get("email")}>`);
}

async function describeFile(request: Request): Promise<Response> {
  const octets = new Uint8Array(await request.arrayBuffer());
  return new Response(`${octets.length} ${octets[0]} ${octets[octets.length - 1]}`);
}

function sixteenPieces(): ReadableStream<Uint8Array> {
  let left = PIECES;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(piece);
      if (--left === 0) controller.close();
    },
  }, { highWaterMark: 0 });
}
