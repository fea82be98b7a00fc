// RFC 9112 §9: requests after which the connection stays open or ends, and the order of responses to
// pipelined requests.

import type { Outcome, Row } from "./row.ts";

export const persistence: readonly Row[] = [
  ...options(),
  ...pipelines(),
  {
    name: "requests of which the first ends exactly at the end of a read buffer",
    wire: `GET /1 HTTP/1.1|Host: a|X: ${"x".repeat(16_384 - 32)}||GET /2 HTTP/1.1|Host: a||`,
    expect: [{ method: "GET", target: "/1" }, { method: "GET", target: "/2" }],
    clause: "RFC 9112 §9.3.2",
    cheroot: "B5.10",
  },
  {
    name: "requests of which the first ends exactly after 8192 octets",
    wire: `GET /1 HTTP/1.1|Host: a|X: ${"x".repeat(8_192 - 32)}||GET /2 HTTP/1.1|Host: a||`,
    expect: [{ method: "GET", target: "/1" }, { method: "GET", target: "/2" }],
    clause: "RFC 9112 §9.3.2",
    cheroot: "B5.10",
  },
];

function options(): Row[] {
  const open: [lines: string, cheroot?: string][] = [
    ["Accept: */*", "B5.1"],
    ["Connection: keep-alive"],
    ["Connection: Keep-Alive"],
    ["Connection:"],
    ["Connection: ,"],
    ["Connection: closed"],
    ["Connection: x-close"],
    ["Connection: clos"],
    ["Connection: Upgrade, HTTP2-Settings|Upgrade: h2c|HTTP2-Settings: AAMAAABk"],
    ["Proxy-Connection: close"],
    ["Keep-Alive: timeout=5, max=1"],
    ["X-Connection: close"],
  ];
  const closed: [lines: string, cheroot?: string][] = [
    ["Connection: close", "B5.2"],
    ["connection: close", "B5.2"],
    ["Connection: Close", "B5.3"],
    ["Connection: CLOSE", "B5.3"],
    ["Connection: x, close", "B5.3"],
    ["Connection: close, x"],
    ["Connection: x,close,y"],
    ["Connection: \tclose\t,"],
    ["Connection: , ,close"],
    ["Connection: x|Connection: close", "B5.3"],
    ["Connection: close|Connection: x", "B5.3"],
    ["Connection: keep-alive, close"],
    ["Connection: close, keep-alive"],
    ["Connection: keep-alive|Connection: close"],
  ];
  return [
    ...open.map(([lines, cheroot]): Row => ({
      name: `HTTP/1.1 persists with ${lines.replaceAll("|", ", ")}`,
      wire: `GET / HTTP/1.1|Host: a|${lines}||`,
      expect: { method: "GET", target: "/" },
      clause: "RFC 9112 §9.3",
      cheroot,
    })),
    ...closed.map(([lines, cheroot]): Row => ({
      name: `HTTP/1.1 ends with ${JSON.stringify(lines)}`,
      wire: `GET / HTTP/1.1|Host: a|${lines}||`,
      expect: { method: "GET", target: "/", open: false },
      clause: "RFC 9112 §9.6",
      cheroot,
    })),
  ];
}

function pipelines(): Row[] {
  const get = (target: string, lines = "") => `GET ${target} HTTP/1.1|Host: a|${lines}|`;
  const seen = (target: string): Outcome => ({ method: "GET", target });
  const rejected: Outcome = { error: "malformed-method", status: 400 };
  return [
    {
      name: "two pipelined requests",
      wire: get("/1") + get("/2"),
      expect: [seen("/1"), seen("/2")],
      clause: "RFC 9112 §9.3.2",
      cheroot: "B5.9",
    },
    {
      name: "twenty pipelined requests",
      wire: Array.from({ length: 20 }, (_, n) => get(`/${n}`)).join(""),
      expect: Array.from({ length: 20 }, (_, n) => seen(`/${n}`)),
      clause: "RFC 9112 §9.3.2",
      cheroot: "B5.9",
    },
    {
      name: "pipelined requests with and without content",
      wire: "POST /1 HTTP/1.1|Host: a|Content-Length: 2||ab" + get("/2") +
        "PUT /3 HTTP/1.1|Host: a|Transfer-Encoding: chunked||2|cd|0||" + get("/4"),
      expect: [
        { method: "POST", target: "/1", content: "ab" },
        seen("/2"),
        { method: "PUT", target: "/3", content: "cd" },
        seen("/4"),
      ],
      clause: "RFC 9112 §9.3.2",
      cheroot: "B5.9",
    },
    {
      name: "pipelined HEAD between GETs",
      wire: get("/1") + "HEAD /2 HTTP/1.1|Host: a||" + get("/3"),
      expect: [seen("/1"), { method: "HEAD", target: "/2" }, seen("/3")],
      clause: "RFC 9112 §6.3",
    },
    {
      name: "the rejection of a bad request comes after the response to the request before it",
      wire: get("/1") + "(|",
      expect: [seen("/1"), rejected],
      clause: "RFC 9112 §9.3.2",
      cheroot: "B5.9",
    },
    {
      name: "a bad request after three good ones",
      wire: get("/1") + get("/2") + get("/3") + "GET / HTTP/1.1||",
      expect: [seen("/1"), seen("/2"), seen("/3"), { error: "missing-host", status: 400 }],
      clause: "RFC 9112 §9.3.2",
      cheroot: "B5.9",
    },
    {
      name: "a request after Connection: close is ignored",
      wire: get("/1", "Connection: close|") + get("/2"),
      expect: { method: "GET", target: "/1", open: false },
      clause: "RFC 9112 §9.6",
      cheroot: "B5.2",
    },
    {
      name: "garbage after Connection: close is ignored",
      wire: get("/1", "Connection: close|") + "\x00\x01\x02(||",
      expect: { method: "GET", target: "/1", open: false },
      clause: "RFC 9112 §9.6",
    },
    {
      name: "Connection: close on the second of three",
      wire: get("/1") + get("/2", "Connection: close|") + get("/3"),
      expect: [seen("/1"), { method: "GET", target: "/2", open: false }],
      clause: "RFC 9112 §9.6",
      cheroot: "B5.2",
    },
    {
      name: "Connection: close with content",
      wire: "POST /1 HTTP/1.1|Host: a|Connection: close|Content-Length: 3||abc" + get("/2"),
      expect: { method: "POST", target: "/1", content: "abc", open: false },
      clause: "RFC 9112 §9.6",
      cheroot: "B5.2",
    },
    {
      name: "a request after a rejected request is ignored",
      wire: "GET / HTTP/1.1|Host: a b||" + get("/smuggled"),
      expect: { error: "malformed-host", status: 400 },
      clause: "RFC 9112 §9.6",
    },
    {
      name: "a request after rejected content is ignored",
      wire: "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||x||" + get("/smuggled"),
      expect: { error: "malformed-chunk", status: 400 },
      clause: "RFC 9112 §9.6",
    },
  ];
}
