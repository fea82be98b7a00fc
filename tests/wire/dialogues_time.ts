// Deadlines: each wait for a client ends at one (docs/options.md). A coarse sweep checks them, so the clock
// moves past a deadline by more than the sweep's tick.

import type { Dialogue } from "./dialogue.ts";
import type { ExpectedResponse } from "./response_row.ts";

const GET = "GET / HTTP/1.1|Host: a||";
const X: ExpectedResponse = { status: 200, framing: "length", content: "x" };

const plain = () => new Response("x");
const echo = async (request: Request) => new Response(await request.text());

export const timeDialogues: readonly Dialogue[] = [
  {
    name: "a new connection without an octet is closed without a response",
    app: plain,
    steps: [{ quiet: true }, { wait: 14_000 }, { quiet: true }, { wait: 3_000 }, { end: true }],
    clause: "docs/options.md headTimeout",
  },
  {
    name: "a new connection that sends only an empty line is closed without a response",
    app: plain,
    steps: [{ send: "|" }, { quiet: true }, { wait: 17_000 }, { end: true }],
    clause: "docs/options.md headTimeout",
  },
  {
    name: "part of a request line, then silence",
    app: plain,
    steps: [
      { send: "GET / HT" },
      { quiet: true },
      { wait: 17_000 },
      { rejected: { error: "head-timeout", status: 408 } },
      { end: true },
    ],
    clause: "RFC 9110 §15.5.9",
  },
  {
    name: "part of the field section, then silence",
    app: plain,
    steps: [
      { send: "GET / HTTP/1.1|Host: a|X-" },
      { quiet: true },
      { wait: 17_000 },
      { rejected: { error: "head-timeout", status: 408 } },
      { end: true },
    ],
    clause: "RFC 9110 §15.5.9",
  },
  {
    name: "a head that drips gets no more time for each octet",
    app: plain,
    steps: [
      { drip: GET.slice(0, 20) },
      { rejected: { error: "head-timeout", status: 408 } },
      { end: true },
    ],
    clause: "RFC 9110 §15.5.9",
  },
  {
    name: "a head that comes slowly but in time",
    app: plain,
    steps: [{ drip: "GET / HTT" }, { send: "P/1.1|Host: a||" }, { response: X }],
    clause: "docs/options.md headTimeout",
  },
  {
    name: "an idle connection is closed without a response",
    app: plain,
    steps: [
      { send: GET },
      { response: X },
      { quiet: true },
      { wait: 64_000 },
      { quiet: true },
      { wait: 3_000 },
      { end: true },
    ],
    clause: "RFC 9112 §9.5",
    cheroot: "B5.8",
  },
  {
    name: "a connection that is used in time stays open",
    app: plain,
    steps: [
      { send: GET },
      { response: X },
      { quiet: true },
      { wait: 60_000 },
      { send: GET },
      { response: X },
      { quiet: true },
      { wait: 60_000 },
      { send: GET },
      { response: X },
    ],
    clause: "RFC 9112 §9.5",
  },
  {
    name: "part of the next head on a kept connection, then silence",
    app: plain,
    steps: [
      { send: GET },
      { response: X },
      { send: "GET / " },
      { quiet: true },
      { wait: 17_000 },
      { rejected: { error: "head-timeout", status: 408 } },
      { end: true },
    ],
    clause: "RFC 9110 §15.5.9",
  },
  {
    name: "content that does not arrive while the application reads",
    app: echo,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Content-Length: 5||he" },
      { quiet: true },
      { wait: 32_000 },
      { rejected: { error: "content-timeout", status: 408 } },
      { end: true },
    ],
    clause: "RFC 9110 §15.5.9",
    cheroot: "B3.9",
    options: { minContentRate: 0 },
  },
  {
    name: "chunked content that does not arrive while the application reads",
    app: echo,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||5|he" },
      { quiet: true },
      { wait: 32_000 },
      { rejected: { error: "content-timeout", status: 408 } },
      { end: true },
    ],
    clause: "RFC 9110 §15.5.9",
    cheroot: "B3.9",
    options: { minContentRate: 0 },
  },
  {
    name: "content that drips is too slow",
    app: echo,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Content-Length: 100||" },
      { drip: "x".repeat(12) },
      { rejected: { error: "content-too-slow", status: 408 } },
      { end: true },
    ],
    clause: "docs/options.md minContentRate",
  },
  {
    name: "content that drips with minContentRate 0",
    app: echo,
    options: { minContentRate: 0 },
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Content-Length: 60||" },
      { drip: "x".repeat(60) },
      { response: { status: 200, framing: "length", content: "x".repeat(60) } },
    ],
    clause: "docs/options.md contentTimeout",
  },
  {
    name: "a request that drips for longer than requestTimeout",
    app: echo,
    options: { minContentRate: 0, requestTimeout: 40_000 },
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Content-Length: 60||" },
      { drip: "x".repeat(60) },
      { rejected: { error: "request-timeout", status: 408 } },
      { end: true },
    ],
    clause: "docs/options.md requestTimeout",
  },
  {
    name: "unread content that does not arrive does not delay the response",
    app: plain,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Content-Length: 5||" },
      { response: X },
      { quiet: true },
      { wait: 4_000 },
      { end: true },
    ],
    clause: "RFC 9112 §9.3",
    cheroot: "B3.10",
  },
  {
    name: "unread content that arrives after the response is drained",
    app: plain,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Content-Length: 5||" },
      { response: X },
      { quiet: true },
      { send: "hello" + GET },
      { response: X },
    ],
    clause: "RFC 9112 §9.3",
    cheroot: "B3.10",
  },
  {
    name: "unread chunked content that arrives after the response is drained",
    app: plain,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||2|he" },
      { response: X },
      { quiet: true },
      { send: "|3|llo|0||" + GET },
      { response: X },
    ],
    clause: "RFC 9112 §9.3",
    cheroot: "B3.11",
  },
  {
    name: "unread chunked content that is malformed ends the connection",
    app: plain,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||2|he" },
      { response: X },
      { quiet: true },
      { send: "llo|0||" + GET },
      { end: true },
    ],
    clause: "RFC 9112 §9.3",
    cheroot: "B3.11",
  },
  {
    name: "unread chunked content beyond drainLimit ends the connection",
    app: plain,
    options: { drainLimit: 10 },
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||" },
      { response: X },
      { quiet: true },
      { send: "14|" + "x".repeat(20) + "|0||" + GET },
      { end: true },
    ],
    clause: "RFC 9112 §9.3",
    cheroot: "B3.11",
  },
  {
    name: "the server lingers a short time for a client that does not close",
    app: plain,
    steps: [
      { send: "GET / HTTP/1.1|Host: a|Connection: close||" },
      { response: { ...X, open: false } },
      { end: true },
      { quiet: true },
      { wait: 4_000 },
    ],
    clause: "RFC 9112 §9.6",
  },
  {
    name: "a client that does not read is aborted after writeTimeout",
    app: () => new Response("x".repeat(1_000_000)),
    steps: [{ send: GET }, { stalled: true }, { wait: 62_000 }, { cut: true }],
    clause: "docs/options.md writeTimeout",
  },
  {
    name: "a client that half-closes gets its responses",
    app: echo,
    steps: [
      { send: GET + "POST / HTTP/1.1|Host: a|Content-Length: 5||hello" },
      { half: true },
      { response: { status: 200, framing: "length", content: "" } },
      { response: { status: 200, framing: "length", content: "hello" } },
      { end: true },
    ],
    clause: "RFC 9112 §9.6",
  },
  {
    name: "a client that keeps sending after its rejection gets the response",
    app: plain,
    steps: [
      { send: "GET / HTTP/1.1|Host: a b||" },
      { send: "x".repeat(50_000) },
      { rejected: { error: "malformed-host", status: 400 } },
      { end: true },
    ],
    clause: "RFC 9112 §9.6",
  },
];
