// The limits of content, chunks and trailers (docs/options.md). Each limit has a row on both sides of it.

import type { Outcome, Row } from "./row.ts";

const TOO_LARGE: Outcome = { error: "content-too-large", status: 413 };
const CHUNKED = "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||";

export const contentLimits: readonly Row[] = [...contents(), ...chunks(), ...trailers()];

function contents(): Row[] {
  const options = { maxContentSize: 10 };
  return [
    {
      name: "content of maxContentSize",
      wire: "POST / HTTP/1.1|Host: a|Content-Length: 10||0123456789",
      options,
      expect: { method: "POST", target: "/", content: "0123456789" },
      clause: "RFC 9110 §15.5.14",
    },
    {
      name: "a Content-Length of one octet more",
      wire: "POST / HTTP/1.1|Host: a|Content-Length: 11||0123456789A",
      options,
      expect: TOO_LARGE,
      clause: "RFC 9110 §15.5.14",
      cheroot: "B3.6",
      serverOnly: true,
    },
    {
      name: "content that is too large is not waited for",
      wire: "POST / HTTP/1.1|Host: a|Content-Length: 11||",
      options,
      expect: TOO_LARGE,
      clause: "RFC 9110 §15.5.14",
      cheroot: "B3.6",
      serverOnly: true,
    },
    {
      name: "chunked content of maxContentSize",
      wire: CHUNKED + "5|01234|5|56789|0||",
      options,
      expect: { method: "POST", target: "/", content: "0123456789" },
      clause: "RFC 9110 §15.5.14",
    },
    {
      name: "chunked content of one octet more",
      wire: CHUNKED + "5|01234|6|56789A|0||",
      options,
      expect: TOO_LARGE,
      clause: "RFC 9110 §15.5.14",
      cheroot: "B3.21",
      serverOnly: true,
    },
    {
      name: "a Content-Length beyond 100 MiB by default",
      wire: "POST / HTTP/1.1|Host: a|Content-Length: 104857601||",
      expect: TOO_LARGE,
      clause: "RFC 9110 §15.5.14",
      cheroot: "B3.6",
      serverOnly: true,
    },
  ];
}

function chunks(): Row[] {
  const lineTooLong: Outcome = { error: "chunk-line-too-long", status: 400 };
  const tooMuch: Outcome = { error: "chunk-extensions-too-large", status: 413 };
  return [
    {
      name: "a chunk line of maxChunkLineSize",
      wire: `${CHUNKED}1;${"x".repeat(30)}|a|0||`,
      options: { maxChunkLineSize: 32 },
      expect: { method: "POST", target: "/", content: "a" },
      clause: "RFC 9112 §7.1.1",
    },
    {
      name: "a chunk line beyond maxChunkLineSize",
      wire: `${CHUNKED}1;${"x".repeat(40)}|a|0||`,
      options: { maxChunkLineSize: 32 },
      expect: lineTooLong,
      clause: "RFC 9112 §7.1.1",
      cheroot: "B3.22",
    },
    {
      name: "an endless chunk line is not waited for",
      wire: `${CHUNKED}1;${"x".repeat(40)}`,
      options: { maxChunkLineSize: 32 },
      expect: lineTooLong,
      clause: "RFC 9112 §7.1.1",
      cheroot: "B3.22",
    },
    {
      name: "endless whitespace in a chunk line is not waited for",
      wire: `${CHUNKED}1${" ".repeat(40)}`,
      options: { maxChunkLineSize: 32 },
      expect: lineTooLong,
      clause: "RFC 9112 §7.1.1",
      cheroot: "B3.22",
    },
    {
      name: "endless zeros before a chunk size are not waited for",
      wire: `${CHUNKED}${"0".repeat(40)}`,
      expect: { error: "malformed-chunk", status: 400 },
      clause: "RFC 9112 §7.1",
      cheroot: "B3.22",
    },
    {
      name: "a chunk line of 5 KiB by default",
      wire: `${CHUNKED}1;${"x".repeat(5 * 1024)}|a|0||`,
      expect: lineTooLong,
      clause: "RFC 9112 §7.1.1",
      cheroot: "B3.22",
    },
    {
      name: "extensions below maxChunkExtensionSize",
      wire: `${CHUNKED}${"1;xxxxxxxx|a|".repeat(6)}0||`,
      options: { maxChunkExtensionSize: 64 },
      expect: { method: "POST", target: "/", content: "aaaaaa" },
      clause: "RFC 9112 §7.1.1",
    },
    {
      name: "many small extensions beyond maxChunkExtensionSize",
      wire: `${CHUNKED}${"1;xxxxxxxx|a|".repeat(9)}0||`,
      options: { maxChunkExtensionSize: 64 },
      expect: tooMuch,
      clause: "RFC 9112 §7.1.1",
    },
    {
      name: "17 KiB of extensions by default",
      wire: `${CHUNKED}${`1;${"x".repeat(1_024)}|a|`.repeat(17)}0||`,
      expect: tooMuch,
      clause: "RFC 9112 §7.1.1",
    },
  ];
}

function trailers(): Row[] {
  const tooLarge: Outcome = { error: "trailer-too-large", status: 431 };
  return [
    {
      name: "trailers below maxTrailerSize",
      wire: `${CHUNKED}0|X: ${"x".repeat(40)}||`,
      options: { maxTrailerSize: 64 },
      expect: { method: "POST", target: "/", content: "", trailers: [["X", "x".repeat(40)]] },
      clause: "RFC 9112 §7.1.2",
    },
    {
      name: "trailers beyond maxTrailerSize",
      wire: `${CHUNKED}0|X: ${"x".repeat(64)}||`,
      options: { maxTrailerSize: 64 },
      expect: tooLarge,
      clause: "RFC 9112 §7.1.2",
    },
    {
      name: "an endless trailer is not waited for",
      wire: `${CHUNKED}0|X: ${"x".repeat(70)}`,
      options: { maxTrailerSize: 64 },
      expect: tooLarge,
      clause: "RFC 9112 §7.1.2",
    },
    {
      name: "9 KiB of trailers by default",
      wire: `${CHUNKED}0|X: ${"x".repeat(9 * 1024)}||`,
      expect: tooLarge,
      clause: "RFC 9112 §7.1.2",
    },
    {
      name: "64 trailers",
      wire: `${CHUNKED}0|${"X: 1|".repeat(64)}|`,
      expect: { method: "POST", target: "/", content: "" },
      clause: "RFC 9112 §7.1.2",
    },
    {
      name: "65 trailers",
      wire: `${CHUNKED}0|${"X: 1|".repeat(65)}|`,
      expect: tooLarge,
      clause: "RFC 9112 §7.1.2",
    },
  ];
}
