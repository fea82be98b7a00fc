// Request heads: rows of octets and the parsed head or error, and the parser's state between requests.

import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/http1/protocol_error.ts";
import { ReceiveBuffer } from "../../src/http1/receive_buffer.ts";
import { RequestHeadParser } from "../../src/http1/request_head.ts";
import { LIMITS, octetsOf, put, read, rejected, type Row, testRows } from "./head_rows.ts";

const ROOT = { form: "origin", raw: "/", path: "/", query: "" } as const;
const HOST = rejected("malformed-host");

const ROWS: Row[] = [
  {
    name: "the smallest HTTP/1.1 request",
    wire: "GET / HTTP/1.1|Host: a||",
    expect: {
      method: "GET",
      target: ROOT,
      minorVersion: 1,
      protocol: "HTTP/1.1",
      authority: "a",
      framing: { kind: "none" },
      persistent: true,
      expectContinue: false,
      unknownExpectation: false,
    },
  },
  {
    name: "the smallest HTTP/1.0 request",
    wire: "GET / HTTP/1.0||",
    expect: { minorVersion: 0, protocol: "HTTP/1.0", authority: "", persistent: false },
  },
  {
    name: "path and query",
    wire: "GET /a?b?c HTTP/1.1|Host: a||",
    expect: { target: { form: "origin", raw: "/a?b?c", path: "/a", query: "b?c" } },
  },
  {
    name: "an empty first segment",
    wire: "GET //a/b HTTP/1.1|Host: h||",
    expect: { target: { form: "origin", raw: "//a/b", path: "//a/b", query: "" }, authority: "h" },
  },
  { name: "an unknown method", wire: "BREW / HTTP/1.1|Host: a||", expect: { method: "BREW" } },
  {
    name: "a method of odd octets",
    wire: "M-S!1 / HTTP/1.1|Host: a||",
    expect: { method: "M-S!1" },
  },

  // RFC 9112 §5: field section; the rest of its rows is in field_section_test.ts
  {
    name: "obs-text in a value",
    wire: "GET /abc?d HTTP/1.1|Host: a|X: \xe4||",
    expect: { method: "GET", authority: "a" },
  },
  {
    name: "a first line with whitespace",
    wire: "GET / HTTP/1.1| Host: a||",
    expect: rejected("malformed-field-line"),
  },
  {
    name: "whitespace before the colon",
    wire: "GET / HTTP/1.1|Host : a||",
    expect: rejected("malformed-field-line"),
  },
  {
    name: "folding",
    wire: "GET / HTTP/1.1|Host: a|X: b| c||",
    expect: rejected("obsolete-line-folding"),
  },
  {
    name: "a bare LF in the fields",
    wire: "GET / HTTP/1.1|Host: a\n\n",
    expect: rejected("malformed-field-line"),
  },
  {
    name: "a field too many",
    wire: "GET / HTTP/1.1|Host: a|B: c||",
    limits: { maxFieldCount: 1 },
    expect: rejected("too-many-fields", 431),
  },
  {
    name: "as many octets as allowed",
    wire: "GET / HTTP/1.1|Host: a||",
    limits: { maxHeadSize: 9 },
    expect: { method: "GET" },
  },
  {
    name: "an octet too many",
    wire: "GET / HTTP/1.1|Host: ab||",
    limits: { maxHeadSize: 9 },
    expect: rejected("head-too-large", 431),
  },
  {
    name: "underscores rejected",
    wire: "GET / HTTP/1.1|Host: a|A_B: c||",
    limits: { underscoreHeaders: "refuse" },
    expect: rejected("underscore-in-field-name"),
  },

  // RFC 9112 §3.2, RFC 9110 §7.2: Host
  { name: "no Host", wire: "GET / HTTP/1.1||", expect: rejected("missing-host") },
  { name: "no Host in HTTP/1.2", wire: "GET / HTTP/1.2||", expect: rejected("missing-host") },
  {
    name: "two Hosts",
    wire: "GET / HTTP/1.1|Host: a|Host: a||",
    expect: rejected("duplicate-host"),
  },
  {
    name: "two Hosts in HTTP/1.0",
    wire: "GET / HTTP/1.0|Host: a|host: b||",
    expect: rejected("duplicate-host"),
  },
  {
    name: "an empty Host and another",
    wire: "GET / HTTP/1.1|Host:|Host: b||",
    expect: rejected("duplicate-host"),
  },
  { name: "an empty Host", wire: "GET / HTTP/1.1|Host:||", expect: { authority: "" } },
  {
    name: "a Host in capitals",
    wire: "GET / HTTP/1.1|HOST: [::1]:80||",
    expect: { authority: "[::1]:80" },
  },
  { name: "a malformed Host", wire: "GET / HTTP/1.1|Host: [::1||", expect: HOST },
  { name: "a malformed Host in HTTP/1.0", wire: "GET / HTTP/1.0|Host: a/b||", expect: HOST },
  { name: "a list as Host", wire: "GET / HTTP/1.1|Host: a, b||", expect: HOST },
  { name: "userinfo in Host", wire: "GET / HTTP/1.1|Host: u@a||", expect: HOST },

  // RFC 9112 §6: framing; the rest of its rows is in framing_test.ts
  {
    name: "a length",
    wire: "POST / HTTP/1.1|Host: a|CONTENT-LENGTH: 5||",
    expect: { framing: { kind: "length", length: 5 } },
  },
  {
    name: "chunked",
    wire: "POST / HTTP/1.1|Host: a|Transfer-Encoding: CHUNKED||",
    expect: { framing: { kind: "chunked" } },
  },
  {
    name: "two lengths",
    wire: "POST / HTTP/1.1|Host: a|Content-Length: 3|Content-Length: 4||",
    expect: rejected("conflicting-length"),
  },
  {
    name: "a length and a coding",
    wire: "POST / HTTP/1.1|Host: a|Content-Length: 3|Transfer-Encoding: chunked||",
    expect: rejected("length-and-transfer-coding"),
  },
  {
    name: "a coding in HTTP/1.0",
    wire: "POST / HTTP/1.0|Transfer-Encoding: chunked||",
    expect: rejected("transfer-coding-in-http-1.0"),
  },
  {
    name: "codings on two lines",
    wire: "POST / HTTP/1.1|Host: a|Transfer-Encoding: gzip|Transfer-Encoding: chunked||",
    expect: rejected("transfer-coding-not-supported", 501),
  },
  {
    name: "a missing Host is reported before faulty framing",
    wire: "POST / HTTP/1.1|Content-Length: x||",
    expect: rejected("missing-host"),
  },

  // RFC 9112 §9.3: persistence
  {
    name: "close",
    wire: "GET / HTTP/1.1|Host: a|Connection: x, Close||",
    expect: { persistent: false },
  },
  {
    name: "close on a second line",
    wire: "GET / HTTP/1.1|Host: a|Connection: keep-alive|Connection: close||",
    expect: { persistent: false },
  },
  {
    name: "keep-alive in HTTP/1.0",
    wire: "GET / HTTP/1.0|Connection: Keep-Alive||",
    expect: { persistent: true },
  },

  // RFC 9110 §10.1.1: Expect
  {
    name: "100-continue",
    wire: "POST / HTTP/1.1|Host: a|Expect: 100-Continue||",
    expect: { expectContinue: true, unknownExpectation: false },
  },
  {
    name: "100-continue twice",
    wire: "POST / HTTP/1.1|Host: a|Expect: 100-continue|Expect: 100-continue||",
    expect: { expectContinue: true },
  },
  {
    name: "100-continue in HTTP/1.0",
    wire: "POST / HTTP/1.0|Expect: 100-continue||",
    expect: { expectContinue: false, unknownExpectation: false },
  },
  {
    name: "another expectation",
    wire: "POST / HTTP/1.1|Host: a|Expect: 100-continue, x||",
    expect: { expectContinue: false, unknownExpectation: true },
  },
  {
    name: "another expectation in HTTP/1.0",
    wire: "POST / HTTP/1.0|Expect: x||",
    expect: { unknownExpectation: false },
  },
  {
    name: "an empty Expect",
    wire: "POST / HTTP/1.1|Host: a|Expect:||",
    expect: { expectContinue: false, unknownExpectation: false },
  },
];

testRows(ROWS);

Deno.test("RequestHeadParser keeps field lines as they came", () => {
  const wire = "GET / HTTP/1.1|hOST: a|X-A:  1 |x-a: 2|Y:||";
  const head = read(new RequestHeadParser(LIMITS), wire);
  assertEquals(head?.fields.entries(), [["hOST", "a"], ["X-A", "1"], ["x-a", "2"], ["Y", ""]]);
});

Deno.test("RequestHeadParser drops fields with an underscore if the option says so", () => {
  const parser = new RequestHeadParser({ ...LIMITS, underscoreHeaders: "drop" });
  const head = read(parser, "POST / HTTP/1.1|Host: a|Content_Length: 5|X: 1||");
  assertEquals(head?.fields.entries(), [["Host", "a"], ["X", "1"]]);
  assertEquals(head?.framing, { kind: "none" });
});

Deno.test("RequestHeadParser has started with the first octet that is not part of an empty line", () => {
  const parser = new RequestHeadParser(LIMITS);
  const buffer = new ReceiveBuffer(64);
  const started: boolean[] = [];
  for (const character of "\r\n\r\nG") {
    put(buffer, octetsOf(character));
    assertEquals(parser.parse(buffer), undefined);
    started.push(parser.started);
  }
  assertEquals(started, [false, false, false, false, true]);
  assertEquals(buffer.length, 1, "only the empty lines have been taken");
});

Deno.test("RequestHeadParser counts empty lines anew for each request", () => {
  const parser = new RequestHeadParser(LIMITS);
  const buffer = new ReceiveBuffer(256);
  put(buffer, octetsOf("||GET /1 HTTP/1.1|Host: a||||GET /2 HTTP/1.1|Host: a||"));
  assertEquals(parser.parse(buffer)?.target.raw, "/1");
  assertEquals(parser.parse(buffer)?.target.raw, "/2");
});

Deno.test("RequestHeadParser continues after the buffer has moved or grown", () => {
  const parser = new RequestHeadParser(LIMITS);
  const buffer = new ReceiveBuffer(32, 256);
  const octets = octetsOf(
    "GET /1 HTTP/1.1|Host: a||GET /2 HTTP/1.1|Host: a|X: " + "b".repeat(99) + "||",
  );
  const targets: string[] = [];
  for (let from = 0; from < octets.length;) {
    const space = buffer.space();
    const piece = octets.subarray(from, from + space.length);
    put(buffer, piece);
    from += piece.length;
    for (let head; (head = parser.parse(buffer)) !== undefined;) targets.push(head.target.raw);
  }
  assertEquals(targets, ["/1", "/2"]);
});

Deno.test("RequestHeadParser interprets repeated and changed fields as a new parser does", () => {
  const wires = [
    "GET /1 HTTP/1.1|Host: a|X: 1||",
    "GET /2 HTTP/1.1|Host: a|X: 1||",
    "GET /3 HTTP/1.1|Host: a|X: 1||",
    "GET /4 HTTP/1.0|Host: a|X: 1||",
    "GET /5 HTTP/1.0|Host: a|X: 1||",
    "GET /6 HTTP/1.1|Host: a|X: 2||",
    "POST /7 HTTP/1.1|Host: a|X: 2||",
    "GET /8 HTTP/1.2|Host: a|X: 2||",
    "GET http://b/9 HTTP/1.1|Host: a|X: 2||",
    "GET /10 HTTP/1.1|Host: a|X: 2|Y: 3||",
  ];
  const parser = new RequestHeadParser(LIMITS);
  for (const wire of wires) {
    assertEquals(read(parser, wire), read(new RequestHeadParser(LIMITS), wire));
  }
});

Deno.test("RequestHeadParser keeps the fields of repeated heads until it is to forget them", () => {
  const parser = new RequestHeadParser(LIMITS);
  const wire = "GET / HTTP/1.1|Host: a|X: 1||";
  const fields = () => read(parser, wire)!.fields;
  fields();
  const kept = fields();
  assertEquals(fields() === kept, true);
  parser.forgetFields();
  const again = fields();
  assertEquals([again === kept, fields() === again], [false, true]);
  assertEquals(again, kept);
});

Deno.test("RequestHeadParsers of one server do not mix heads that arrive at the same time", () => {
  const connections = ["a", "bb", "ccc"].map((host) => ({
    parser: new RequestHeadParser(LIMITS),
    buffer: new ReceiveBuffer(256),
    octets: octetsOf(`GET /${host}?${host} HTTP/1.1|Host: ${host}|X-${host}: ${host}||`),
  }));
  const heads: string[] = [];
  for (let at = 0; at < 3 * 60; at++) {
    for (const { parser, buffer, octets } of connections) {
      put(buffer, octets.subarray(at % 60, at % 60 + 1));
      const head = parser.parse(buffer);
      if (head !== undefined) heads.push([head.target.raw, ...head.fields.entries()].join(" "));
    }
  }
  const expected = ["a", "bb", "ccc"].map((host) =>
    `/${host}?${host} Host,${host} X-${host},${host}`
  );
  assertEquals(heads, [...expected, ...expected, ...expected]);
});

Deno.test("RequestHeadParser does not read octets of the request before that are left in the storage", () => {
  const parser = new RequestHeadParser(LIMITS);
  const buffer = new ReceiveBuffer(4096);
  for (let time = 0; time < 3; time++) {
    put(buffer, octetsOf("GET / HTTP/1.1|Host: a|X: 1||"));
    assertEquals(parser.parse(buffer)?.fields.size, 2);
  }
  put(buffer, octetsOf("GET / HTTP/1.1|")); // behind it the storage still holds the old fields
  assertEquals(parser.parse(buffer), undefined);
  put(buffer, octetsOf("Host: b||"));
  assertEquals(parser.parse(buffer)?.authority, "b");
});

Deno.test("RequestHeadParser rejects a repeated section in HTTP/1.1 that was valid in HTTP/1.0", () => {
  const parser = new RequestHeadParser(LIMITS);
  for (let time = 0; time < 3; time++) read(parser, "GET / HTTP/1.0|X: 1||");
  assertEquals(
    assertThrows(() => read(parser, "GET / HTTP/1.1|X: 1||"), ProtocolError).code,
    "missing-host",
  );
});

Deno.test("RequestHeadParser rejects a repeated empty Host when the target has an authority", () => {
  const parser = new RequestHeadParser(LIMITS);
  for (let time = 0; time < 3; time++) read(parser, "GET / HTTP/1.1|Host:||");
  const error = assertThrows(() => read(parser, "GET http://a/ HTTP/1.1|Host:||"), ProtocolError);
  assertEquals(error.code, "malformed-host");
});

Deno.test("error messages quote the input, escaped and shortened", () => {
  const wire = `GET / HTTP/1.1|Host: a|${"N".repeat(500)}\x00: b||`;
  const error = assertThrows(() => read(new RequestHeadParser(LIMITS), wire));
  assertInstanceOf(error, ProtocolError);
  assertEquals(error.message, 'Cannot read field line: its name has "\\u0000"');
  const long = assertThrows(() =>
    read(new RequestHeadParser(LIMITS), `GET / HTTP/1.1|${"N".repeat(500)} : b||`)
  );
  assertInstanceOf(long, ProtocolError);
  assertEquals(long.message.length < 120, true);
});
