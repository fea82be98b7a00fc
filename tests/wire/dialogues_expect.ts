// RFC 9110 §10.1.1: the server sends 100 (Continue) when the application asks for content that has not
// arrived, and in no other case.

import type { Dialogue } from "./dialogue.ts";
import type { ExpectedResponse } from "./response_row.ts";

const POST = "POST / HTTP/1.1|Host: a|Expect: 100-continue|Content-Length: 5||";
const HELLO: ExpectedResponse = { status: 200, framing: "length", content: "hello" };

const echo = async (request: Request) => new Response(await request.text());
const ignoreContent = () => new Response("no", { status: 403 });

export const expectDialogues: readonly Dialogue[] = [
  {
    name: "100 is sent when the application reads",
    app: echo,
    steps: [{ send: POST }, { interim: 100 }, { send: "hello" }, { response: HELLO }],
    clause: "RFC 9110 §10.1.1",
    cheroot: "B4.1",
  },
  {
    name: "100 is sent once although the content comes in pieces",
    app: echo,
    steps: [
      { send: POST },
      { interim: 100 },
      { send: "he" },
      { quiet: true },
      { send: "llo" },
      { response: HELLO },
    ],
    clause: "RFC 9110 §10.1.1",
    cheroot: "B4.1",
  },
  {
    name: "100 for chunked content",
    app: echo,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Expect: 100-continue|Transfer-Encoding: chunked||" },
      { interim: 100 },
      { send: "5|hello|0||" },
      { response: HELLO },
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
      { response: HELLO },
    ],
    clause: "RFC 9110 §10.1.1",
    cheroot: "B4.3",
  },
  {
    name: "HTTP/1.0 gets no 100",
    app: echo,
    steps: [
      { send: "POST / HTTP/1.0|Expect: 100-continue|Content-Length: 5||" },
      { quiet: true },
      { send: "hello" },
      { response: { ...HELLO, open: false } },
      { end: true },
    ],
    clause: "RFC 9110 §10.1.1",
    cheroot: "B4.2",
  },
  {
    name: "content that has begun to arrive needs no 100",
    app: echo,
    steps: [{ send: POST + "h" }, { quiet: true }, { send: "ello" }, { response: HELLO }],
    clause: "RFC 9110 §10.1.1",
  },
  {
    name: "Expect with Content-Length: 0 needs no 100",
    app: echo,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Expect: 100-continue|Content-Length: 0||" },
      { response: { status: 200, framing: "length", content: "" } },
    ],
    clause: "RFC 9110 §10.1.1",
  },
  {
    name: "without a read of the application no 100 is sent, and the connection ends",
    app: ignoreContent,
    steps: [
      { send: POST },
      { response: { status: 403, framing: "length", content: "no", open: false } },
      { end: true },
    ],
    clause: "RFC 9110 §10.1.1",
    cheroot: "B4.1",
  },
  {
    name: "without a read of chunked content no 100 is sent",
    app: ignoreContent,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Expect: 100-continue|Transfer-Encoding: chunked||" },
      { response: { status: 403, framing: "length", content: "no", open: false } },
      { end: true },
    ],
    clause: "RFC 9110 §10.1.1",
    cheroot: "B4.1",
  },
  {
    name: "a client that does not wait for 100 gets no 100 after the response",
    app: ignoreContent,
    steps: [
      { send: POST + "hello" },
      { response: { status: 403, framing: "length", content: "no", open: false } },
      { end: true },
    ],
    clause: "RFC 9110 §10.1.1",
  },
  {
    name: "the connection persists after a 100",
    app: echo,
    steps: [
      { send: POST },
      { interim: 100 },
      { send: "hello" },
      { response: HELLO },
      { send: POST },
      { interim: 100 },
      { send: "again" },
      { response: { ...HELLO, content: "again" } },
    ],
    clause: "RFC 9110 §10.1.1",
  },
  {
    name: "content that is too large is rejected without a 100",
    app: echo,
    options: { maxContentSize: 4 },
    steps: [
      { send: POST },
      { rejected: { error: "content-too-large", status: 413 } },
      { end: true },
    ],
    clause: "RFC 9110 §10.1.1",
    cheroot: "B3.6",
  },
  {
    name: "faulty framing is rejected without a 100",
    app: echo,
    steps: [
      { send: "POST / HTTP/1.1|Host: a|Expect: 100-continue|Content-Length: 5, 5||" },
      { rejected: { error: "malformed-content-length", status: 400 } },
      { end: true },
    ],
    clause: "RFC 9112 §6.3",
  },
  {
    name: "103 does not replace 100",
    app: async (request, info) => {
      await info.informational(103);
      return new Response(await request.text());
    },
    steps: [{ send: POST }, { interim: 103 }, { interim: 100 }, { send: "hello" }, {
      response: HELLO,
    }],
    clause: "RFC 9110 §15.2.1",
  },
  {
    name: "a client that gets 100 and half-closes within the content",
    app: echo,
    steps: [
      { send: POST },
      { interim: 100 },
      { send: "he" },
      { half: true },
      { rejected: { error: "incomplete-content", status: 400 } },
      { end: true },
    ],
    clause: "RFC 9112 §8",
    cheroot: "B3.8",
  },
];
