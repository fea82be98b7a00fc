// The works of the suite `realistic`: what clients send, and what must come back. The servers in servers/
// respond to them; this file knows no server.

/** A request that a load repeats, and its response. */
export interface Work {
  /** Its name in tables and for `--works`. */
  readonly name: string;
  /** What it is, in the words of the report. */
  readonly about: string;
  readonly method: string;
  readonly target: string;
  /** Fields besides Host. */
  readonly fields: Readonly<Record<string, string>>;
  readonly content: Uint8Array;
  /** What must come back. */
  readonly expected: Expected;
}

/** A response as it has to be. */
export interface Expected {
  /** Values of fields, by name. */
  readonly fields: Readonly<Record<string, string>>;
  /** The content: as text, or a value of which it is the JSON. */
  readonly content: string | { readonly json: unknown };
}

const encoder = new TextEncoder();

/** Seven fields, as a browser has them; Host is the eighth. */
const BROWSER = {
  "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
  "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
  "Accept-Language": "en-US,en;q=0.5",
  "Accept-Encoding": "gzip, deflate, br, zstd",
  "Connection": "keep-alive",
  "Referer": "http://localhost/articles/",
  "Cookie": "session=4f9c2d7be1a84c0c9d; theme=dark; seen=1",
} as const;

const ORDER = {
  customer: "Customer number 7",
  lines: Array.from({ length: 16 }, (_, i) => ({
    item: `Item number ${i}`,
    amount: i + 1,
    price: 3,
    gift: false,
  })),
};

const FORM = new URLSearchParams({
  name: "Ada Lovelace",
  email: "ada@example.org",
  subject: "Notes on the engine",
  message: "It weaves algebraical patterns, as the loom weaves flowers and leaves and many a bud.",
  copy: "on",
  token: "c0ffee00c0ffee",
});

const FILE = Uint8Array.from({ length: 64 * 1024 }, (_, i) => i % 251);

const PAGE_ROWS = Array.from(
  { length: 147 },
  (_, i) =>
    `<li class="entry"><a href="/articles/${1000 + i}">Article number ${1000 + i}</a>` +
    "<p>A line of plain text about it, as in any list.</p></li>\n",
);

const HELLO: Work = {
  name: "hello",
  about: "`Hello world!` for a GET with the eight fields of a browser",
  ...get("/hello"),
  expected: { fields: {}, content: "Hello world!" },
};

/** The seven works of which the geometric mean is taken. */
export const WORKS: readonly Work[] = [
  HELLO,
  {
    name: "json-response",
    about: "JSON of 1 KiB for a GET; the handler reads query and two fields and sets five fields",
    ...get("/json?page=2&sort=name"),
    expected: {
      fields: {
        "content-type": "application/json",
        "cache-control": "private, max-age=60",
        "etag": '"5f3c2a10"',
        "vary": "Accept-Language, Cookie",
        "x-content-type-options": "nosniff",
        "x-request-cost": "1",
      },
      content: {
        json: {
          page: 2,
          sort: "name",
          language: BROWSER["Accept-Language"],
          cookies: BROWSER.Cookie.length,
          items: Array.from({ length: 12 }, (_, i) => ({
            id: 200 + i,
            name: `Item number ${i}`,
            price: 5 + i,
            tags: ["new", "sale"],
            stock: true,
          })),
        },
      },
    },
  },
  {
    name: "json-post",
    about: "JSON of 1 KiB in a POST, read with `json()`; a small JSON response",
    ...send("POST", "/order", "application/json", encoder.encode(JSON.stringify(ORDER))),
    expected: {
      fields: { "content-type": "application/json" },
      content: { json: { customer: ORDER.customer, lines: 16, total: 408 } },
    },
  },
  {
    name: "form",
    about: "a form of 200 octets in a POST, read with `formData()`",
    ...send(
      "POST",
      "/form",
      "application/x-www-form-urlencoded",
      encoder.encode(FORM.toString()),
    ),
    expected: { fields: {}, content: "Thank you, Ada Lovelace <ada@example.org>" },
  },
  {
    name: "upload",
    about: "64 KiB in a PUT, read with `arrayBuffer()`",
    ...send("PUT", "/file", "application/octet-stream", FILE),
    expected: { fields: {}, content: `${FILE.length} ${FILE[0]} ${FILE.at(-1)}` },
  },
  {
    name: "stream",
    about: "a stream of 16 pieces of 1 KiB",
    ...get("/stream"),
    expected: { fields: {}, content: "0123456789abcdef".repeat(1024) },
  },
  {
    name: "html",
    about: "HTML of 18 KiB as a string, with three fields",
    ...get("/page"),
    expected: {
      fields: {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-cache",
        "etag": '"a1b2c3d4"',
      },
      content: `<!doctype html>\n<html lang="en">\n<title>Articles</title>\n<ul>\n${
        PAGE_ROWS.join("")
      }</ul>\n<p>© 2026</p>\n</html>\n`,
    },
  },
];

/** As hello, with a connection for each request. */
export const NEW_CONNECTION: Work = {
  ...HELLO,
  name: "new-connection",
  about: "as hello, with a new connection for each request",
  fields: { ...HELLO.fields, Connection: "close" },
};

/** The octets of a request.
 *
 * @param work the work
 * @param host value of Host */
export function requestOctets(
  { method, target, fields, content }: Pick<Work, "method" | "target" | "fields" | "content">,
  host: string,
): Uint8Array<ArrayBuffer> {
  const lines = Object.entries({ Host: host, ...fields }).map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  const head = encoder.encode(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`);
  const octets = new Uint8Array(head.length + content.length);
  octets.set(head);
  octets.set(content, head.length);
  return octets;
}

function get(target: string) {
  return { method: "GET", target, fields: BROWSER, content: new Uint8Array() };
}

function send(method: string, target: string, type: string, content: Uint8Array) {
  const fields = { ...BROWSER, "Content-Type": type, "Content-Length": `${content.length}` };
  return { method, target, fields, content };
}
