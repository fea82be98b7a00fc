// RFC 9112 §6.1: Transfer-Encoding. Only the coding chunked is accepted. A request whose framing two
// readers could see differently is rejected, and the connection is closed.

import type { Outcome, Row } from "./row.ts";

const BAD_CODING: Outcome = { error: "malformed-transfer-coding", status: 400 };
const UNKNOWN_CODING: Outcome = { error: "transfer-coding-not-supported", status: 501 };
const BOTH: Outcome = { error: "length-and-transfer-coding", status: 400 };
const CODING_IN_1_0: Outcome = { error: "transfer-coding-in-http-1.0", status: 400 };

export const transferCoding: readonly Row[] = rows();

function rows(): Row[] {
  const post = (lines: string) => `POST / HTTP/1.1|Host: a|${lines}||5|hello|0||`;
  const accepted = [
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: Chunked",
    "Transfer-Encoding: CHUNKED",
    "Transfer-Encoding:\t chunked \t",
    "Transfer-Encoding: , chunked ,,",
    "transfer-ENCODING: chunked",
  ];
  const codings: [lines: string, outcome: Outcome, cheroot?: string][] = [
    ["Transfer-Encoding: gzip", UNKNOWN_CODING, "B3.12"],
    ["Transfer-Encoding: foo", UNKNOWN_CODING, "B3.12"],
    ["Transfer-Encoding: identity", UNKNOWN_CODING, "B3.12"],
    ["Transfer-Encoding: gzip, chunked", UNKNOWN_CODING, "B3.12"],
    ["Transfer-Encoding: identity, chunked", UNKNOWN_CODING],
    ["Transfer-Encoding: gzip|Transfer-Encoding: chunked", UNKNOWN_CODING],
    ["Transfer-Encoding: xchunked", UNKNOWN_CODING],
    ["Transfer-Encoding: chunkedx", UNKNOWN_CODING],
    ["Transfer-Encoding: chunke", UNKNOWN_CODING],
    ["Transfer-Encoding: chunked, gzip", BAD_CODING, "B3.12"],
    ["Transfer-Encoding: chunked|Transfer-Encoding: gzip", BAD_CODING],
    ["Transfer-Encoding: chunked, chunked", BAD_CODING, "B3.13"],
    ["Transfer-Encoding: chunked|Transfer-Encoding: chunked", BAD_CODING, "B3.13"],
    ["Transfer-Encoding: chunked, identity, chunked", BAD_CODING],
    ["Transfer-Encoding:", BAD_CODING],
    ["Transfer-Encoding: ,", BAD_CODING],
    ["Transfer-Encoding: chunked chunked", BAD_CODING],
    ["Transfer-Encoding: chunked;q=1", BAD_CODING],
    ['Transfer-Encoding: "chunked"', BAD_CODING],
    ["Transfer-Encoding: 'chunked'", UNKNOWN_CODING],
    ["Transfer-Encoding: \xa0chunked", BAD_CODING],
    ["Transfer-Encoding: chunked\xa0", BAD_CODING],
    ["Transfer-Encoding: chun\xe2\x84\xaaed", BAD_CODING],
    ["Transfer-Encoding: chunked\x0b", { error: "malformed-field-line", status: 400 }],
  ];
  const both = [
    "Content-Length: 5|Transfer-Encoding: chunked",
    "Transfer-Encoding: chunked|Content-Length: 5",
    "Transfer-Encoding: chunked|Content-Length: 0",
    "Transfer-Encoding: gzip|Content-Length: 5",
    "Transfer-Encoding: chunked|Content-Length: x",
  ];
  return [
    ...accepted.map((line): Row => ({
      name: `the transfer coding of ${JSON.stringify(line)}`,
      wire: post(line),
      expect: { method: "POST", target: "/", content: "hello" },
      clause: "RFC 9112 §6.1",
    })),
    ...codings.map(([lines, outcome, cheroot]): Row => ({
      name: `the rejected transfer coding of ${JSON.stringify(lines)}`,
      wire: post(lines),
      expect: outcome,
      clause: "RFC 9112 §6.1",
      cheroot,
    })),
    ...both.map((lines): Row => ({
      name: `two framings at once: ${lines.replace("|", ", ")}`,
      wire: post(lines),
      expect: BOTH,
      clause: "RFC 9112 §6.1",
      cheroot: "B3.14",
    })),
    {
      name: "Transfer-Encoding in HTTP/1.0",
      wire: "POST / HTTP/1.0|Host: a|Transfer-Encoding: chunked||5|hello|0||",
      expect: CODING_IN_1_0,
      clause: "RFC 9112 §6.1",
      cheroot: "B3.15",
    },
    {
      name: "Transfer-Encoding in HTTP/1.0 that asks for keep-alive",
      wire: "POST / HTTP/1.0|Connection: keep-alive|Transfer-Encoding: chunked||5|hello|0||",
      expect: CODING_IN_1_0,
      clause: "RFC 9112 §6.1",
      cheroot: "B3.15",
    },
    {
      name: "Transfer-Encoding in HTTP/1.2",
      wire: "POST / HTTP/1.2|Host: a|Transfer-Encoding: chunked||5|hello|0||",
      expect: { method: "POST", target: "/", content: "hello" },
      clause: "RFC 9112 §6.1",
    },
    {
      name: "Transfer_Encoding is not Transfer-Encoding",
      wire: "POST / HTTP/1.1|Host: a|Transfer_Encoding: chunked||",
      expect: { method: "POST", target: "/", content: "" },
      clause: "RFC 9112 §6.3",
    },
    {
      name: "TE does not change the framing of the request",
      wire: "POST / HTTP/1.1|Host: a|TE: trailers, chunked|Content-Length: 2||ok",
      expect: { method: "POST", target: "/", content: "ok" },
      clause: "RFC 9110 §10.1.4",
    },
  ];
}
