// Nothing waits for ever: each wait for a client has a deadline and an answer (DESIGN 1.3). Deadlines are
// seen by a coarse sweep, so the clock is moved past them by more than its tick.

import type { Dialogue } from "./dialogue.ts";
import type { Answer } from "./response_row.ts";

const GET = "GET / HTTP/1.1|Host: a||";
const X: Answer = { status: 200, framing: "length", content: "x" };

const plain = () => new Response("x");
const echo = async (request: Request) => new Response(await request.text());

export const timeDialogues: readonly Dialogue[] = [
  {
    name: "a new connection that says nothing is closed without a word",
    app: plain,
    steps: [{ quiet: true }, { wait: 14_000 }, { quiet: true }, { wait: 3_000 }, { end: true }],
    clause: "DESIGN 1.3 headTimeout",
  },
  {
    name: "a new connection that sends nothing but an empty line is closed without a word",
    app: plain,
    steps: [{ send: "|" }, { quiet: true }, { wait: 17_000 }, { end: true }],
    clause: "DESIGN 1.3 headTimeout",
  },
  {
    name: "a part of a request line and then silence",
    app: plain,
    steps: [
      { send: "GET / HT" },
      { quiet: true },
      { wait: 17_000 },
      { refused: { error: "head-timeout", status: 408 } },
      { end: true },
    ],
    clause: "RFC 9110 §15.5.9",
  },
  {
    name: "a part of the fields and then silence",
    app: plain,
    steps: [
      { send: "GET / HTTP/1.1|Host: a|X-" },
      { quiet: true },
      { wait: 17_000 },
      { refused: { error: "head-timeout", status: 408 } },
      { end: true },
    ],
    clause: "RFC 9110 §15.5.9",
  },
  {
    name: "a head that drips is not given more time for each octet",
    app: plain,
    steps: [
      { drip: GET.slice(0, 20) },
      { refused: { error: "head-timeout", status: 408 } },
      { end: true },
    ],
    clause: "RFC 9110 §15.5.9",
  },
  {
    name: "a head that comes slowly but in time",
    app: plain,
    steps: [{ drip: "GET / HTT" }, { send: "P/1.1|Host: a||" }, { answer: X }],
    clause: "DESIGN 1.3 headTimeout",
  },
  {
    name: "a kept connection that stays idle is closed without a word",
    app: plain,
    steps: [
      { send: GET },
      { answer: X },
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
    name: "a kept connection that is used in time goes on",
    app: plain,
    steps: [
      { send: GET },
      { answer: X },
      { quiet: true },
      { wait: 60_000 },
      { send: GET },
      { answer: X },
      { quiet: true },
      { wait: 60_000 },
      { send: GET },
      { answer: X },
    ],
    clause: "RFC 9112 §9.5",
  },
  {
    name: "a kept connection with a part of the next head",
    app: plain,
    steps: [
      { send: GET },
      { answer: X },
      { send: "GET / " },
      { quiet: true },
      { wait: 17_000 },
      { refused: { error: "head-timeout", status: 408 } },
      { end: true },
    ],
    clause: "RFC 9110 §15.5.9",
  },
  {
    name: "a content that does not come although the application reads",
    app: echo,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Content-Length: 5||he" },
      { quiet: true },
      { wait: 32_000 },
      { refused: { error: "content-timeout", status: 408 } },
      { end: true },
    ],
    clause: "RFC 9110 §15.5.9",
    cheroot: "B3.9",
    options: { minContentRate: 0 },
  },
  {
    name: "a chunked content that does not come although the application reads",
    app: echo,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||5|he" },
      { quiet: true },
      { wait: 32_000 },
      { refused: { error: "content-timeout", status: 408 } },
      { end: true },
    ],
    clause: "RFC 9110 §15.5.9",
    cheroot: "B3.9",
    options: { minContentRate: 0 },
  },
  {
    name: "a content that drips is too slow",
    app: echo,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Content-Length: 100||" },
      { drip: "x".repeat(12) },
      { refused: { error: "content-too-slow", status: 408 } },
      { end: true },
    ],
    clause: "DESIGN 1.3 minContentRate",
  },
  {
    name: "a content that drips where any rate will do",
    app: echo,
    options: { minContentRate: 0 },
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Content-Length: 60||" },
      { drip: "x".repeat(60) },
      { answer: { status: 200, framing: "length", content: "x".repeat(60) } },
    ],
    clause: "DESIGN 1.3 contentTimeout",
  },
  {
    name: "a request that drips for longer than requestTimeout",
    app: echo,
    options: { minContentRate: 0, requestTimeout: 40_000 },
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Content-Length: 60||" },
      { drip: "x".repeat(60) },
      { refused: { error: "request-timeout", status: 408 } },
      { end: true },
    ],
    clause: "DESIGN 1.3 requestTimeout",
  },
  {
    name: "an unread content that does not come does not hold back the answer",
    app: plain,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Content-Length: 5||" },
      { answer: X },
      { quiet: true },
      { wait: 4_000 },
      { end: true },
    ],
    clause: "RFC 9112 §9.3",
    cheroot: "B3.10",
  },
  {
    name: "an unread content that comes behind the answer is read past",
    app: plain,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Content-Length: 5||" },
      { answer: X },
      { quiet: true },
      { send: "hello" + GET },
      { answer: X },
    ],
    clause: "RFC 9112 §9.3",
    cheroot: "B3.10",
  },
  {
    name: "an unread chunked content that comes behind the answer is read past",
    app: plain,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||2|he" },
      { answer: X },
      { quiet: true },
      { send: "|3|llo|0||" + GET },
      { answer: X },
    ],
    clause: "RFC 9112 §9.3",
    cheroot: "B3.11",
  },
  {
    name: "an unread chunked content that is malformed ends the connection",
    app: plain,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||2|he" },
      { answer: X },
      { quiet: true },
      { send: "llo|0||" + GET },
      { end: true },
    ],
    clause: "RFC 9112 §9.3",
    cheroot: "B3.11",
  },
  {
    name: "an unread chunked content that is too long to be read past ends the connection",
    app: plain,
    options: { drainLimit: 10 },
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||" },
      { answer: X },
      { quiet: true },
      { send: "14|" + "x".repeat(20) + "|0||" + GET },
      { end: true },
    ],
    clause: "RFC 9112 §9.3",
    cheroot: "B3.11",
  },
  {
    name: "a client that does not end its side is waited for only a while",
    app: plain,
    steps: [
      { send: "GET / HTTP/1.1|Host: a|Connection: close||" },
      { answer: { ...X, open: false } },
      { end: true },
      { quiet: true },
      { wait: 4_000 },
    ],
    clause: "RFC 9112 §9.6",
  },
  {
    name: "a client that does not read stalls, and is given up",
    app: () => new Response("x".repeat(1_000_000)),
    steps: [{ send: GET }, { stalled: true }, { wait: 62_000 }, { cut: true }],
    clause: "DESIGN 1.3 writeTimeout",
  },
  {
    name: "a client that half-closes gets its answers",
    app: echo,
    steps: [
      { send: GET + "POST / HTTP/1.1|Host: a|Content-Length: 5||hello" },
      { half: true },
      { answer: { status: 200, framing: "length", content: "" } },
      { answer: { status: 200, framing: "length", content: "hello" } },
      { end: true },
    ],
    clause: "RFC 9112 §9.6",
  },
  {
    name: "a client that sends on while it is refused still gets the answer",
    app: plain,
    steps: [
      { send: "GET / HTTP/1.1|Host: a b||" },
      { send: "x".repeat(50_000) },
      { refused: { error: "malformed-host", status: 400 } },
      { end: true },
    ],
    clause: "RFC 9112 §9.6",
  },
];
