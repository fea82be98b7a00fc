// Request lines: rows of octets and the parsed parts or the error.

import { rejected, type Row, testRows } from "./head_rows.ts";

const LINE = rejected("malformed-request-line");
const METHOD = rejected("malformed-method");
const TARGET = rejected("malformed-target");
const VERSION = rejected("malformed-version");
const NOT_SUPPORTED = rejected("version-not-supported", 505);
const TOO_LONG = rejected("request-line-too-long", 414);
const HOST = rejected("malformed-host");
const LENIENT = { strictMode: false };
const PROXY = { proxyMode: true };

const ROWS: Row[] = [
  // RFC 9112 §2.2: empty lines
  { name: "an empty line before", wire: "|GET / HTTP/1.1|Host: a||", expect: { method: "GET" } },
  { name: "two empty lines before", wire: "||GET / HTTP/1.1|Host: a||", expect: { method: "GET" } },
  {
    name: "three empty lines before",
    wire: "|||GET / HTTP/1.1|Host: a||",
    expect: rejected("too-many-empty-lines"),
  },
  {
    name: "an empty line where none is allowed",
    wire: "|GET",
    limits: { maxEmptyLines: 0 },
    expect: rejected("too-many-empty-lines"),
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
  { name: "a TLS handshake", wire: "\x16\x03\x01\x02\0", expect: rejected("tls-on-plain-port") },
  { name: "16 inside a method", wire: "G\x16", expect: METHOD },
  {
    name: "a method of 32 octets",
    wire: "A".repeat(32) + " / HTTP/1.1|Host: a||",
    expect: { method: "A".repeat(32) },
  },
  {
    name: "a method of 33 octets",
    wire: "A".repeat(33) + " / HTTP/1.1|Host: a||",
    expect: rejected("method-too-long", 501),
  },
  {
    name: "a lower-case method",
    wire: "get / HTTP/1.1|Host: a||",
    expect: rejected("method-not-supported", 501),
  },
  {
    name: "a method in mixed case",
    wire: "Get / HTTP/1.1|Host: a||",
    expect: rejected("method-not-supported", 501),
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
    expect: rejected("method-too-long", 501),
  },
  {
    name: "CONNECT",
    wire: "CONNECT h:80 HTTP/1.1|Host: h:80||",
    expect: rejected("method-not-allowed", 405),
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
    name: "absolute-form takes precedence over Host",
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
    expect: rejected("missing-host"),
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
];

testRows(ROWS);
