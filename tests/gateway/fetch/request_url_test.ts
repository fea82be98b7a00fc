// The faster way to a request's URL has the same result as the URL parser.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Exchange } from "../../../src/exchange/exchange.ts";
import { requestUrl } from "../../../src/gateway/fetch/request_url.ts";
import { parseRequestTarget } from "../../../src/http1/request_target.ts";

const AUTHORITIES = [
  "localhost",
  "localhost:8000",
  "EXAMPLE.org:80",
  "[::1]:443",
  "127.1",
  "a%41b",
];

Deno.test("requestUrl spells every target as a URL does", () => {
  const piece = fc.constantFrom(
    ...[
      "/",
      ".",
      "..",
      "%2e",
      "%2E",
      "%2",
      "%20",
      "%",
      "a",
      "Z",
      "0",
      "~",
      "-",
      "_",
      "'",
      '"',
      "|",
    ],
    ...[";", ":", "@", "!", "$", "&", "(", ")", "*", "+", ",", "=", "[", "]", "^", "`", "{", "}"],
    ...["well-known", "index.html", "//", "/./", "/../"],
  );
  const query = fc.array(fc.oneof(piece, fc.constantFrom("?", "\\", "<")), { maxLength: 6 });
  const targets = fc.tuple(
    fc.array(piece, { maxLength: 8 }),
    fc.option(query),
    fc.constantFrom("http" as const, "https" as const),
    fc.constantFrom(...AUTHORITIES),
  );
  let asSent = 0;
  fc.assert(
    fc.property(targets, ([path, query, scheme, authority]) => {
      const raw = `/${path.join("")}` + (query === null ? "" : `?${query.join("")}`);
      const target = parseRequestTarget("GET", raw, { proxyMode: false, strictMode: false });
      const { href } = new URL(`${scheme}://${authority}${raw}`);
      const exchange = { scheme, head: { target, authority } } as unknown as Exchange;
      assertEquals(requestUrl(exchange), href);
      if (href.endsWith(raw)) asSent++;
    }),
    { numRuns: 3000 },
  );
  assertEquals(asSent > 100, true);
});
