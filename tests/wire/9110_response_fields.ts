// RFC 9110 §5, §6.6 and §15: status lines and fields of final and interim responses. No value that an
// application sets can split a response or add a field.

import type { Field } from "../../src/http1/response_head.ts";
import { FAULT, GET_1_0, respondDirectly } from "./response_apps.ts";
import type { ResponseRow } from "./response_row.ts";

export const responseFields: readonly ResponseRow[] = [...fields(), ...interim()];

function fields(): ResponseRow[] {
  const rejected: [what: string, field: Field][] = [
    ["CR LF in a value", ["X", "a\r\nY: b"]],
    ["CR in a value", ["X", "a\rb"]],
    ["LF in a value", ["X", "a\nb"]],
    ["NUL in a value", ["X", "a\x00b"]],
    ["a control octet in a value", ["X", "a\x01b"]],
    ["DEL in a value", ["X", "a\x7fb"]],
    ["a character above U+00FF in a value", ["X", "a\u20ac"]],
    ["CR LF in a name", ["X\r\nY", "a"]],
    ["a space in a name", ["X Y", "a"]],
    ["a colon in a name", ["X:", "a"]],
    ["a letter outside ASCII in a name", ["\xe9", "a"]],
    ["an empty name", ["", "a"]],
  ];
  return [
    {
      name: "a response has one Date and one Server",
      app: () => new Response("hello"),
      expect: { status: 200, framing: "length", content: "hello", fields: { server: ["test/1"] } },
      options: { serverName: "test/1" },
      clause: "RFC 9110 §6.6.1",
      cheroot: "B6.8",
    },
    {
      name: "an application's own Date and Server are kept",
      app: () =>
        new Response("x", {
          headers: { date: "Tue, 15 Nov 1994 08:12:31 GMT", server: "mine" },
        }),
      expect: {
        status: 200,
        framing: "length",
        content: "x",
        fields: { date: ["Tue, 15 Nov 1994 08:12:31 GMT"], server: ["mine"] },
      },
      clause: "RFC 9110 §6.6.1",
      cheroot: "B6.8",
    },
    {
      name: "a server without a name sends no Server field",
      app: () => new Response("x"),
      options: { serverName: "" },
      expect: { status: 200, framing: "length", content: "x", fields: { server: [] } },
      clause: "RFC 9110 §10.2.4",
    },
    {
      name: "Set-Cookie lines stay separate lines",
      app: () => new Response("x", { headers: [["set-cookie", "a=1, 2"], ["set-cookie", "b=2"]] }),
      expect: {
        status: 200,
        framing: "length",
        content: "x",
        fields: { "set-cookie": ["a=1, 2", "b=2"] },
      },
      clause: "RFC 9110 §5.3",
    },
    {
      name: "obs-text in a value is sent unchanged",
      app: () => new Response("x", { headers: { x: "\xe9\xff" } }),
      expect: { status: 200, framing: "length", content: "x", fields: { x: ["\xe9\xff"] } },
      clause: "RFC 9110 §5.5",
    },
    {
      name: "a tab inside a value is sent unchanged",
      app: () => new Response("x", { headers: { x: "a\tb" } }),
      expect: { status: 200, framing: "length", content: "x", fields: { x: ["a\tb"] } },
      clause: "RFC 9110 §5.5",
    },
    {
      name: "a status and reason of the application's own",
      app: () => new Response("x", { status: 299, statusText: "Fine, thanks" }),
      expect: { status: 299, reason: "Fine, thanks", framing: "length", content: "x" },
      clause: "RFC 9112 §4",
    },
    {
      name: "an unknown status has an empty reason",
      app: () => new Response("x", { status: 599 }),
      expect: { status: 599, reason: "", framing: "length", content: "x" },
      clause: "RFC 9112 §4",
    },
    {
      name: "413 from an application keeps the connection open",
      app: () => new Response("no", { status: 413 }),
      expect: { status: 413, framing: "length", content: "no" },
      clause: "RFC 9110 §15.5.14",
      cheroot: "B6.7",
    },
    {
      name: "405 from the server has an Allow field",
      wire: "TRACE / HTTP/1.1|Host: a||",
      app: () => new Response("x"),
      expect: {
        status: 405,
        framing: "length",
        content: "Method Not Allowed\n",
        fields: { allow: ["GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"] },
      },
      clause: "RFC 9110 §15.5.6",
    },
    ...rejected.map(([what, field]): ResponseRow => ({
      name: `${what} of a response`,
      app: respondDirectly(200, [["A", "b"], field], "hello"),
      expect: { ...FAULT, fields: { a: [], x: [], y: [] } },
      log: "gateway-failed",
      clause: "RFC 9110 §5.5",
      cheroot: "B6.9",
    })),
    {
      name: "a control octet that Headers accepts",
      app: () => new Response("hello", { headers: { a: "b", x: "a\x01b" } }),
      expect: { ...FAULT, fields: { a: [], x: [] } },
      log: "handler-failed",
      clause: "RFC 9110 §5.5",
      cheroot: "B6.9",
    },
    ...["abc", "-1", "1e3", "5, 6", "+5", "99999999999999999"].map((length): ResponseRow => ({
      name: `an application's Content-Length ${length}`,
      app: () => new Response("hello", { headers: { "content-length": length } }),
      expect: FAULT,
      log: "handler-failed",
      clause: "RFC 9110 §8.6",
    })),
  ];
}

function interim(): ResponseRow[] {
  return [
    {
      name: "103 comes before the final response",
      app: async (_request, info) => {
        await info.informational(103, { link: "</a.css>; rel=preload" });
        return new Response("x");
      },
      expect: { status: 200, framing: "length", content: "x", interim: [103] },
      clause: "RFC 8297 §2",
      cheroot: "B6.5",
    },
    {
      name: "several interim responses",
      app: async (_request, info) => {
        await info.informational(102);
        await info.informational(103);
        await info.informational(103);
        return new Response("x");
      },
      expect: { status: 200, framing: "length", content: "x", interim: [102, 103, 103] },
      clause: "RFC 9110 §15.2",
    },
    {
      name: "HTTP/1.0 gets no interim response",
      wire: GET_1_0,
      app: async (_request, info) => {
        await info.informational(103, { link: "</a.css>; rel=preload" });
        return new Response("x");
      },
      expect: { status: 200, framing: "length", content: "x", open: false },
      clause: "RFC 9110 §15.2",
    },
    ...[101, 99, 200, 1000].map((status): ResponseRow => ({
      name: `${status} is no interim response`,
      app: async (_request, info) => {
        await info.informational(status);
        return new Response("x");
      },
      expect: FAULT,
      log: "handler-failed",
      clause: "RFC 9110 §15.2",
    })),
    {
      name: "101 is no final response",
      app: () => new Response(null, { status: 101 }),
      expect: FAULT,
      log: "handler-failed",
      clause: "RFC 9110 §15.2",
      cheroot: "B6.5",
    },
  ];
}
