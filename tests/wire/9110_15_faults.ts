// RFC 9110 §15.6.1: the response when the application fails. The client gets a plain 500 without details.
// After the head has been sent the connection is cut, so that no client takes a part for the whole.

import { failingStream, FAULT, streamOf } from "./response_apps.ts";
import type { ResponseRow } from "./response_row.ts";

export const faultyApplications: readonly ResponseRow[] = faults();

function faults(): ResponseRow[] {
  const thrown: [what: string, thrown: unknown][] = [
    ["an Error", new Error("secret /etc/passwd")],
    ["a string", "secret"],
    ["undefined", undefined],
    ["null", null],
    ["a hostile object", Object.create(null)],
    ["an AbortError", new DOMException("secret", "AbortError")],
  ];
  const wrong: [what: string, value: unknown][] = [
    ["undefined", undefined],
    ["a string", "hello"],
    ["an object like a Response", { status: 200, body: null }],
    ["Response.error()", Response.error()],
  ];
  return [
    ...thrown.map(([what, error], at): ResponseRow => ({
      name: `a handler that throws ${what}`,
      app: () => {
        throw error;
      },
      expect: FAULT,
      log: "handler-failed",
      clause: "RFC 9110 §15.6.1",
      cheroot: at === 0 ? "B6.10" : "B6.15",
    })),
    ...thrown.map(([what, error]): ResponseRow => ({
      name: `a handler that rejects with ${what}`,
      app: () => Promise.reject(error),
      expect: FAULT,
      log: "handler-failed",
      clause: "RFC 9110 §15.6.1",
      cheroot: "B6.15",
    })),
    ...wrong.map(([what, value]): ResponseRow => ({
      name: `a handler that returns ${what}`,
      app: () => value as Response,
      expect: FAULT,
      log: "handler-failed",
      clause: "RFC 9110 §15.6.1",
    })),
    {
      name: "a Response whose body was used",
      app: async () => {
        const response = new Response("x");
        await response.text();
        return response;
      },
      expect: FAULT,
      log: "handler-failed",
      clause: "RFC 9110 §15.6.1",
    },
    {
      name: "onError makes the response when a handler fails",
      app: () => {
        throw new Error("secret");
      },
      options: { onError: () => new Response("sorry", { status: 503 }) },
      expect: { status: 503, framing: "length", content: "sorry" },
      log: "handler-failed",
      clause: "RFC 9110 §15.6",
    },
    {
      name: "onError that fails as well",
      app: () => {
        throw new Error("secret");
      },
      options: { onError: () => Promise.reject(new Error("secret")) },
      expect: FAULT,
      log: "error-handler-failed",
      clause: "RFC 9110 §15.6.1",
    },
    {
      name: "the next request is served after a handler failed",
      wire: "GET /1 HTTP/1.1|Host: a||GET /2 HTTP/1.1|Host: a||",
      app: (request) => {
        if (request.url.endsWith("/1")) throw new Error("secret");
        return new Response("x");
      },
      expect: [FAULT, { status: 200, framing: "length", content: "x" }],
      log: "handler-failed",
      clause: "RFC 9112 §9.3",
      cheroot: "B6.10",
    },
    {
      name: "a stream that fails is cut without a last chunk",
      app: () => new Response(failingStream("hello")),
      expect: { status: 200, framing: "chunked", cut: true },
      log: "response-stream-failed",
      clause: "RFC 9112 §8",
      cheroot: "B6.11",
    },
    {
      name: "a stream that fails before its first piece",
      app: () => new Response(failingStream()),
      expect: { status: 200, framing: "chunked", cut: true },
      log: "response-stream-failed",
      clause: "RFC 9112 §8",
      cheroot: "B6.11",
    },
    {
      name: "a stream of declared length that fails",
      app: () => new Response(failingStream("hel"), { headers: { "content-length": "5" } }),
      expect: { status: 200, framing: "length", cut: true },
      log: "response-stream-failed",
      clause: "RFC 9112 §8",
      cheroot: "B6.11",
    },
    {
      name: "a stream of text instead of octets",
      app: () => new Response(ReadableStream.from<unknown>(["text"]) as ReadableStream<Uint8Array>),
      expect: { status: 200, framing: "chunked", cut: true },
      log: "response-stream-failed",
      clause: "RFC 9112 §8",
    },
    {
      name: "text longer than declared is cut at its length",
      app: () => new Response("hello, world", { headers: { "content-length": "5" } }),
      expect: { status: 200, framing: "length", content: "hello" },
      log: "content-too-long",
      clause: "RFC 9112 §6.2",
      cheroot: "B6.12",
    },
    {
      name: "a first piece longer than declared is cut at its length",
      app: () => new Response(streamOf("hello, world"), { headers: { "content-length": "5" } }),
      expect: { status: 200, framing: "length", content: "hello" },
      log: "content-too-long",
      clause: "RFC 9112 §6.2",
      cheroot: "B6.12",
    },
    {
      name: "later pieces beyond the declared length are cut at it",
      app: () =>
        new Response(streamOf("hel", "lo, ", "wor", "ld"), { headers: { "content-length": "5" } }),
      expect: { status: 200, framing: "length", content: "hello" },
      log: "content-too-long",
      clause: "RFC 9112 §6.2",
      cheroot: "B6.13",
    },
    {
      name: "content although the declared length is 0",
      app: () => new Response("hello", { headers: { "content-length": "0" } }),
      expect: { status: 200, framing: "length", content: "" },
      log: "content-too-long",
      clause: "RFC 9112 §6.2",
      cheroot: "B6.12",
    },
    {
      name: "text shorter than declared cuts the connection",
      app: () => new Response("hel", { headers: { "content-length": "5" } }),
      expect: { status: 200, framing: "length", cut: true },
      log: "content-too-short",
      clause: "RFC 9112 §8",
      cheroot: "B6.14",
    },
    {
      name: "a stream shorter than declared cuts the connection",
      app: () => new Response(streamOf("hel"), { headers: { "content-length": "5" } }),
      expect: { status: 200, framing: "length", cut: true },
      log: "content-too-short",
      clause: "RFC 9112 §8",
      cheroot: "B6.14",
    },
    {
      name: "no content although a length was declared",
      app: () => new Response(null, { headers: { "content-length": "5" } }),
      expect: { status: 200, framing: "length", cut: true },
      log: "content-too-short",
      clause: "RFC 9112 §8",
      cheroot: "B6.14",
    },
  ];
}
