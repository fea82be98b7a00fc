import { assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/http1/protocol_error.ts";
import { ReceiveBuffer } from "../../src/http1/receive_buffer.ts";
import {
  type HeadLimits,
  type RequestHead,
  RequestHeadParser,
} from "../../src/http1/request_head.ts";

const LIMITS: HeadLimits = {
  maxRequestLineSize: 8192,
  maxHeadSize: 32768,
  maxFieldCount: 100,
  maxEmptyLines: 2,
  maxMethodSize: 32,
  underscoreHeaders: "allow",
  strictMode: true,
  proxyMode: false,
};

interface Row {
  readonly name: string;
  /** `|` stands for CRLF. */
  readonly wire: string;
  readonly limits?: Partial<HeadLimits>;
  readonly expect: Partial<RequestHead> | { readonly error: string; readonly status: number };
}

function refused(error: string, status = 400) {
  return { error, status };
}

const ROOT = { form: "origin", raw: "/", path: "/", query: "" } as const;
const LINE = refused("malformed-request-line");
const METHOD = refused("malformed-method");
const TARGET = refused("malformed-target");
const VERSION = refused("malformed-version");
const NOT_SUPPORTED = refused("version-not-supported", 505);
const TOO_LONG = refused("request-line-too-long", 414);
const HOST = refused("malformed-host");
const LENIENT = { strictMode: false };
const PROXY = { proxyMode: true };

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

  // RFC 9112 §2.2: empty lines
  { name: "an empty line before", wire: "|GET / HTTP/1.1|Host: a||", expect: { method: "GET" } },
  { name: "two empty lines before", wire: "||GET / HTTP/1.1|Host: a||", expect: { method: "GET" } },
  {
    name: "three empty lines before",
    wire: "|||GET / HTTP/1.1|Host: a||",
    expect: refused("too-many-empty-lines"),
  },
  {
    name: "an empty line where none is allowed",
    wire: "|GET",
    limits: { maxEmptyLines: 0 },
    expect: refused("too-many-empty-lines"),
  },
  { name: "a bare LF before", wire: "\nGET / HTTP/1.1|Host: a||", expect: LINE },
  { name: "a bare CR before", wire: "\rGET / HTTP/1.1|Host: a||", expect: LINE },
  { name: "a space before", wire: " GET / HTTP/1.1|Host: a||", expect: LINE },

  // RFC 9112 §3: request line
  { name: "a line with one word", wire: "GET|Host: a||", expect: LINE },
  { name: "a line with two words", wire: "GET /|Host: a||", expect: LINE },
  { name: "a tab behind the method", wire: "GET\t/ HTTP/1.1|Host: a||", expect: LINE },
  { name: "a tab behind the target", wire: "GET /\tHTTP/1.1|Host: a||", expect: TARGET },
  { name: "two spaces behind the method", wire: "GET  / HTTP/1.1|Host: a||", expect: LINE },
  { name: "two spaces behind the target", wire: "GET /  HTTP/1.1|Host: a||", expect: VERSION },
  { name: "a space in the target", wire: "GET /a b HTTP/1.1|Host: a||", expect: VERSION },
  { name: "a space behind the version", wire: "GET / HTTP/1.1 |Host: a||", expect: LINE },
  { name: "a fourth word", wire: "GET / HTTP/1.1 x|Host: a||", expect: LINE },
  { name: "bare LF behind the version", wire: "GET / HTTP/1.1\nHost: a||", expect: LINE },
  { name: "bare CR behind the version", wire: "GET / HTTP/1.1\rHost: a||", expect: LINE },
  { name: "NUL in the method", wire: "G\0ET / HTTP/1.1|Host: a||", expect: METHOD },
  { name: "a parenthesis in the method", wire: "GE(T / HTTP/1.1|Host: a||", expect: METHOD },
  { name: "obs-text in the method", wire: "G\xcbT / HTTP/1.1|Host: a||", expect: METHOD },
  { name: "a TLS handshake", wire: "\x16\x03\x01\x02\0", expect: refused("tls-on-plain-port") },
  { name: "16 inside a method", wire: "G\x16", expect: METHOD },
  {
    name: "a method of 32 octets",
    wire: "A".repeat(32) + " / HTTP/1.1|Host: a||",
    expect: { method: "A".repeat(32) },
  },
  {
    name: "a method of 33 octets",
    wire: "A".repeat(33) + " / HTTP/1.1|Host: a||",
    expect: refused("method-too-long", 501),
  },
  {
    name: "a lower-case method",
    wire: "get / HTTP/1.1|Host: a||",
    expect: refused("method-not-supported", 501),
  },
  {
    name: "a method in mixed case",
    wire: "Get / HTTP/1.1|Host: a||",
    expect: refused("method-not-supported", 501),
  },
  {
    name: "a lower-case method, lenient",
    wire: "get / HTTP/1.1|Host: a||",
    limits: LENIENT,
    expect: { method: "get" },
  },
  {
    name: "a lower-case method of 33 octets, lenient",
    wire: "a".repeat(33),
    limits: LENIENT,
    expect: refused("method-too-long", 501),
  },
  {
    name: "CONNECT",
    wire: "CONNECT h:80 HTTP/1.1|Host: h:80||",
    expect: refused("method-not-allowed", 405),
  },
  {
    name: "CONNECT in lower case, lenient",
    wire: "connect h:80 HTTP/1.1|Host: h||",
    limits: LENIENT,
    expect: TARGET,
  },
  {
    name: "CONNECT to a proxy",
    wire: "CONNECT h:80 HTTP/1.1|Host: x||",
    limits: PROXY,
    expect: { target: { form: "authority", raw: "h:80", authority: "h:80" }, authority: "h:80" },
  },
  {
    name: "CONNECT without a port",
    wire: "CONNECT h HTTP/1.1|Host: h||",
    limits: PROXY,
    expect: TARGET,
  },
  {
    name: "CONNECT with a path",
    wire: "CONNECT / HTTP/1.1|Host: h||",
    limits: PROXY,
    expect: TARGET,
  },

  // RFC 9112 §3.2: request target
  { name: "a relative path", wire: "GET a HTTP/1.1|Host: a||", expect: TARGET },
  { name: "authority-form with GET", wire: "GET h:80 HTTP/1.1|Host: h||", expect: TARGET },
  {
    name: "* with OPTIONS",
    wire: "OPTIONS * HTTP/1.1|Host: a||",
    expect: { target: { form: "asterisk", raw: "*" } },
  },
  { name: "* with GET", wire: "GET * HTTP/1.1|Host: a||", expect: TARGET },
  {
    name: "absolute-form beats Host",
    wire: "GET http://h:81/a?b HTTP/1.1|Host: other||",
    expect: {
      target: {
        form: "absolute",
        raw: "http://h:81/a?b",
        scheme: "http",
        authority: "h:81",
        path: "/a",
        query: "b",
      },
      authority: "h:81",
    },
  },
  {
    name: "absolute-form without Host",
    wire: "GET http://h/ HTTP/1.1||",
    expect: refused("missing-host"),
  },
  {
    name: "absolute-form without Host in 1.0",
    wire: "GET http://h/ HTTP/1.0||",
    expect: { authority: "h" },
  },
  {
    name: "absolute-form with a malformed Host",
    wire: "GET http://h/ HTTP/1.1|Host: a b||",
    expect: HOST,
  },
  {
    name: "absolute-form with an empty Host",
    wire: "GET http://h/ HTTP/1.1|Host:||",
    expect: HOST,
  },
  {
    name: "absolute-form without a host",
    wire: "GET http:///x HTTP/1.1|Host: a||",
    expect: TARGET,
  },
  {
    name: "absolute-form with a port only",
    wire: "GET http://:80/x HTTP/1.1|Host: a||",
    expect: TARGET,
  },
  {
    name: "absolute-form with userinfo",
    wire: "GET http://u@h/ HTTP/1.1|Host: h||",
    expect: TARGET,
  },
  { name: "another scheme", wire: "GET ftp://h/ HTTP/1.1|Host: h||", expect: TARGET },
  { name: "a fragment", wire: "GET /#a HTTP/1.1|Host: a||", expect: TARGET },
  { name: "a fragment behind a query", wire: "GET /?a#b HTTP/1.1|Host: a||", expect: TARGET },
  { name: "a backslash in the path", wire: "GET /x\\..\\y HTTP/1.1|Host: a||", expect: TARGET },
  {
    name: "a backslash in the path, lenient",
    wire: "GET /\\ HTTP/1.1|Host: a||",
    limits: LENIENT,
    expect: TARGET,
  },
  {
    name: "a backslash in the query",
    wire: "GET /?\\ HTTP/1.1|Host: a||",
    expect: { method: "GET" },
  },
  { name: "a quote in the path", wire: 'GET /" HTTP/1.1|Host: a||', expect: TARGET },
  {
    name: "a quote in the path, lenient",
    wire: 'GET /" HTTP/1.1|Host: a||',
    limits: LENIENT,
    expect: { method: "GET" },
  },
  { name: "NUL in the target", wire: "GET /\0 HTTP/1.1|Host: a||", expect: TARGET },
  { name: "obs-text in the target", wire: "GET /\xe4 HTTP/1.1|Host: a||", expect: TARGET },
  { name: "DEL in the query", wire: "GET /?\x7f HTTP/1.1|Host: a||", expect: TARGET },
  {
    name: "a line as long as allowed",
    wire: "GET /abc HTTP/1.1|Host: a||",
    limits: { maxRequestLineSize: 17 },
    expect: { method: "GET" },
  },
  {
    name: "a line an octet longer",
    wire: "GET /abcd HTTP/1.1|Host: a||",
    limits: { maxRequestLineSize: 17 },
    expect: TOO_LONG,
  },
  {
    name: "a target that passes the limit",
    wire: "GET /" + "a".repeat(30),
    limits: { maxRequestLineSize: 20 },
    expect: TOO_LONG,
  },
  {
    name: "a query that passes the limit",
    wire: "GET /?" + "a".repeat(30),
    limits: { maxRequestLineSize: 20 },
    expect: TOO_LONG,
  },
  {
    name: "a method that passes the limit",
    wire: "ABCDEF",
    limits: { maxRequestLineSize: 5 },
    expect: TOO_LONG,
  },
  {
    name: "no limit of the line",
    wire: "GET / HTTP/1.1|Host: a||",
    limits: {
      maxRequestLineSize: Infinity,
      maxHeadSize: Infinity,
      maxFieldCount: Infinity,
      maxMethodSize: Infinity,
    },
    expect: { method: "GET" },
  },

  // RFC 9112 §2.3: version
  {
    name: "HTTP/1.2",
    wire: "GET / HTTP/1.2|Host: a||",
    expect: { minorVersion: 1, protocol: "HTTP/1.2", persistent: true },
  },
  {
    name: "HTTP/1.9",
    wire: "GET / HTTP/1.9|Host: a||",
    expect: { minorVersion: 1, protocol: "HTTP/1.9" },
  },
  { name: "HTTP/0.9", wire: "GET / HTTP/0.9|Host: a||", expect: NOT_SUPPORTED },
  { name: "HTTP/2.0", wire: "GET / HTTP/2.0|Host: a||", expect: NOT_SUPPORTED },
  { name: "HTTP/2.15", wire: "GET / HTTP/2.15|Host: a||", expect: NOT_SUPPORTED },
  { name: "the preface of HTTP/2", wire: "PRI * HTTP/2.0||SM||", expect: NOT_SUPPORTED },
  { name: "HTTP/1", wire: "GET / HTTP/1|Host: a||", expect: VERSION },
  { name: "HTTP/1.", wire: "GET / HTTP/1.|Host: a||", expect: VERSION },
  { name: "HTTP/1.10", wire: "GET / HTTP/1.10|Host: a||", expect: VERSION },
  { name: "HTTP/01.1", wire: "GET / HTTP/01.1|Host: a||", expect: VERSION },
  { name: "HTTP/1.-1", wire: "GET / HTTP/1.-1|Host: a||", expect: VERSION },
  { name: "HTTP/1,1", wire: "GET / HTTP/1,1|Host: a||", expect: VERSION },
  { name: "HTTP/1.x", wire: "GET / HTTP/1.x|Host: a||", expect: VERSION },
  { name: "http/1.1", wire: "GET / http/1.1|Host: a||", expect: VERSION },
  { name: "HTTPS/1.1", wire: "GET / HTTPS/1.1|Host: a||", expect: VERSION },
  { name: "no version behind the space", wire: "GET / |Host: a||", expect: VERSION },

  // RFC 9112 §5: field section; the rest of its rows is in field_section_test.ts
  {
    name: "obs-text in a value",
    wire: "GET /abc?d HTTP/1.1|Host: a|X: \xe4||",
    expect: { method: "GET", authority: "a" },
  },
  {
    name: "a first line with whitespace",
    wire: "GET / HTTP/1.1| Host: a||",
    expect: refused("malformed-field-line"),
  },
  {
    name: "whitespace before the colon",
    wire: "GET / HTTP/1.1|Host : a||",
    expect: refused("malformed-field-line"),
  },
  {
    name: "folding",
    wire: "GET / HTTP/1.1|Host: a|X: b| c||",
    expect: refused("obsolete-line-folding"),
  },
  {
    name: "a bare LF in the fields",
    wire: "GET / HTTP/1.1|Host: a\n\n",
    expect: refused("malformed-field-line"),
  },
  {
    name: "a field too many",
    wire: "GET / HTTP/1.1|Host: a|B: c||",
    limits: { maxFieldCount: 1 },
    expect: refused("too-many-fields", 431),
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
    expect: refused("head-too-large", 431),
  },
  {
    name: "underscores refused",
    wire: "GET / HTTP/1.1|Host: a|A_B: c||",
    limits: { underscoreHeaders: "refuse" },
    expect: refused("underscore-in-field-name"),
  },

  // RFC 9112 §3.2, RFC 9110 §7.2: Host
  { name: "no Host", wire: "GET / HTTP/1.1||", expect: refused("missing-host") },
  { name: "no Host in HTTP/1.2", wire: "GET / HTTP/1.2||", expect: refused("missing-host") },
  {
    name: "two Hosts",
    wire: "GET / HTTP/1.1|Host: a|Host: a||",
    expect: refused("duplicate-host"),
  },
  {
    name: "two Hosts in HTTP/1.0",
    wire: "GET / HTTP/1.0|Host: a|host: b||",
    expect: refused("duplicate-host"),
  },
  {
    name: "an empty Host and another",
    wire: "GET / HTTP/1.1|Host:|Host: b||",
    expect: refused("duplicate-host"),
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
    expect: refused("conflicting-length"),
  },
  {
    name: "a length and a coding",
    wire: "POST / HTTP/1.1|Host: a|Content-Length: 3|Transfer-Encoding: chunked||",
    expect: refused("length-and-transfer-coding"),
  },
  {
    name: "a coding in HTTP/1.0",
    wire: "POST / HTTP/1.0|Transfer-Encoding: chunked||",
    expect: refused("transfer-coding-in-http-1.0"),
  },
  {
    name: "codings on two lines",
    wire: "POST / HTTP/1.1|Host: a|Transfer-Encoding: gzip|Transfer-Encoding: chunked||",
    expect: refused("transfer-coding-not-supported", 501),
  },
  {
    name: "the missing Host before the framing",
    wire: "POST / HTTP/1.1|Content-Length: x||",
    expect: refused("missing-host"),
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

for (const { name, wire, limits, expect } of ROWS) {
  const octets = octetsOf(wire);
  for (const manner of ["whole", "octet by octet", "with octets following"] as const) {
    Deno.test(`RequestHeadParser, ${name}, ${manner}`, () => {
      const parser = new RequestHeadParser({ ...LIMITS, ...limits });
      const buffer = new ReceiveBuffer(64, 4096);
      const following = manner === "with octets following" ? octetsOf("\0rest") : new Uint8Array(0);
      const run = () => feed(parser, buffer, octets, following, manner === "octet by octet");
      if ("error" in expect) {
        const error = assertThrows(run, ProtocolError);
        assertEquals([error.code, error.status], [expect.error, expect.status]);
        assertStrictEquals(assertThrows(() => parser.parse(buffer)), error, "it stays refused");
        return;
      }
      const head = run();
      assertEquals({ ...head, ...expect }, head);
      assertEquals(buffer.length, following.length);
      assertEquals(parser.started, false);
    });
  }
}

Deno.test("RequestHeadParser keeps field lines as they came", () => {
  const wire = "GET / HTTP/1.1|hOST: a|X-A:  1 |x-a: 2|Y:||";
  const head = read(new RequestHeadParser(LIMITS), wire);
  assertEquals(head?.fields.entries(), [["hOST", "a"], ["X-A", "1"], ["x-a", "2"], ["Y", ""]]);
});

Deno.test("RequestHeadParser drops fields with an underscore on demand", () => {
  const parser = new RequestHeadParser({ ...LIMITS, underscoreHeaders: "drop" });
  const head = read(parser, "POST / HTTP/1.1|Host: a|Content_Length: 5|X: 1||");
  assertEquals(head?.fields.entries(), [["Host", "a"], ["X", "1"]]);
  assertEquals(head?.framing, { kind: "none" });
});

Deno.test("RequestHeadParser has started at the first octet that is not of an empty line", () => {
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

Deno.test("RequestHeadParser goes on when the buffer has moved or grown", () => {
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

Deno.test("RequestHeadParser gives repeated fields the same meaning, and changed ones another", () => {
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

Deno.test("RequestHeadParser refuses in HTTP/1.1 what was all right in HTTP/1.0", () => {
  const parser = new RequestHeadParser(LIMITS);
  for (let time = 0; time < 3; time++) read(parser, "GET / HTTP/1.0|X: 1||");
  assertEquals(
    assertThrows(() => read(parser, "GET / HTTP/1.1|X: 1||"), ProtocolError).code,
    "missing-host",
  );
});

Deno.test("RequestHeadParser refuses a repeated empty Host when the target has an authority", () => {
  const parser = new RequestHeadParser(LIMITS);
  for (let time = 0; time < 3; time++) read(parser, "GET / HTTP/1.1|Host:||");
  const error = assertThrows(() => read(parser, "GET http://a/ HTTP/1.1|Host:||"), ProtocolError);
  assertEquals(error.code, "malformed-host");
});

Deno.test("messages quote what was found, escaped and shortened", () => {
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

function read(parser: RequestHeadParser, wire: string): RequestHead | undefined {
  const buffer = new ReceiveBuffer(4096);
  put(buffer, octetsOf(wire));
  return parser.parse(buffer);
}

/** Puts all octets in and gives the head that the last of them completed. */
function feed(
  parser: RequestHeadParser,
  buffer: ReceiveBuffer,
  octets: Uint8Array,
  following: Uint8Array,
  byOctet: boolean,
): RequestHead | undefined {
  if (!byOctet) {
    put(buffer, octets);
    put(buffer, following);
    return parser.parse(buffer);
  }
  for (const [index, octet] of octets.entries()) {
    put(buffer, Uint8Array.of(octet));
    const head = parser.parse(buffer);
    if (head === undefined) continue;
    assertEquals(index, octets.length - 1, "not before the last octet");
    return head;
  }
}

function put(buffer: ReceiveBuffer, octets: Uint8Array): void {
  for (let from = 0; from < octets.length;) {
    const space = buffer.space();
    const piece = octets.subarray(from, from + space.length);
    space.set(piece);
    buffer.commit(piece.length);
    from += piece.length;
  }
}

function octetsOf(wire: string): Uint8Array {
  return Uint8Array.from(wire.replaceAll("|", "\r\n"), (character) => character.charCodeAt(0));
}
