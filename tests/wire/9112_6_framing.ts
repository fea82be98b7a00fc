// RFC 9112 §6.2 and §6.3: the end of content with and without Content-Length. The next request begins
// exactly there. Transfer-Encoding has its own table, 9112_6_1_transfer_coding.ts.

import { BAR, type Outcome, type Row } from "./row.ts";

const BAD_LENGTH: Outcome = { error: "malformed-content-length", status: 400 };

export const framing: readonly Row[] = [
  ...contentLength(),
  ...boundaries(),
];

function contentLength(): Row[] {
  const malformed: [value: string, cheroot?: string][] = [
    ["abc", "B3.2"],
    ["", "B3.2"],
    ["0x5", "B3.2"],
    ["5.0", "B3.2"],
    ["1 0", "B3.2"],
    ["5, 5", "B3.2"],
    ["5,5"],
    ["5, 6", "B3.2"],
    ["5,"],
    [",5"],
    ["+5", "B3.3"],
    ["1_0", "B3.3"],
    ["-5", "B3.4"],
    ["-1", "B3.4"],
    ["-0"],
    ["5;"],
    ["5x"],
    ["5 x"],
    ["1e1"],
    ["0b101"],
    ["0o5"],
    ["5n"],
    ["NaN"],
    ["Infinity"],
    ['"5"'],
    ["\xa05"],
    ["5\xa0"],
    ["\x855"],
    ["\xd9\xa5"],
    ["\xef\xbc\x95"],
    ["\xb2"],
  ];
  const tooLarge: [value: string, cheroot?: string][] = [
    ["9007199254740992"],
    ["9007199254740993"],
    ["18446744073709551615"],
    ["18446744073709551616", "B3.7"],
    ["18446744073709551621"],
    ["9".repeat(400), "B3.7"],
  ];
  return [
    {
      name: "POST without Content-Length or Transfer-Encoding has no content",
      wire: "POST / HTTP/1.1|Host: a|Content-Type: text/plain||",
      expect: { method: "POST", target: "/", content: "" },
      clause: "RFC 9112 §6.3",
      cheroot: "B3.1",
    },
    {
      name: "content of five octets",
      wire: "POST / HTTP/1.1|Host: a|Content-Length: 5||hello",
      expect: { method: "POST", target: "/", content: "hello", fields: { "content-length": "5" } },
      clause: "RFC 9112 §6.2",
    },
    {
      name: "content of zero octets",
      wire: "POST / HTTP/1.1|Host: a|Content-Length: 0||",
      expect: { method: "POST", target: "/", content: "" },
      clause: "RFC 9112 §6.2",
    },
    {
      name: "Content-Length with leading zeros",
      wire: "POST / HTTP/1.1|Host: a|Content-Length: 005||hello",
      expect: { method: "POST", target: "/", content: "hello" },
      clause: "RFC 9110 §8.6",
    },
    {
      name: "Content-Length with whitespace around it and its name in another case",
      wire: "POST / HTTP/1.1|Host: a|cOnTeNt-LeNgTh: \t5\t ||hello",
      expect: { method: "POST", target: "/", content: "hello" },
      clause: "RFC 9110 §8.6",
    },
    ...malformed.map(([value, cheroot]): Row => ({
      name: `Content-Length: ${JSON.stringify(value)}`,
      wire: `POST / HTTP/1.1|Host: a|Content-Length: ${value}||hello`,
      expect: BAD_LENGTH,
      clause: "RFC 9112 §6.3",
      cheroot,
    })),
    ...["\x0b5", "5\x0c", "5\x00", "5\r"].map((value): Row => ({
      name: `Content-Length: ${JSON.stringify(value)} is no field value`,
      wire: `POST / HTTP/1.1|Host: a|Content-Length: ${value}||hello`,
      expect: { error: "malformed-field-line", status: 400 },
      clause: "RFC 9110 §5.5",
    })),
    {
      name: "two different Content-Length lines",
      wire: "POST / HTTP/1.1|Host: a|Content-Length: 3|Content-Length: 4||abc",
      expect: { error: "conflicting-length", status: 400 },
      clause: "RFC 9112 §6.3",
      cheroot: "B3.5",
    },
    {
      name: "two equal Content-Length lines",
      wire: "POST / HTTP/1.1|Host: a|Content-Length: 3|content-length: 3||abc",
      expect: BAD_LENGTH,
      clause: "RFC 9112 §6.3",
      cheroot: "B3.5",
    },
    {
      name: "two Content-Length lines of which one is malformed",
      wire: "POST / HTTP/1.1|Host: a|Content-Length: 3|Content-Length: x||abc",
      expect: BAD_LENGTH,
      clause: "RFC 9112 §6.3",
    },
    ...tooLarge.map(([value, cheroot]): Row => ({
      name: `Content-Length ${value.length > 20 ? `of ${value.length} digits` : value}`,
      wire: `POST / HTTP/1.1|Host: a|Content-Length: ${value}||hello`,
      expect: { error: "content-too-large", status: 413 },
      clause: "RFC 9110 §8.6",
      cheroot,
    })),
    {
      name: "content that ends before its length",
      wire: "POST / HTTP/1.1|Host: a|Content-Length: 5||hell",
      expect: { error: "incomplete-content", status: 400 },
      clause: "RFC 9112 §8",
      cheroot: "B3.8",
    },
    {
      name: "content that does not begin",
      wire: "POST / HTTP/1.1|Host: a|Content-Length: 5||",
      expect: { error: "incomplete-content", status: 400 },
      clause: "RFC 9112 §8",
      cheroot: "B3.8",
    },
    {
      name: "Content_Length is not Content-Length",
      wire: "POST / HTTP/1.1|Host: a|Content_Length: 5||",
      expect: { method: "POST", target: "/", content: "" },
      clause: "RFC 9112 §6.3",
    },
  ];
}

function boundaries(): Row[] {
  return [
    ...["GET", "HEAD", "DELETE", "OPTIONS", "FROB"].map((method): Row => ({
      name: `${method} with content`,
      wire: `${method} /1 HTTP/1.1|Host: a|Content-Length: 5||hello${method} /2 HTTP/1.1|Host: a||`,
      expect: [{ method, target: "/1", content: "hello" }, { method, target: "/2" }],
      clause: "RFC 9112 §6",
    })),
    {
      name: "GET with chunked content",
      wire:
        "GET /1 HTTP/1.1|Host: a|Transfer-Encoding: chunked||5|hello|0||GET /2 HTTP/1.1|Host: a||",
      expect: [{ method: "GET", target: "/1", content: "hello" }, { method: "GET", target: "/2" }],
      clause: "RFC 9112 §6",
    },
    {
      name: "content that looks like a request is content",
      wire: "POST / HTTP/1.1|Host: a|Content-Length: 35||GET /smuggled HTTP/1.1|Host: a||",
      expect: {
        method: "POST",
        target: "/",
        content: "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
      },
      clause: "RFC 9112 §6.2",
    },
    {
      name: "content of all octets",
      wire: `POST / HTTP/1.1|Host: a|Content-Length: 256||${allOctets()}`,
      expect: { method: "POST", target: "/", content: allOctets().replace(BAR, "|") },
      clause: "RFC 9112 §6.2",
    },
    {
      name: "an octet more than the length belongs to the next request",
      wire: "POST / HTTP/1.1|Host: a|Content-Length: 3||abc(GET / HTTP/1.1|Host: a||",
      expect: [
        { method: "POST", target: "/", content: "abc" },
        { error: "malformed-method", status: 400 },
      ],
      clause: "RFC 9112 §6.2",
    },
    {
      name: "a length of the first request does not count for the second",
      wire: "POST /1 HTTP/1.1|Host: a|Content-Length: 3||abcPOST /2 HTTP/1.1|Host: a||",
      expect: [
        { method: "POST", target: "/1", content: "abc" },
        { method: "POST", target: "/2", content: "" },
      ],
      clause: "RFC 9112 §6.3",
    },
    {
      name: "faulty framing after a good request",
      wire: "GET /1 HTTP/1.1|Host: a||POST /2 HTTP/1.1|Host: a|Content-Length: -1||",
      expect: [{ method: "GET", target: "/1" }, BAD_LENGTH],
      clause: "RFC 9112 §6.3",
    },
  ];
}

function allOctets(): string {
  const all = Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet)).join("");
  return all.replace("|", BAR);
}
