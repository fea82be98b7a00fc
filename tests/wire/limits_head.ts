// The limits of the head, and the response when one is passed (docs/options.md). Each limit has a row on
// both sides of it.

import type { Outcome, Row } from "./row.ts";

const LINE_TOO_LONG: Outcome = { error: "request-line-too-long", status: 414 };
const HEAD_TOO_LARGE: Outcome = { error: "head-too-large", status: 431 };
const TOO_MANY: Outcome = { error: "too-many-fields", status: 431 };

export const headLimits: readonly Row[] = [...requestLines(), ...heads()];

function requestLines(): Row[] {
  const options = { maxRequestLineSize: 64 };
  /** A request line of this many octets. */
  const line = (size: number) => `GET /${"x".repeat(size - "GET / HTTP/1.1".length)} HTTP/1.1`;
  return [
    {
      name: "a request line of maxRequestLineSize",
      wire: `${line(64)}|Host: a||`,
      options,
      expect: { method: "GET", target: line(64).split(" ")[1] },
      clause: "RFC 9112 §3",
    },
    {
      name: "a request line of one octet more",
      wire: `${line(65)}|Host: a||`,
      options,
      expect: LINE_TOO_LONG,
      clause: "RFC 9112 §3",
      cheroot: "B1.30",
    },
    {
      name: "an endless target is not waited for",
      wire: `GET /${"x".repeat(64)}`,
      options,
      expect: LINE_TOO_LONG,
      clause: "RFC 9112 §3",
    },
    {
      name: "a long query",
      wire: `GET /?${"x".repeat(64)} HTTP/1.1|Host: a||`,
      options,
      expect: LINE_TOO_LONG,
      clause: "RFC 9110 §15.5.15",
    },
    {
      name: "a request line that is too long by its version",
      wire: `GET /${"x".repeat(58)} HTTP/1.1|Host: a||`,
      options,
      expect: LINE_TOO_LONG,
      clause: "RFC 9112 §3",
    },
    {
      name: "a target that is malformed before the limit",
      wire: `GET /\x00${"x".repeat(64)} HTTP/1.1|Host: a||`,
      options,
      expect: { error: "malformed-target", status: 400 },
      clause: "RFC 9112 §3.2",
    },
    {
      name: "a target that is malformed after the limit",
      wire: `GET /${"x".repeat(64)}\x00 HTTP/1.1|Host: a||`,
      options,
      expect: LINE_TOO_LONG,
      clause: "RFC 9112 §3",
    },
    {
      name: "empty lines do not count for the request line",
      wire: `||${line(64)}|Host: a||`,
      options,
      expect: { method: "GET", target: line(64).split(" ")[1] },
      clause: "RFC 9112 §2.2",
    },
    {
      name: "a target of 8000 octets by default",
      wire: `GET /${"x".repeat(7_999)} HTTP/1.1|Host: a||`,
      expect: { method: "GET", target: `/${"x".repeat(7_999)}` },
      clause: "RFC 9112 §3",
    },
    {
      name: "a target of 8 KiB by default",
      wire: `GET /${"x".repeat(8_191)} HTTP/1.1|Host: a||`,
      expect: LINE_TOO_LONG,
      clause: "RFC 9112 §3",
      cheroot: "B1.30",
    },
    {
      name: "a request line beyond maxHeadSize is 414 as well",
      wire: `GET /${"x".repeat(50_000)} HTTP/1.1|Host: a||`,
      expect: LINE_TOO_LONG,
      clause: "RFC 9112 §3",
      cheroot: "B1.30",
    },
  ];
}

function heads(): Row[] {
  const lines = (count: number) => "X: 1|".repeat(count);
  return [
    {
      name: "a field section below maxHeadSize",
      wire: `GET / HTTP/1.1|Host: a|X: ${"x".repeat(100)}||`,
      options: { maxHeadSize: 128 },
      expect: { method: "GET", target: "/", fields: { x: "x".repeat(100) } },
      clause: "RFC 6585 §5",
    },
    {
      name: "one field beyond maxHeadSize",
      wire: `GET / HTTP/1.1|Host: a|X: ${"x".repeat(128)}||`,
      options: { maxHeadSize: 128 },
      expect: HEAD_TOO_LARGE,
      clause: "RFC 6585 §5",
      cheroot: "B2.12",
    },
    {
      name: "many small fields beyond maxHeadSize",
      wire: `GET / HTTP/1.1|Host: a|${lines(30)}|`,
      options: { maxHeadSize: 128 },
      expect: HEAD_TOO_LARGE,
      clause: "RFC 6585 §5",
      cheroot: "B2.12",
    },
    {
      name: "an endless field value is not waited for",
      wire: `GET / HTTP/1.1|Host: a|X: ${"x".repeat(128)}`,
      options: { maxHeadSize: 128 },
      expect: HEAD_TOO_LARGE,
      clause: "RFC 6585 §5",
    },
    {
      name: "an endless field name is not waited for",
      wire: `GET / HTTP/1.1|Host: a|${"X".repeat(128)}`,
      options: { maxHeadSize: 128 },
      expect: HEAD_TOO_LARGE,
      clause: "RFC 6585 §5",
    },
    {
      name: "endless whitespace before a value is not waited for",
      wire: `GET / HTTP/1.1|Host: a|X:${" ".repeat(130)}`,
      options: { maxHeadSize: 128 },
      expect: HEAD_TOO_LARGE,
      clause: "RFC 6585 §5",
    },
    {
      name: "the request line does not count for maxHeadSize",
      wire: `GET /${"x".repeat(500)} HTTP/1.1|Host: a||`,
      options: { maxHeadSize: 32 },
      expect: { method: "GET", target: `/${"x".repeat(500)}` },
      clause: "RFC 6585 §5",
    },
    {
      name: "maxHeadSize counts for each head of a connection",
      wire: `GET /1 HTTP/1.1|Host: a|X: ${"x".repeat(80)}||`.repeat(3),
      options: { maxHeadSize: 128 },
      expect: Array.from({ length: 3 }, () => ({ method: "GET", target: "/1" })),
      clause: "RFC 6585 §5",
    },
    {
      name: "30 KiB of fields by default",
      wire: `GET / HTTP/1.1|Host: a|X: ${"x".repeat(30 * 1024)}||`,
      expect: { method: "GET", target: "/", fields: { x: "x".repeat(30 * 1024) } },
      clause: "RFC 6585 §5",
    },
    {
      name: "33 KiB of fields by default",
      wire: `GET / HTTP/1.1|Host: a|X: ${"x".repeat(33 * 1024)}||`,
      expect: HEAD_TOO_LARGE,
      clause: "RFC 6585 §5",
      cheroot: "B2.12",
    },
    {
      name: "as many fields as maxFieldCount",
      wire: `GET / HTTP/1.1|Host: a|${lines(4)}|`,
      options: { maxFieldCount: 5 },
      expect: { method: "GET", target: "/", fields: { x: "1, 1, 1, 1" } },
      clause: "RFC 6585 §5",
    },
    {
      name: "one field more than maxFieldCount",
      wire: `GET / HTTP/1.1|Host: a|${lines(5)}|`,
      options: { maxFieldCount: 5 },
      expect: TOO_MANY,
      clause: "RFC 6585 §5",
    },
    {
      name: "100 fields by default",
      wire: `GET / HTTP/1.1|Host: a|${lines(99)}|`,
      expect: { method: "GET", target: "/" },
      clause: "RFC 6585 §5",
    },
    {
      name: "101 fields by default",
      wire: `GET / HTTP/1.1|Host: a|${lines(100)}|`,
      expect: TOO_MANY,
      clause: "RFC 6585 §5",
    },
  ];
}
