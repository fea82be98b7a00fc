// RFC 9112 §6 for responses: how their content is delimited, and which responses have no content. The
// server decides the framing; the fields of an application are only a wish.

import { GET_1_0, HEAD, KEEP_1_0, respondDirectly, streamOf } from "./response_apps.ts";
import type { ResponseRow } from "./response_row.ts";

export const responseFraming: readonly ResponseRow[] = [...framing(), ...withoutContent()];

function framing(): ResponseRow[] {
  const bodies: [what: string, body: () => BodyInit | null, content: string][] = [
    ["text", () => "hello", "hello"],
    ["an empty text", () => "", ""],
    ["null", () => null, ""],
    ["text that is longer in UTF-8", () => "é€𝄞", "\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e"],
    ["octets", () => new Uint8Array([0, 255, 10, 13]), "\x00\xff\n\r"],
    ["an ArrayBuffer", () => new Uint8Array([97, 98]).buffer, "ab"],
    ["part of an ArrayBuffer", () => new Uint8Array([97, 98, 99]).subarray(1), "bc"],
    ["URLSearchParams", () => new URLSearchParams({ a: "1 2" }), "a=1+2"],
    ["a long text", () => "x".repeat(100_000), "x".repeat(100_000)],
  ];
  return [
    ...bodies.map(([what, body, content], at): ResponseRow => ({
      name: `a Response of ${what}`,
      app: () => new Response(body()),
      expect: {
        status: 200,
        reason: "OK",
        protocol: "HTTP/1.1",
        framing: "length",
        content,
        fields: { "transfer-encoding": [], "content-length": [`${content.length}`] },
      },
      clause: "RFC 9112 §6.2",
      cheroot: at === 0 ? "B6.1" : undefined,
    })),
    {
      name: "a Response of a Blob",
      app: () => new Response(new Blob(["hel", "lo"], { type: "text/x" })),
      expect: {
        status: 200,
        framing: "chunked",
        content: "hello",
        fields: { "content-type": ["text/x"] },
      },
      clause: "RFC 9112 §7.1",
    },
    {
      name: "a stream with a declared length",
      app: () => new Response(streamOf("hel", "lo"), { headers: { "content-length": "5" } }),
      expect: {
        status: 200,
        framing: "length",
        content: "hello",
        fields: { "content-length": ["5"], "transfer-encoding": [] },
      },
      clause: "RFC 9112 §6.2",
      cheroot: "B6.1",
    },
    {
      name: "a stream is chunked, a chunk for each piece",
      app: () => new Response(streamOf("hel", "l", "o")),
      expect: {
        status: 200,
        framing: "chunked",
        content: "hello",
        chunks: [3, 1, 1],
        fields: { "content-length": [], "transfer-encoding": ["chunked"] },
      },
      clause: "RFC 9112 §7.1",
      cheroot: "B6.2",
    },
    {
      name: "an empty stream",
      app: () => new Response(streamOf()),
      expect: { status: 200, framing: "chunked", content: "" },
      clause: "RFC 9112 §7.1",
      cheroot: "B6.2",
    },
    {
      name: "an empty piece does not end chunked content",
      app: () => new Response(streamOf("a", "", "b")),
      expect: { status: 200, framing: "chunked", content: "ab", chunks: [1, 1] },
      clause: "RFC 9112 §7.1",
    },
    {
      name: "a long stream",
      app: () => new Response(streamOf(...Array.from({ length: 30 }, () => "y".repeat(10_000)))),
      expect: { status: 200, framing: "chunked", content: "y".repeat(300_000) },
      clause: "RFC 9112 §7.1",
    },
    {
      name: "a stream for HTTP/1.0 ends with the connection",
      wire: GET_1_0,
      app: () => new Response(streamOf("hel", "lo")),
      expect: {
        status: 200,
        framing: "close",
        content: "hello",
        fields: { "content-length": [], "transfer-encoding": [], connection: ["close"] },
        open: false,
      },
      clause: "RFC 9112 §6.3",
      cheroot: "B6.3",
    },
    {
      name: "a stream for HTTP/1.0 ends with the connection although keep-alive was asked for",
      wire: KEEP_1_0,
      app: () => new Response(streamOf("hel", "lo")),
      expect: {
        status: 200,
        framing: "close",
        content: "hello",
        fields: { connection: ["close"], "keep-alive": [] },
        open: false,
      },
      clause: "RFC 9112 §6.3",
      cheroot: "B6.3",
    },
    {
      name: "a stream with a declared length for HTTP/1.0 with keep-alive",
      wire: KEEP_1_0,
      app: () => new Response(streamOf("hel", "lo"), { headers: { "content-length": "5" } }),
      expect: { status: 200, framing: "length", content: "hello" },
      clause: "RFC 9112 §9.3",
      cheroot: "B5.5",
    },
    {
      name: "a server that speaks HTTP/1.0 does not chunk",
      app: () => new Response(streamOf("hel", "lo")),
      options: { protocol: "HTTP/1.0" },
      expect: {
        status: 200,
        protocol: "HTTP/1.0",
        framing: "close",
        content: "hello",
        open: false,
      },
      clause: "RFC 9112 §6.1",
    },
    {
      name: "an application's Transfer-Encoding is dropped",
      app: () => new Response("hello", { headers: { "transfer-encoding": "chunked" } }),
      expect: {
        status: 200,
        framing: "length",
        content: "hello",
        fields: { "transfer-encoding": [], "content-length": ["5"] },
      },
      clause: "RFC 9112 §6.1",
    },
    {
      name: "an application's Transfer-Encoding beside its Content-Length",
      app: () =>
        new Response(streamOf("hello"), {
          headers: { "transfer-encoding": "gzip, chunked", "content-length": "5" },
        }),
      expect: {
        status: 200,
        framing: "length",
        content: "hello",
        fields: { "transfer-encoding": [] },
      },
      clause: "RFC 9112 §6.2",
    },
  ];
}

function withoutContent(): ResponseRow[] {
  return [
    {
      name: "HEAD has Content-Length and no content",
      wire: HEAD,
      app: () => new Response("hello"),
      expect: { status: 200, framing: "none", fields: { "content-length": ["5"] } },
      clause: "RFC 9110 §9.3.2",
      cheroot: "B6.6",
    },
    {
      name: "HEAD with a stream has no Content-Length and stays open",
      wire: HEAD,
      app: () => new Response(streamOf("hello")),
      expect: { status: 200, framing: "none", fields: { "content-length": [] } },
      clause: "RFC 9110 §9.3.2",
      cheroot: "B6.4",
    },
    {
      name: "HEAD with a stream of declared length",
      wire: HEAD,
      app: () => new Response(streamOf("hello"), { headers: { "content-length": "5" } }),
      expect: { status: 200, framing: "none", fields: { "content-length": ["5"] } },
      clause: "RFC 9110 §9.3.2",
      cheroot: "B6.6",
    },
    {
      name: "HEAD with a declared length and no content at hand",
      wire: HEAD,
      app: () => new Response(null, { headers: { "content-length": "1234" } }),
      expect: { status: 200, framing: "none", fields: { "content-length": ["1234"] } },
      clause: "RFC 9110 §8.6",
    },
    {
      name: "HEAD without content has no length that was not declared",
      wire: HEAD,
      app: () => new Response(null),
      expect: { status: 200, framing: "none", fields: { "content-length": [] } },
      clause: "RFC 9110 §8.6",
    },
    {
      name: "HEAD with 304 has no length that was not declared",
      wire: HEAD,
      app: () => new Response(null, { status: 304 }),
      expect: { status: 304, framing: "none", fields: { "content-length": [] } },
      clause: "RFC 9110 §8.6",
    },
    {
      name: "HEAD in HTTP/1.0 with keep-alive",
      wire: "HEAD / HTTP/1.0|Connection: keep-alive||",
      app: () => new Response(streamOf("hello")),
      expect: { status: 200, framing: "none" },
      clause: "RFC 9112 §6.3",
    },
    {
      name: "204 has neither content nor length",
      app: () => new Response(null, { status: 204 }),
      expect: {
        status: 204,
        reason: "No Content",
        framing: "none",
        fields: { "content-length": [], "transfer-encoding": [] },
      },
      clause: "RFC 9110 §15.3.5",
      cheroot: "B6.5",
    },
    {
      name: "204 with a declared length",
      app: () => new Response(null, { status: 204, headers: { "content-length": "5" } }),
      expect: { status: 204, framing: "none", fields: { "content-length": [] } },
      clause: "RFC 9110 §8.6",
    },
    {
      name: "204 for which the application has content",
      app: respondDirectly(204, [], "hello"),
      expect: { status: 204, framing: "none", fields: { "content-length": [] } },
      clause: "RFC 9110 §15.3.5",
      cheroot: "B6.6",
    },
    {
      name: "205 has Content-Length: 0",
      app: () => new Response(null, { status: 205 }),
      expect: { status: 205, framing: "length", content: "", fields: { "content-length": ["0"] } },
      clause: "RFC 9110 §15.3.6",
      cheroot: "B6.5",
    },
    {
      name: "205 for which the application has content",
      app: respondDirectly(205, [], "hello"),
      expect: { status: 205, framing: "length", content: "", fields: { "content-length": ["0"] } },
      clause: "RFC 9110 §15.3.6",
      cheroot: "B6.6",
    },
    {
      name: "304 has no content",
      app: () => new Response(null, { status: 304, headers: { etag: '"x"' } }),
      expect: {
        status: 304,
        framing: "none",
        fields: { etag: ['"x"'], "transfer-encoding": [], "content-length": [] },
      },
      clause: "RFC 9110 §15.4.5",
      cheroot: "B6.5",
    },
    {
      name: "304 may have the Content-Length of a 200",
      app: () => new Response(null, { status: 304, headers: { "content-length": "5" } }),
      expect: { status: 304, framing: "none", fields: { "content-length": ["5"] } },
      clause: "RFC 9110 §8.6",
    },
    {
      name: "304 for which the application has content",
      app: respondDirectly(304, [], "hello"),
      expect: { status: 304, framing: "none" },
      clause: "RFC 9110 §15.4.5",
      cheroot: "B6.6",
    },
  ];
}
