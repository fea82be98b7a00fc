// HTTP/1.0 requests (RFC 1945) as RFC 9112 allows them. The connection ends unless the client asks for
// keep-alive. Chunked, 100 (Continue) and a required Host do not exist in HTTP/1.0.

import type { Row } from "./row.ts";

export const http10: readonly Row[] = [
  {
    name: "HTTP/1.0 ends after its response",
    wire: "GET / HTTP/1.0|Host: a||",
    expect: { method: "GET", target: "/", protocol: "HTTP/1.0", authority: "a", open: false },
    clause: "RFC 9112 §9.3",
    cheroot: "B5.4",
  },
  {
    name: "HTTP/1.0 without Host",
    wire: "GET /x HTTP/1.0|Accept: */*||",
    expect: { method: "GET", target: "/x", authority: "", open: false },
    clause: "RFC 9112 §3.2",
  },
  {
    name: "HTTP/1.0 with an empty Host",
    wire: "GET /x HTTP/1.0|Host:||",
    expect: { method: "GET", target: "/x", authority: "", open: false },
    clause: "RFC 9112 §3.2",
  },
  {
    name: "a request after an HTTP/1.0 request is ignored",
    wire: "GET /1 HTTP/1.0||GET /2 HTTP/1.0||",
    expect: { method: "GET", target: "/1", open: false },
    clause: "RFC 9112 §9.3",
    cheroot: "B5.4",
  },
  ...["Keep-Alive", "keep-alive", "KEEP-ALIVE", "x, keep-alive", "keep-alive, x"].map(
    (option): Row => ({
      name: `HTTP/1.0 persists with Connection: ${option}`,
      wire: `GET / HTTP/1.0|Host: a|Connection: ${option}||`,
      expect: { method: "GET", target: "/", protocol: "HTTP/1.0" },
      clause: "RFC 9112 §9.3",
      cheroot: option === "Keep-Alive" ? "B5.5" : option === "keep-alive" ? "B5.6" : undefined,
    }),
  ),
  ...[
    "close",
    "keep-alive, close",
    "close, keep-alive",
    "keep-alived",
    "Keep-Alive|Connection: close",
  ]
    .map((option): Row => ({
      name: `HTTP/1.0 ends with Connection: ${option.replace("|", ", ")}`,
      wire: `GET / HTTP/1.0|Host: a|Connection: ${option}||`,
      expect: { method: "GET", target: "/", open: false },
      clause: "RFC 9112 §9.3",
    })),
  {
    name: "two pipelined HTTP/1.0 requests that ask for keep-alive",
    wire: "GET /1 HTTP/1.0|Connection: keep-alive||GET /2 HTTP/1.0|Connection: keep-alive||",
    expect: [{ method: "GET", target: "/1" }, { method: "GET", target: "/2" }],
    clause: "RFC 9112 §9.3",
    cheroot: "B5.5",
  },
  {
    name: "HTTP/1.0 and HTTP/1.1 on one connection",
    wire: "GET /1 HTTP/1.0|Connection: keep-alive||GET /2 HTTP/1.1|Host: a||GET /3 HTTP/1.0||",
    expect: [
      { method: "GET", target: "/1", protocol: "HTTP/1.0" },
      { method: "GET", target: "/2", protocol: "HTTP/1.1" },
      { method: "GET", target: "/3", protocol: "HTTP/1.0", open: false },
    ],
    clause: "RFC 9112 §9.3",
  },
  {
    name: "HTTP/1.0 with content",
    wire: "POST / HTTP/1.0|Content-Length: 5||hello",
    expect: { method: "POST", target: "/", content: "hello", open: false },
    clause: "RFC 9112 §6.2",
  },
  {
    name: "HTTP/1.0 POST without a length has no content",
    wire: "POST / HTTP/1.0||hello",
    expect: { method: "POST", target: "/", content: "", open: false },
    clause: "RFC 9112 §6.3",
  },
  {
    name: "HTTP/1.0 with content and keep-alive",
    wire: "POST /1 HTTP/1.0|Connection: keep-alive|Content-Length: 5||helloGET /2 HTTP/1.0||",
    expect: [
      { method: "POST", target: "/1", content: "hello" },
      { method: "GET", target: "/2", open: false },
    ],
    clause: "RFC 9112 §9.3",
  },
  {
    name: "HTTP/1.0 with content that is cut off",
    wire: "POST / HTTP/1.0|Content-Length: 5||hell",
    expect: { error: "incomplete-content", status: 400 },
    clause: "RFC 9112 §8",
  },
  {
    name: "HTTP/1.0 with two different Content-Length lines",
    wire: "POST / HTTP/1.0|Content-Length: 5|Content-Length: 6||hello",
    expect: { error: "conflicting-length", status: 400 },
    clause: "RFC 9112 §6.3",
  },
  {
    name: "HTTP/1.0 with a bare LF",
    wire: "GET / HTTP/1.0\n\n",
    expect: { error: "malformed-request-line", status: 400 },
    clause: "RFC 9112 §2.2",
  },
];
