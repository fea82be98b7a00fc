// RFC 9112 §3.2.2: the absolute-form, which a server must accept. Its authority replaces that of Host.

import type { Outcome, Row } from "./row.ts";

const MALFORMED: Outcome = { error: "malformed-target", status: 400 };

export const absoluteForm: readonly Row[] = rows();

function rows(): Row[] {
  const taken: [target: string, authority: string, path: string, query: string][] = [
    ["http://h/x", "h", "/x", ""],
    ["http://h", "h", "/", ""],
    ["http://h?x", "h", "/", "x"],
    ["http://h/?x", "h", "/", "x"],
    ["http://h:8080/", "h:8080", "/", ""],
    ["http://h:/x", "h:", "/x", ""],
    ["http://[::1]:80/x", "[::1]:80", "/x", ""],
    ["http://127.0.0.1/", "127.0.0.1", "/", ""],
    ["http://h//y", "h", "//y", ""],
    ["HTTP://h/x", "h", "/x", ""],
    ["hTTp://H/X", "H", "/X", ""],
    ["https://h/x", "h", "/x", ""],
    ["http://h/a?b?c", "h", "/a", "b?c"],
  ];
  const malformed = [
    "http:///x",
    "http://:80/x",
    "http://?x",
    "http:/x",
    "http:x",
    "http:",
    "http://",
    "http//h/x",
    "ftp://h/x",
    "ws://h/x",
    "file:///x",
    "httpx://h/x",
    "urn:isbn:1",
    "javascript:alert(1)",
    "http://u@h/",
    "http://u:p@h/",
    "http://h:port/",
    "http://h:80:80/",
    "http://h:-1/",
    "http://h:65536/",
    "http://a%zz/",
    "http://h\\x/",
    "http://[::1/x",
    "http://[::1]x/",
    "http://[:::1]/",
    "http://h/a#f",
    "http://h\x80/",
    "http://a<b/",
  ];
  return [
    ...taken.map(([target, authority, path, query]): Row => ({
      name: `the absolute-form ${target}`,
      wire: `GET ${target} HTTP/1.1|Host: a||`,
      expect: { method: "GET", target, form: "absolute", authority, path, query },
      clause: "RFC 9112 §3.2.2",
      cheroot: target === "http://h/x" ? "B1.18" : undefined,
    })),
    {
      name: "the authority of an absolute-form wins over Host",
      wire: "GET http://h:81/x?y HTTP/1.1|Host: evil||",
      expect: {
        method: "GET",
        target: "http://h:81/x?y",
        authority: "h:81",
        fields: { host: "evil" },
        url: "http://h:81/x?y",
      },
      clause: "RFC 9112 §3.2.2",
      cheroot: "B1.18",
    },
    {
      name: "an absolute-form in proxy mode",
      wire: "GET http://h/x HTTP/1.1|Host: h||",
      options: { proxyMode: true },
      expect: { method: "GET", target: "http://h/x", form: "absolute", authority: "h" },
      clause: "RFC 9112 §3.2.2",
    },
    {
      name: "an absolute-form in HTTP/1.0 without Host",
      wire: "GET http://h/x HTTP/1.0||",
      expect: { method: "GET", target: "http://h/x", authority: "h", path: "/x", open: false },
      clause: "RFC 9112 §3.2.2",
    },
    {
      name: "an absolute-form without Host",
      wire: "GET http://h/x HTTP/1.1||",
      expect: { error: "missing-host", status: 400 },
      clause: "RFC 9112 §3.2",
    },
    {
      name: "an absolute-form with a malformed Host",
      wire: "GET http://h/x HTTP/1.1|Host: a b||",
      expect: { error: "malformed-host", status: 400 },
      clause: "RFC 9112 §3.2",
    },
    {
      name: "OPTIONS with an absolute-form",
      wire: "OPTIONS http://h/x HTTP/1.1|Host: h||",
      expect: { method: "OPTIONS", target: "http://h/x", form: "absolute", path: "/x" },
      clause: "RFC 9112 §3.2.2",
      cheroot: "B1.22",
    },
    ...malformed.map((target): Row => ({
      name: `the malformed absolute-form ${JSON.stringify(target)}`,
      wire: `GET ${target} HTTP/1.1|Host: a||`,
      expect: MALFORMED,
      clause: "RFC 9112 §3.2.2",
    })),
  ];
}
