// RFC 9112 §9 for responses: what their Connection field says, and that the connection does the same.

import { GET_1_0, KEEP_1_0 } from "./response_apps.ts";
import type { ResponseRow } from "./response_row.ts";

export const responsePersistence: readonly ResponseRow[] = connection();

function connection(): ResponseRow[] {
  const closing = (name: string, value: string): ResponseRow => ({
    name,
    app: () => new Response("x", { headers: { connection: value } }),
    expect: {
      status: 200,
      framing: "length",
      content: "x",
      fields: { connection: ["close"], "keep-alive": [] },
      open: false,
    },
    clause: "RFC 9112 §9.6",
    cheroot: "B5.11",
  });
  return [
    closing("an application's Connection: close ends the connection", "close"),
    closing("an application's Connection: x, Close ends the connection", "x, Close"),
    {
      name: "an application's keep-alive is dropped",
      wire: "GET / HTTP/1.1|Host: a|Connection: close||",
      app: () =>
        new Response("x", { headers: { connection: "keep-alive", "keep-alive": "max=5" } }),
      expect: {
        status: 200,
        framing: "length",
        content: "x",
        fields: { connection: ["close"], "keep-alive": [] },
        open: false,
      },
      clause: "RFC 9112 §9.6",
    },
    {
      name: "HTTP/1.0 with keep-alive gets the timeout",
      wire: KEEP_1_0,
      app: () => new Response("x"),
      options: { keepAliveTimeout: 7_500 },
      expect: {
        status: 200,
        framing: "length",
        content: "x",
        fields: { connection: ["keep-alive"], "keep-alive": ["timeout=7"] },
      },
      clause: "RFC 9112 §9.3",
      cheroot: "B5.5",
    },
    {
      name: "HTTP/1.0 without keep-alive gets Connection: close",
      wire: GET_1_0,
      app: () => new Response("x"),
      expect: {
        status: 200,
        framing: "length",
        content: "x",
        fields: { connection: ["close"], "keep-alive": [] },
        open: false,
      },
      clause: "RFC 9112 §9.3",
      cheroot: "B5.4",
    },
    {
      name: "the response to the last request of maxRequestsPerConnection says close",
      wire: "GET /1 HTTP/1.1|Host: a||GET /2 HTTP/1.1|Host: a||GET /3 HTTP/1.1|Host: a||",
      app: (request) => new Response(new URL(request.url).pathname),
      options: { maxRequestsPerConnection: 2 },
      expect: [
        { status: 200, framing: "length", content: "/1" },
        { status: 200, framing: "length", content: "/2", open: false },
      ],
      clause: "RFC 9112 §9.6",
    },
    {
      name: "with keepAliveLimit 0 the response says close",
      app: () => new Response("x"),
      options: { keepAliveLimit: 0 },
      expect: { status: 200, framing: "length", content: "x", open: false },
      clause: "RFC 9112 §9.3",
      cheroot: "B5.7",
    },
    {
      name: "with keepAliveLimit 0 HTTP/1.0 does not get keep-alive",
      wire: KEEP_1_0,
      app: () => new Response("x"),
      options: { keepAliveLimit: 0 },
      expect: {
        status: 200,
        framing: "length",
        content: "x",
        fields: { connection: ["close"], "keep-alive": [] },
        open: false,
      },
      clause: "RFC 9112 §9.3",
      cheroot: "B5.7",
    },
    {
      name: "content that the application does not read is drained",
      wire: "POST /1 HTTP/1.1|Host: a|Content-Length: 5||helloPOST /2 HTTP/1.1|Host: a||",
      app: (request) => new Response(new URL(request.url).pathname),
      expect: [
        { status: 200, framing: "length", content: "/1" },
        { status: 200, framing: "length", content: "/2" },
      ],
      clause: "RFC 9112 §9.3",
      cheroot: "B3.10",
    },
    {
      name: "chunked content that the application does not read is drained",
      wire: "POST /1 HTTP/1.1|Host: a|Transfer-Encoding: chunked||5|hello|0|X: y||" +
        "POST /2 HTTP/1.1|Host: a||",
      app: (request) => new Response(new URL(request.url).pathname),
      expect: [
        { status: 200, framing: "length", content: "/1" },
        { status: 200, framing: "length", content: "/2" },
      ],
      clause: "RFC 9112 §9.3",
      cheroot: "B3.11",
    },
    {
      name: "the rest of content that the application reads in part is drained",
      wire: "POST /1 HTTP/1.1|Host: a|Content-Length: 5||helloPOST /2 HTTP/1.1|Host: a||",
      app: async (request) => {
        const reader = request.body?.getReader();
        await reader?.read();
        await reader?.cancel();
        return new Response(new URL(request.url).pathname);
      },
      expect: [
        { status: 200, framing: "length", content: "/1" },
        { status: 200, framing: "length", content: "/2" },
      ],
      clause: "RFC 9112 §9.3",
      cheroot: "B3.10",
    },
    {
      name: "unread content beyond drainLimit: the response says close",
      wire: `POST /1 HTTP/1.1|Host: a|Content-Length: 11||hello hello`,
      app: () => new Response("x"),
      options: { drainLimit: 10 },
      expect: { status: 200, framing: "length", content: "x", open: false },
      clause: "RFC 9112 §9.3",
      cheroot: "B3.10",
      notInPool: "a pool takes little content in before the application is asked",
    },
  ];
}
