// RFC 9112 §7.1: chunk sizes, chunk data and the last chunk. Only CRLF ends a line here.

import type { Outcome, Row } from "./row.ts";

const MALFORMED: Outcome = { error: "malformed-chunk", status: 400 };
const INCOMPLETE: Outcome = { error: "incomplete-content", status: 400 };

const HEAD = "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||";

export const chunked: readonly Row[] = [
  ...sizes(),
  ...data(),
];

/** The expected request with this content. */
function accepted(content: string) {
  return { method: "POST", target: "/", content } as const;
}

function sizes(): Row[] {
  const taken: [what: string, wire: string, content: string][] = [
    ["one chunk", "3|abc|0||", "abc"],
    ["several chunks", "1|a|2|bc|3|def|0||", "abcdef"],
    ["no content at all", "0||", ""],
    ["a size in upper-case hex", "A|0123456789|0||", "0123456789"],
    ["a size in lower-case hex", "a|0123456789|0||", "0123456789"],
    ["a size of two digits", "1A|abcdefghijklmnopqrstuvwxyz|0||", "abcdefghijklmnopqrstuvwxyz"],
    ["a size with leading zeros", "0005|hello|0||", "hello"],
    ["a size of 16 digits", "0000000000000005|hello|0||", "hello"],
    ["a last chunk of several zeros", "5|hello|000||", "hello"],
  ];
  const malformed: [size: string, cheroot?: string][] = [
    ["0x5", "B3.18"],
    ["+5", "B3.18"],
    ["1_0", "B3.18"],
    [" 5", "B3.18"],
    ["\t5"],
    ["-5", "B3.19"],
    ["-0", "B3.19"],
    ["", "B3.20"],
    ["g", "B3.20"],
    ["hello", "B3.20"],
    ["5 "],
    ["5\t"],
    ["5x"],
    ["5h"],
    ["5,"],
    ["5:"],
    ["5.0"],
    ["5 5"],
    ["\x005"],
    ["5\x00"],
    ["\xa05"],
    ["5\x0b"],
    ["5\r"],
    ["\xd9\xa5"],
    ["00000000000000005"],
    ["20000000000000"],
    ["FFFFFFFFFFFFFFFF"],
    ["10000000000000005"],
  ];
  return [
    ...taken.map(([what, wire, content]): Row => ({
      name: `chunked: ${what}`,
      wire: HEAD + wire,
      expect: accepted(content),
      clause: "RFC 9112 §7.1",
    })),
    ...malformed.map(([size, cheroot]): Row => ({
      name: `the malformed chunk size ${JSON.stringify(size)}`,
      wire: `${HEAD}${size}|hello|0||`,
      expect: MALFORMED,
      clause: "RFC 9112 §7.1",
      cheroot,
    })),
    {
      name: "a chunk of 2^53 - 1 octets, of which few come",
      wire: HEAD + "1FFFFFFFFFFFFF|hello",
      expect: INCOMPLETE,
      clause: "RFC 9112 §8",
    },
    {
      name: "a malformed size after a good chunk",
      wire: HEAD + "5|hello|5;|hello|0||",
      expect: MALFORMED,
      clause: "RFC 9112 §7.1",
    },
    {
      name: "a chunk line that ends with LF only",
      wire: HEAD + "5\nhello|0||",
      expect: MALFORMED,
      clause: "RFC 9112 §7.1",
      cheroot: "B3.18",
    },
    {
      name: "a chunk line that ends with CR only",
      wire: HEAD + "5\rhello|0||",
      expect: MALFORMED,
      clause: "RFC 9112 §7.1",
    },
    {
      name: "a last chunk line that ends with LF only",
      wire: HEAD + "0\n|",
      expect: MALFORMED,
      clause: "RFC 9112 §7.1",
      cheroot: "B3.18",
    },
    ...["", "5", "5|", "5|hel", "5|hello", "5|hello\r", "5|hello|", "5|hello|0", "5|hello|0|"].map(
      (cut): Row => ({
        name: `chunked content cut off after ${JSON.stringify(cut)}`,
        wire: HEAD + cut,
        expect: INCOMPLETE,
        clause: "RFC 9112 §8",
        cheroot: "B3.20",
      }),
    ),
  ];
}

function data(): Row[] {
  const malformed: [what: string, wire: string][] = [
    ["longer than its size", "3|abcd|0||"],
    ["shorter than its size", "5|abc|0||"],
    ["followed by LF only", "3|abc\n0||"],
    ["followed by CR only", "3|abc\r0||"],
    ["followed by LF CR", "3|abc\n\r0||"],
    ["followed by CR CR LF", "3|abc\r|0||"],
    ["followed by nothing", "3|abc0||"],
    ["followed by spaces", "3|abc |0||"],
  ];
  return [
    ...malformed.map(([what, wire]): Row => ({
      name: `chunk data ${what}`,
      wire: HEAD + wire,
      expect: MALFORMED,
      clause: "RFC 9112 §7.1",
      cheroot: "B3.20",
    })),
    {
      name: "chunk data that looks like chunk lines",
      wire: HEAD + "B|0||5|abc|3|\r\n\r|1|\n|0||",
      expect: accepted("0\r\n\r\n5\r\nabc" + "\r\n\r" + "\n"),
      clause: "RFC 9112 §7.1",
    },
    {
      name: "chunked content and the next request",
      wire: HEAD + "5|hello|0||GET /2 HTTP/1.1|Host: a||",
      expect: [accepted("hello"), { method: "GET", target: "/2" }],
      clause: "RFC 9112 §7.1",
    },
    {
      name: "chunked content after chunked content",
      wire: HEAD + "1|a|0||" + HEAD + "1|b|0||",
      expect: [accepted("a"), accepted("b")],
      clause: "RFC 9112 §7.1",
    },
    {
      name: "a malformed chunk after a good request",
      wire: "GET /1 HTTP/1.1|Host: a||" + HEAD + "x|",
      expect: [{ method: "GET", target: "/1" }, MALFORMED],
      clause: "RFC 9112 §7.1",
    },
    {
      name: "chunks larger than a read buffer",
      wire: `${HEAD}C350|${"x".repeat(50_000)}|4E20|${"y".repeat(20_000)}|0||`,
      expect: accepted("x".repeat(50_000) + "y".repeat(20_000)),
      clause: "RFC 9112 §7.1",
    },
  ];
}
