// What a client gets when the application is at fault: a plain 500 that tells nothing, or, where the
// head has been sent, a connection that is cut so that nobody takes a part for the whole.

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
      name: "onError makes the answer to a fault",
      app: () => {
        throw new Error("secret");
      },
      options: { onError: () => new Response("sorry", { status: 503 }) },
      expect: { status: 503, framing: "length", content: "sorry" },
      log: "handler-failed",
      clause: "RFC 9110 §15.6",
    },
    {
      name: "onError that fails too",
      app: () => {
        throw new Error("secret");
      },
      options: { onError: () => Promise.reject(new Error("secret")) },
      expect: FAULT,
      log: "error-handler-failed",
      clause: "RFC 9110 §15.6.1",
    },
    {
      name: "a fault does not cost the next request",
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
      name: "a stream that fails at once",
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
      name: "a stream of something other than octets",
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
      name: "later pieces that pass the declared length are cut at it",
      app: () =>
        new Response(streamOf("hel", "lo, ", "wor", "ld"), { headers: { "content-length": "5" } }),
      expect: { status: 200, framing: "length", content: "hello" },
      log: "content-too-long",
      clause: "RFC 9112 §6.2",
      cheroot: "B6.13",
    },
    {
      name: "a content although none was declared",
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
      name: "an empty content although more was declared",
      app: () => new Response(null, { headers: { "content-length": "5" } }),
      expect: { status: 200, framing: "length", cut: true },
      log: "content-too-short",
      clause: "RFC 9112 §8",
      cheroot: "B6.14",
    },
  ];
}
