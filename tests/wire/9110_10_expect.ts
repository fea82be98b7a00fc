// RFC 9110 §10.1.1: requests with an Expect field. dialogues_expect.ts shows when 100 (Continue) is sent.

import type { Row } from "./row.ts";

export const expectation: readonly Row[] = [
  ...["100-continue", "100-Continue", "100-CONTINUE", " \t100-continue "].map((value): Row => ({
    name: `Expect: ${JSON.stringify(value)} with content`,
    wire: `POST / HTTP/1.1|Host: a|Expect: ${value}|Content-Length: 5||hello`,
    expect: { method: "POST", target: "/", content: "hello" },
    clause: "RFC 9110 §10.1.1",
    cheroot: value === "100-continue" ? "B4.1" : value === "100-Continue" ? "B4.3" : undefined,
  })),
  {
    name: "Expect: 100-continue with chunked content",
    wire: "POST / HTTP/1.1|Host: a|Expect: 100-continue|Transfer-Encoding: chunked||5|hello|0||",
    expect: { method: "POST", target: "/", content: "hello" },
    clause: "RFC 9110 §10.1.1",
    cheroot: "B4.1",
  },
  {
    name: "Expect: 100-continue without content",
    wire: "GET / HTTP/1.1|Host: a|Expect: 100-continue||",
    expect: { method: "GET", target: "/" },
    clause: "RFC 9110 §10.1.1",
  },
  {
    name: "Expect: 100-continue in HTTP/1.0 is ignored",
    wire: "POST / HTTP/1.0|Expect: 100-continue|Content-Length: 5||hello",
    expect: { method: "POST", target: "/", content: "hello", open: false },
    clause: "RFC 9110 §10.1.1",
    cheroot: "B4.2",
  },
  {
    name: "another expectation in HTTP/1.0 is ignored",
    wire: "GET / HTTP/1.0|Expect: tea||",
    expect: { method: "GET", target: "/", open: false },
    clause: "RFC 9110 §10.1.1",
  },
  ...["tea", "100-continue, tea", "100-continued", "200-ok", "100-continue=x"].map((
    value,
  ): Row => ({
    name: `the unknown expectation ${value}`,
    wire: `GET / HTTP/1.1|Host: a|Expect: ${value}||`,
    expect: { method: "GET", target: "/", serverResponse: 417, open: false },
    clause: "RFC 9110 §10.1.1",
    cheroot: value === "tea" ? "B4.4" : undefined,
  })),
  {
    name: "Expect: 100-continue with faulty framing",
    wire: "POST / HTTP/1.1|Host: a|Expect: 100-continue|Content-Length: x||",
    expect: { error: "malformed-content-length", status: 400 },
    clause: "RFC 9112 §6.3",
  },
];
