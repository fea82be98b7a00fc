// The consumers of a Request give in every mode what they give under Deno.serve, also where a whole Request
// has been made before.

import { assertEquals } from "@std/assert";
import { inLanes } from "../../support/in_lanes.ts";
import { RawClient } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";
import { octets } from "../../wire/row.ts";
import app, { CASES } from "./fixtures/consumers.ts";

const FIXTURE = new URL("fixtures/consumers.ts", import.meta.url);

interface Row {
  readonly name: string;
  readonly method?: string;
  /** Field lines without those that frame the content. */
  readonly fields?: string;
  readonly content?: string | Uint8Array;
  /** Content as it is on the wire. */
  readonly chunked?: string;
  /** Whether the content follows a moment behind the head. */
  readonly late?: boolean;
}

const FORM = "Content-Type: application/x-www-form-urlencoded|";
const KIB = 1024;
const MULTIPART = [
  ..."--b|Content-Disposition: form-data; name=a||1|",
  ...'--b|Content-Disposition: form-data; name="f"; filename="n.txt"|Content-Type: text/plain||x|y|',
  ..."--b--|",
].join("").replaceAll("|", "\r\n");

const ROWS: Row[] = [
  { name: "text", content: "abc", fields: "Content-Type: text/Plain;Charset=x|" },
  { name: "text that comes late", content: "abc", late: true },
  { name: "no type", content: "abc" },
  { name: "a type that is none", content: "abc", fields: "Content-Type: bogus|" },
  { name: "JSON", content: '{"a":[1,"\u00e4"]}', fields: "Content-Type: application/json|" },
  { name: "faulty JSON", content: '{"a":[1,}' },
  { name: "no UTF-8", content: Uint8Array.of(65, 0xff, 0xc3, 0x28, 0xe2, 0x82) },
  { name: "an empty form", content: "", fields: FORM },
  { name: "a form", content: "?a=1&a=2&%C3=%zz&b+c=d&&=e&f=%C3%B6", fields: FORM },
  {
    name: "a form of another case and with parameters",
    content: "a=%20",
    fields: "content-type: Application/X-www-form-urlencoded ; charset=iso-8859-1|",
  },
  {
    name: "a form that is no ASCII",
    content: Uint8Array.of(65, 61, 0xc3, 0x25, 0x42, 0x36, 38, 0xff, 61, 0x31, 0xc3, 0xb6),
    fields: FORM,
  },
  {
    name: "a form with a byte order mark",
    content: Uint8Array.of(0xef, 0xbb, 0xbf, 65, 61, 66),
    fields: FORM,
  },
  {
    name: "a list of types",
    content: "a=1",
    fields: "Content-Type: text/plain, application/x-www-form-urlencoded|",
  },
  { name: "two types", content: "a=1", fields: `${FORM}Content-Type: text/plain|` },
  {
    name: "multipart",
    content: MULTIPART,
    fields: "Content-Type: multipart/form-data; boundary=b|",
  },
  {
    name: "multipart without a boundary",
    content: MULTIPART,
    fields: "Content-Type: multipart/form-data|",
  },
  {
    name: "multipart that is cut",
    content: "--b|xx",
    fields: "Content-Type: multipart/form-data; boundary=b|",
  },
  { name: "GET", method: "GET" },
  { name: "GET of a form", method: "GET", fields: FORM },
  { name: "content of no octets", content: "" },
  { name: "1 KiB", content: "0123456789abcdef".repeat(64) },
  { name: "64 KiB", content: "0123456789abcdef".repeat(4 * KIB) },
  { name: "64 KiB that come late", content: "0123456789abcdef".repeat(4 * KIB), late: true },
  { name: "20 KiB", content: "0123456789abcde\u00e4".repeat(20 * 64) },
  { name: "300 KiB", content: "0123456789abcdef".repeat(300 * 64) },
  { name: "chunks", chunked: "3|abc|2|de|0||" },
  { name: "chunks with trailers", chunked: "3|abc|0|A: b||" },
  { name: "chunks that come late", chunked: "3;x=y|abc|1|d|0||", late: true },
  { name: "no chunk", chunked: "0||" },
  {
    name: "large chunks",
    chunked: `4000|${"x".repeat(16 * KIB)}|8000|${"y".repeat(32 * KIB)}|0||`,
  },
  {
    name: "what awaits 100 (Continue)",
    content: "abc",
    fields: "Expect: 100-continue|",
    late: true,
  },
];

/** What Deno.serve does otherwise: its `json()` keeps a byte order mark, which Fetch drops. */
const DIFFERENT: ReadonlySet<string> = new Set([
  "a form with a byte order mark: json",
  "a form with a byte order mark: failedJson",
]);

async function outcomes(
  connect: () => Promise<RawClient>,
  prefix: string,
): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {};
  await inLanes(8, ROWS, async (row) => {
    for (const name of Object.keys(CASES)) {
      using client = await connect();
      const { head, content } = encode(row, `${prefix}/${name}`);
      await client.send(head);
      if (row.late) await new Promise((resolve) => setTimeout(resolve, 1));
      await client.send(content);
      let response = await client.read();
      while (response.status === 100) response = await client.read();
      if (DIFFERENT.has(`${row.name}: ${name}`)) continue;
      seen[`${row.name}: ${name}`] = [
        response.status,
        new TextDecoder().decode(response.content),
      ];
    }
  });
  return seen;
}

function encode({ method = "POST", fields = "", content, chunked }: Row, path: string) {
  const body = content === undefined
    ? octets(chunked ?? "")
    : typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  const framing = content !== undefined
    ? `Content-Length: ${body.length}|`
    : chunked !== undefined
    ? "Transfer-Encoding: chunked|"
    : "";
  return { head: octets(`${method} ${path} HTTP/1.1|Host: a|${fields}${framing}|`), content: body };
}

/** What Deno.serve responds. Outside of a test: it leaves operations of cancelled streams behind. */
const expected = await (async () => {
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, app.fetch);
  return await outcomes(
    async () => new RawClient(await Deno.connect({ port: server.addr.port })),
    "",
  );
})();

async function check(site: Site, prefixes = ["", "/whole"]): Promise<void> {
  for (const prefix of prefixes) {
    assertEquals(await outcomes(async () => new RawClient(await site.dial()), prefix), expected);
  }
}

Deno.test("inline: the consumers of a Request give what they give under Deno.serve", async () => {
  await using site = new Site(app.fetch);
  await site.server.ready;
  await check(site, ["", "/whole", "/body"]);
});

for (const workerKind of ["web", "killable"] as const) {
  Deno.test(`${workerKind}: the consumers of a Request give what they give under Deno.serve`, async () => {
    await using site = new Site(FIXTURE, { mode: "pool", workerKind, minWorkers: 1 });
    await site.server.ready;
    await check(site, workerKind === "web" ? ["", "/whole", "/body"] : undefined);
  });
}

Deno.test("sharded: the consumers of a Request give what they give under Deno.serve", async () => {
  await using site = new Site(FIXTURE, { mode: "sharded", minWorkers: 1 });
  await site.server.ready;
  await check(site);
});
