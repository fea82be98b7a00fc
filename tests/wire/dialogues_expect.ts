// RFC 9110 §10.1.1 in time: 100 (Continue) is sent when the application asks for content that has not
// come, and never otherwise.

import type { Dialogue } from "./dialogue.ts";
import type { Answer } from "./response_row.ts";

const POST = "POST / HTTP/1.1|Host: a|Expect: 100-continue|Content-Length: 5||";
const HELLO: Answer = { status: 200, framing: "length", content: "hello" };

const echo = async (request: Request) => new Response(await request.text());
const deaf = () => new Response("no", { status: 403 });

export const expectDialogues: readonly Dialogue[] = [
  {
    name: "100 is sent when the application reads",
    app: echo,
    steps: [{ send: POST }, { interim: 100 }, { send: "hello" }, { answer: HELLO }],
    clause: "RFC 9110 §10.1.1",
    cheroot: "B4.1",
  },
  {
    name: "100 is sent once, however the content comes",
    app: echo,
    steps: [
      { send: POST },
      { interim: 100 },
      { send: "he" },
      { quiet: true },
      { send: "llo" },
      { answer: HELLO },
    ],
    clause: "RFC 9110 §10.1.1",
    cheroot: "B4.1",
  },
  {
    name: "100 for a chunked content",
    app: echo,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Expect: 100-continue|Transfer-Encoding: chunked||" },
      { interim: 100 },
      { send: "5|hello|0||" },
      { answer: HELLO },
    ],
    clause: "RFC 9110 §10.1.1",
    cheroot: "B4.1",
  },
  {
    name: "100-Continue in another case is the same expectation",
    app: echo,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|expect: 100-Continue|Content-Length: 5||" },
      { interim: 100 },
      { send: "hello" },
      { answer: HELLO },
    ],
    clause: "RFC 9110 §10.1.1",
    cheroot: "B4.3",
  },
  {
    name: "HTTP/1.0 is not sent 100",
    app: echo,
    steps: [
      { send: "POST / HTTP/1.0|Expect: 100-continue|Content-Length: 5||" },
      { quiet: true },
      { send: "hello" },
      { answer: { ...HELLO, open: false } },
      { end: true },
    ],
    clause: "RFC 9110 §10.1.1",
    cheroot: "B4.2",
  },
  {
    name: "content that is there already needs no 100",
    app: echo,
    steps: [{ send: POST + "h" }, { quiet: true }, { send: "ello" }, { answer: HELLO }],
    clause: "RFC 9110 §10.1.1",
  },
  {
    name: "an expectation without content needs no 100",
    app: echo,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Expect: 100-continue|Content-Length: 0||" },
      { answer: { status: 200, framing: "length", content: "" } },
    ],
    clause: "RFC 9110 §10.1.1",
  },
  {
    name: "an application that does not read sends no 100, and the connection ends",
    app: deaf,
    steps: [
      { send: POST },
      { answer: { status: 403, framing: "length", content: "no", open: false } },
      { end: true },
    ],
    clause: "RFC 9110 §10.1.1",
    cheroot: "B4.1",
  },
  {
    name: "an application that does not read a chunked content sends no 100",
    app: deaf,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Expect: 100-continue|Transfer-Encoding: chunked||" },
      { answer: { status: 403, framing: "length", content: "no", open: false } },
      { end: true },
    ],
    clause: "RFC 9110 §10.1.1",
    cheroot: "B4.1",
  },
  {
    name: "a client that does not wait for the 100 is not sent it behind the answer",
    app: deaf,
    steps: [
      { send: POST + "hello" },
      { answer: { status: 403, framing: "length", content: "no", open: false } },
      { end: true },
    ],
    clause: "RFC 9110 §10.1.1",
  },
  {
    name: "the connection goes on behind a 100",
    app: echo,
    steps: [
      { send: POST },
      { interim: 100 },
      { send: "hello" },
      { answer: HELLO },
      { send: POST },
      { interim: 100 },
      { send: "again" },
      { answer: { ...HELLO, content: "again" } },
    ],
    clause: "RFC 9110 §10.1.1",
  },
  {
    name: "a content that is too large is refused instead of a 100",
    app: echo,
    options: { maxContentSize: 4 },
    steps: [
      { send: POST },
      { refused: { error: "content-too-large", status: 413 } },
      { end: true },
    ],
    clause: "RFC 9110 §10.1.1",
    cheroot: "B3.6",
  },
  {
    name: "faulty framing is refused instead of a 100",
    app: echo,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Expect: 100-continue|Content-Length: 5, 5||" },
      { refused: { error: "malformed-content-length", status: 400 } },
      { end: true },
    ],
    clause: "RFC 9112 §6.3",
  },
  {
    name: "103 does not stand in for 100",
    app: async (request, info) => {
      await info.informational(103);
      return new Response(await request.text());
    },
    steps: [{ send: POST }, { interim: 103 }, { interim: 100 }, { send: "hello" }, {
      answer: HELLO,
    }],
    clause: "RFC 9110 §15.2.1",
  },
  {
    name: "a client that gets its 100 and ends its side",
    app: echo,
    steps: [
      { send: POST },
      { interim: 100 },
      { send: "he" },
      { half: true },
      { refused: { error: "incomplete-content", status: 400 } },
      { end: true },
    ],
    clause: "RFC 9112 §8",
    cheroot: "B3.8",
  },
];
