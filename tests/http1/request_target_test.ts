// Valid and invalid request targets in all four forms.

import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/http1/protocol_error.ts";
import { parseRequestTarget } from "../../src/http1/request_target.ts";

const STRICT = { proxyMode: false, strictMode: true };
const LENIENT = { proxyMode: false, strictMode: false };
const PROXY = { proxyMode: true, strictMode: true };

function origin(raw: string, path: string, query = "") {
  return { form: "origin", raw, path, query };
}

function absolute(raw: string, authority: string, path: string, query = "", scheme = "http") {
  return { form: "absolute", raw, scheme, authority, path, query };
}

const VALID = [
  { method: "GET", expect: origin("/", "/") },
  { method: "GET", expect: origin("/a/b;c=d", "/a/b;c=d") },
  { method: "GET", expect: origin("/a?", "/a") },
  { method: "GET", expect: origin("/a?b=c&d", "/a", "b=c&d") },
  { method: "GET", expect: origin("/a?b?c", "/a", "b?c") },
  { method: "GET", expect: origin("//x", "//x") },
  { method: "GET", expect: origin("//x/y?//z", "//x/y", "//z") },
  { method: "GET", expect: origin("/../a/./b", "/../a/./b") },
  { method: "GET", expect: origin("/%2F%2e%zz", "/%2F%2e%zz") },
  { method: "GET", expect: origin("/http://h/", "/http://h/") },
  { method: "GET", expect: origin("/a|b[c]", "/a|b[c]") },
  { method: "GET", expect: origin("/a?\\^`{|}", "/a", "\\^`{|}") },
  { method: "OPTIONS", expect: { form: "asterisk", raw: "*" } },
  { method: "OPTIONS", expect: origin("/*", "/*") },
  { method: "GET", expect: absolute("http://h", "h", "/") },
  { method: "GET", expect: absolute("http://h/", "h", "/") },
  { method: "GET", expect: absolute("http://h?x", "h", "/", "x") },
  { method: "GET", expect: absolute("http://h:80/a?b", "h:80", "/a", "b") },
  { method: "GET", expect: absolute("http://[::1]:80//a", "[::1]:80", "//a") },
  { method: "GET", expect: absolute("HTTPS://H/", "H", "/", "", "https") },
  { method: "GET", expect: absolute("http://h/@x", "h", "/@x") },
  { method: "OPTIONS", expect: absolute("http://h", "h", "/") },
] as const;

for (const { method, expect } of VALID) {
  Deno.test(`parseRequestTarget accepts ${method} ${expect.raw}`, () => {
    for (const options of [STRICT, LENIENT, PROXY]) {
      assertEquals(parseRequestTarget(method, expect.raw, options), expect as unknown);
    }
  });
}

const INVALID: [method: string, raw: string][] = [
  ["GET", ""],
  ["GET", "*"],
  ["POST", "*"],
  ["OPTIONS", "**"],
  ["OPTIONS", "*/"],
  ["GET", "?x"],
  ["GET", "x"],
  ["GET", "x/y"],
  ["GET", "h:80"],
  ["GET", "[::1]:80"],
  ["GET", "http:/h/"],
  ["GET", "http:h"],
  ["GET", "://h/"],
  ["GET", "http://"],
  ["GET", "http:///x"],
  ["GET", "http://?x"],
  ["GET", "http://:80/x"],
  ["GET", "http://h:x/"],
  ["GET", "http://h:65536/"],
  ["GET", "http://u@h/"],
  ["GET", "http://u:p@h/"],
  ["GET", "http://[::1/"],
  ["GET", "http://a%zz/"],
  ["GET", "http://h\\x/"],
  ["GET", "http://h/a\\b"],
  ["GET", "http://h#f"],
  ["GET", "http://h/#f"],
  ["GET", "ftp://h/"],
  ["GET", "ws://h/"],
  ["GET", "httpx://h/"],
  ["GET", "\u212attp://h/"],
  ["GET", "file:///etc/passwd"],
  ["GET", "javascript:alert(1)"],
  ["GET", "/#f"],
  ["GET", "/?a#f"],
  ["GET", "/a\\b"],
  ["GET", "/a b"],
  ["GET", "/\x00"],
  ["GET", "/\x7f"],
  ["GET", "/\xe4"],
  ["GET", "/?\xe4"],
  ["GET", "/\u2215"],
  ["CONNECT", "/"],
  ["CONNECT", "*"],
  ["CONNECT", "h"],
  ["CONNECT", "h:"],
  ["CONNECT", ":80"],
  ["CONNECT", "u@h:80"],
  ["CONNECT", "h:80/"],
  ["CONNECT", "http://h:80"],
];

for (const [method, raw] of INVALID) {
  Deno.test(`parseRequestTarget rejects ${method} ${JSON.stringify(raw)}`, () => {
    for (const options of [STRICT, LENIENT, PROXY]) {
      const error = assertThrows(() => parseRequestTarget(method, raw, options), ProtocolError);
      assertEquals([error.code, error.status], ["malformed-target", 400]);
    }
  });
}

for (const raw of ['/"', "/<>", "/^", "/`", "/{}", '/?"', "/?<", "/?>"]) {
  Deno.test(`parseRequestTarget rejects ${raw} in strict mode only`, () => {
    assertThrows(() => parseRequestTarget("GET", raw, STRICT), ProtocolError);
    assertEquals(parseRequestTarget("GET", raw, LENIENT).raw, raw);
  });
}

Deno.test("parseRequestTarget accepts host:port with CONNECT in proxy mode only", () => {
  for (const raw of ["h:80", "[::1]:443"]) {
    assertEquals(parseRequestTarget("CONNECT", raw, PROXY), {
      form: "authority",
      raw,
      authority: raw,
    });
    assertThrows(() => parseRequestTarget("CONNECT", raw, STRICT), ProtocolError);
  }
});
