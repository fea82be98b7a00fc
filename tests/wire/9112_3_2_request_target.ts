// RFC 9112 §3.2: the forms of a request target and the octets that they may hold. A path reaches the
// application as it was sent: not decoded and not normalized.

import { BAR, type Outcome, type Row } from "./row.ts";

const MALFORMED: Outcome = { error: "malformed-target", status: 400 };

export const requestTarget: readonly Row[] = [
  ...originForm(),
  ...asteriskForm(),
  ...authorityForm(),
];

function originForm(): Row[] {
  const accepted: [target: string, path: string, query: string, cheroot?: string][] = [
    ["/a/b/c", "/a/b/c", ""],
    ["/?", "/", ""],
    ["/a?b=c", "/a", "b=c", "B1.29"],
    ["/a?b=c?d/e", "/a", "b=c?d/e", "B1.29"],
    ["/?a=%2F&b=+%20&a", "/", "a=%2F&b=+%20&a", "B1.29"],
    ["//x", "//x", "", "B1.20"],
    ["//x/y?z", "//x/y", "z", "B1.20"],
    ["///", "///", ""],
    ["/a//b", "/a//b", ""],
    ["/a/../b/./c", "/a/../b/./c", ""],
    ["/a%2Fb", "/a%2Fb", "", "B1.25"],
    ["/a%2fb%2E%2e", "/a%2fb%2E%2e", "", "B1.25"],
    ["/%00", "/%00", "", "B1.26"],
    ["/%0D%0A", "/%0D%0A", "", "B1.26"],
    ["/%25zz", "/%25zz", ""],
    ["/;p=1,2/:@!$&'()*+=-._~", "/;p=1,2/:@!$&'()*+=-._~", ""],
    ["/http://b/", "/http://b/", ""],
    ["/a?http://b/", "/a", "http://b/"],
    ["/a?{^`}\\" + BAR + "[]", "/a", "{^`}\\|[]"],
  ];
  const badOctets: [what: string, octet: string, cheroot?: string][] = [
    ["NUL", "\x00", "B1.27"],
    ["a tab", "\t", "B1.28"],
    ["the control octet 01", "\x01"],
    ["ESC", "\x1b"],
    ["DEL", "\x7f"],
    ["the octet 80", "\x80", "B1.16"],
    ["UTF-8", "\xc3\xa9", "B1.16"],
    ["the octet FF", "\xff", "B1.16"],
    ["a fragment", "#f", "B1.24"],
  ];
  const noForm: [target: string, cheroot: string][] = [
    ["foo", "B1.17"],
    ["foo/bar", "B1.17"],
    ["?x", "B1.17"],
    ["*", "B1.17"],
    ["%2F", "B1.17"],
    [".", "B1.17"],
    ["\\", "B1.17"],
    ["a", "B1.19"],
    ["a:80", "B1.19"],
    ["127.0.0.1:80", "B1.19"],
    ["[::1]:80", "B1.19"],
  ];
  return [
    ...accepted.map(([target, path, query, cheroot]): Row => ({
      name: `the origin-form ${target}`,
      wire: `GET ${target} HTTP/1.1|Host: a||`,
      expect: {
        method: "GET",
        target: target.replaceAll(BAR, "|"),
        form: "origin",
        path,
        query,
        authority: "a",
      },
      clause: "RFC 9112 §3.2.1",
      cheroot,
    })),
    {
      name: "an empty first segment is not read as a host",
      wire: "GET //evil/dump?x=1 HTTP/1.1|Host: a||",
      expect: {
        method: "GET",
        target: "//evil/dump?x=1",
        path: "//evil/dump",
        url: "http://a//evil/dump?x=1",
      },
      clause: "RFC 9112 §3.2.1",
      cheroot: "B1.20",
    },
    {
      name: "a percent sign that begins no escape stays in the path",
      wire: "GET /%zz%4 HTTP/1.1|Host: a||",
      expect: { method: "GET", target: "/%zz%4", path: "/%zz%4" },
      clause: "RFC 9112 §3.2.1",
      cheroot: "B1.26",
    },
    ...badOctets.map(([what, octet, cheroot]): Row => ({
      name: `${what} in a path`,
      wire: `GET /a${octet}b HTTP/1.1|Host: a||`,
      expect: MALFORMED,
      clause: "RFC 9112 §3.2",
      cheroot,
    })),
    ...badOctets.map(([what, octet]): Row => ({
      name: `${what} in a query`,
      wire: `GET /?a${octet}b HTTP/1.1|Host: a||`,
      expect: MALFORMED,
      clause: "RFC 9112 §3.2",
    })),
    ...["\r", "\n", "\r\n"].map((end): Row => ({
      name: `${JSON.stringify(end)} in a target`,
      wire: `GET /a${end}b HTTP/1.1|Host: a||`,
      expect: { error: "malformed-request-line", status: 400 },
      clause: "RFC 9112 §3.2",
    })),
    ...noForm.map(([target, cheroot]): Row => ({
      name: `${target} with GET is no form of target`,
      wire: `GET ${target} HTTP/1.1|Host: a||`,
      expect: MALFORMED,
      clause: "RFC 9112 §3.2",
      cheroot,
    })),
    ...['"', "<", ">", "^", "`", "{", "}"].map((sign): Row => ({
      name: `${sign} in a path in strict mode`,
      wire: `GET /a${sign} HTTP/1.1|Host: a||`,
      expect: MALFORMED,
      clause: "RFC 3986 §3.3",
    })),
    ...['"', "<", ">"].map((sign): Row => ({
      name: `${sign} in a query in strict mode`,
      wire: `GET /?a=${sign} HTTP/1.1|Host: a||`,
      expect: MALFORMED,
      clause: "RFC 3986 §3.4",
    })),
    {
      name: "characters that RFC 3986 excludes, outside strict mode",
      wire: 'GET /"<>^`{}?"<> HTTP/1.1|Host: a||',
      options: { strictMode: false },
      expect: { method: "GET", target: '/"<>^`{}?"<>', path: '/"<>^`{}', query: '"<>' },
      clause: "RFC 9112 §3.2",
    },
    ...[true, false].map((strictMode): Row => ({
      name: `a backslash in a path, strictMode ${strictMode}`,
      wire: "GET /x\\..\\hello HTTP/1.1|Host: a||",
      options: { strictMode },
      expect: MALFORMED,
      clause: "RFC 3986 §3.3",
    })),
    {
      name: "an origin-form in proxy mode",
      wire: "GET /x HTTP/1.1|Host: a||",
      options: { proxyMode: true },
      expect: { method: "GET", target: "/x", form: "origin", authority: "a" },
      clause: "RFC 9112 §3.2.1",
    },
  ];
}

function asteriskForm(): Row[] {
  return [
    {
      name: "OPTIONS *",
      wire: "OPTIONS * HTTP/1.1|Host: a||",
      expect: { method: "OPTIONS", target: "*", form: "asterisk", authority: "a" },
      clause: "RFC 9112 §3.2.4",
      cheroot: "B1.21",
    },
    ...["**", "*/", "*?x"].map((target): Row => ({
      name: `OPTIONS ${target}`,
      wire: `OPTIONS ${target} HTTP/1.1|Host: a||`,
      expect: MALFORMED,
      clause: "RFC 9112 §3.2.4",
    })),
    {
      name: "OPTIONS with an origin-form",
      wire: "OPTIONS /x HTTP/1.1|Host: a||",
      expect: { method: "OPTIONS", target: "/x", form: "origin" },
      clause: "RFC 9112 §3.2.1",
    },
    ...["POST", "HEAD", "M-SEARCH"].map((method): Row => ({
      name: `${method} *`,
      wire: `${method} * HTTP/1.1|Host: a||`,
      expect: method === "HEAD" ? { ...MALFORMED, forHead: true } : MALFORMED,
      clause: "RFC 9112 §3.2.4",
    })),
  ];
}

function authorityForm(): Row[] {
  return [
    ...["h:443", "/x", "h"].map((target): Row => ({
      name: `CONNECT ${target} outside proxy mode`,
      wire: `CONNECT ${target} HTTP/1.1|Host: h:443||`,
      expect: { error: "method-not-allowed", status: 405 },
      clause: "RFC 9110 §9.3.6",
      cheroot: "B1.23",
    })),
    ...["h:443", "[::1]:443", "127.0.0.1:8443"].map((target): Row => ({
      name: `CONNECT ${target} in proxy mode`,
      wire: `CONNECT ${target} HTTP/1.1|Host: h:443||`,
      options: { proxyMode: true },
      expect: {
        method: "CONNECT",
        target,
        form: "authority",
        authority: target,
        serverResponse: 405, // its handler opens no tunnel, and another 2xx would look like one
        handled: true,
      },
      clause: "RFC 9112 §3.2.3",
      cheroot: "B1.23",
    })),
    ...["/x", "h", "h:", ":443", "h:65536", "h:https", "u@h:443", "http://h/", "*", "h:443/"].map(
      (target): Row => ({
        name: `CONNECT ${target} in proxy mode`,
        wire: `CONNECT ${target} HTTP/1.1|Host: h:443||`,
        options: { proxyMode: true },
        expect: MALFORMED,
        clause: "RFC 9112 §3.2.3",
        cheroot: "B1.23",
      }),
    ),
    {
      name: "an authority-form with GET in proxy mode",
      wire: "GET h:443 HTTP/1.1|Host: h:443||",
      options: { proxyMode: true },
      expect: MALFORMED,
      clause: "RFC 9112 §3.2.3",
    },
  ];
}
