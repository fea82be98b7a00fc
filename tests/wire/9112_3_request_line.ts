// RFC 9112 §3 and §2.3: the request line as method, target and version with one SP between them. Targets
// have their own table, 9112_3_2_request_target.ts.

import { BAR, type Row } from "./row.ts";

export const requestLine: readonly Row[] = [
  {
    name: "a space before the request line",
    wire: " GET / HTTP/1.1|Host: a||",
    expect: { error: "malformed-request-line", status: 400 },
    clause: "RFC 9112 §3",
    cheroot: "B1.5",
  },
  {
    name: "a space after the request line",
    wire: "GET / HTTP/1.1 |Host: a||",
    expect: { error: "malformed-request-line", status: 400 },
    clause: "RFC 9112 §3",
    cheroot: "B1.5",
  },
  {
    name: "a tab after the request line",
    wire: "GET / HTTP/1.1\t|Host: a||",
    expect: { error: "malformed-request-line", status: 400 },
    clause: "RFC 9112 §3",
  },
  {
    name: "two spaces before the target",
    wire: "GET  / HTTP/1.1|Host: a||",
    expect: { error: "malformed-request-line", status: 400 },
    clause: "RFC 9112 §3",
  },
  {
    name: "two spaces before the version",
    wire: "GET /  HTTP/1.1|Host: a||",
    expect: { error: "malformed-version", status: 400 },
    clause: "RFC 9112 §3",
  },
  {
    name: "tabs between the parts",
    wire: "GET\t/\tHTTP/1.1|Host: a||",
    expect: { error: "malformed-request-line", status: 400 },
    clause: "RFC 9112 §3",
    cheroot: "B1.4",
  },
  {
    name: "a tab before the version",
    wire: "GET /\tHTTP/1.1|Host: a||",
    expect: { error: "malformed-target", status: 400 },
    clause: "RFC 9112 §3",
  },
  {
    name: "a form feed between the parts",
    wire: "GET\x0c/ HTTP/1.1|Host: a||",
    expect: { error: "malformed-method", status: 400 },
    clause: "RFC 9112 §3",
  },
  {
    name: "a request line of two words, as in HTTP/0.9",
    wire: "GET /|",
    expect: { error: "malformed-request-line", status: 400 },
    clause: "RFC 9112 §3",
    cheroot: "B1.4",
  },
  {
    name: "a request line of one word",
    wire: "GET|",
    expect: { error: "malformed-request-line", status: 400 },
    clause: "RFC 9112 §3",
    cheroot: "B1.4",
  },
  {
    name: "a request line without a version after the space",
    wire: "GET / |",
    expect: { error: "malformed-version", status: 400 },
    clause: "RFC 9112 §3",
  },
  {
    name: "a line of garbage",
    wire: "\x01\x02 hello, world|",
    expect: { error: "malformed-method", status: 400 },
    clause: "RFC 9112 §3",
    cheroot: "B1.4",
  },
  {
    name: "a space inside the target",
    wire: "GET /a b HTTP/1.1|Host: a||",
    expect: { error: "malformed-version", status: 400 },
    clause: "RFC 9112 §3.2",
    cheroot: "B1.6",
  },
  {
    name: "a fourth word",
    wire: "GET / HTTP/1.1 HTTP/1.0|Host: a||",
    expect: { error: "malformed-request-line", status: 400 },
    clause: "RFC 9112 §3",
  },
  ...versions(),
  ...methods(),
];

function versions(): Row[] {
  const malformed: [version: string, cheroot?: string][] = [
    ["http/1.1", "B1.7"],
    ["Http/1.1"],
    ["HTTPS/1.1", "B1.7"],
    ["FTP/1.1", "B1.7"],
    ["HTTP 1.1"],
    ["HTTP", "B1.7"],
    ["HTTP/"],
    ["HTTP/1", "B1.8"],
    ["HTTP/1."],
    ["HTTP/.1"],
    ["HTTP/1,1"],
    ["HTTP/1.x", "B1.9"],
    ["HTTP/x.1"],
    ["HTTP/01.1", "B1.10"],
    ["HTTP/1.-1", "B1.10"],
    ["HTTP/1.01", "B1.10"],
    ["HTTP/+1.1"],
    ["HTTP/1.10", "B1.11"],
    ["HTTP/11.1"],
    ["HTTP/\xb9.1"],
    ["XHTTP/1.1"],
    ["ICAP/1.0"],
  ];
  const unsupported: [version: string, cheroot?: string][] = [
    ["HTTP/0.9", "B1.12"],
    ["HTTP/0.0"],
    ["HTTP/2.0", "B1.11"],
    ["HTTP/3.0"],
    ["HTTP/9.9"],
  ];
  const served: [version: string, cheroot?: string][] = [
    ["HTTP/1.2", "B1.11"],
    ["HTTP/1.9"],
  ];
  return [
    ...malformed.map(([version, cheroot]): Row => ({
      name: `the malformed version ${JSON.stringify(version)}`,
      wire: `GET / ${version}|Host: a||`,
      expect: { error: "malformed-version", status: 400 },
      clause: "RFC 9112 §2.3",
      cheroot,
    })),
    ...unsupported.map(([version, cheroot]): Row => ({
      name: `the version ${version} of another major protocol`,
      wire: `GET / ${version}|Host: a||`,
      expect: { error: "version-not-supported", status: 505 },
      clause: "RFC 9110 §15.6.6",
      cheroot,
    })),
    ...served.map(([version, cheroot]): Row => ({
      name: `the version ${version} is served as HTTP/1.1`,
      wire: `GET / ${version}|Host: a||`,
      expect: { method: "GET", target: "/", protocol: version },
      clause: "RFC 9110 §2.5",
      cheroot,
    })),
    ...["x", ".1", "\x00", ";"].map((suffix): Row => ({
      name: `${JSON.stringify(suffix)} after the version`,
      wire: `GET / HTTP/1.1${suffix}|Host: a||`,
      expect: { error: "malformed-request-line", status: 400 },
      clause: "RFC 9112 §2.3",
      cheroot: suffix === "x" ? "B1.9" : undefined,
    })),
    {
      name: "the HTTP/2 preface",
      wire: "PRI * HTTP/2.0||SM||",
      expect: { error: "version-not-supported", status: 505 },
      clause: "RFC 9113 §3.4",
      cheroot: "B1.11",
    },
    {
      name: "a version of another major protocol with two digits",
      wire: "GET / HTTP/2.15|Host: a||",
      expect: { error: "version-not-supported", status: 505 },
      clause: "RFC 9110 §15.6.6",
      cheroot: "B1.11",
    },
  ];
}

function methods(): Row[] {
  const lowerCase = ["get", "Get", "gET", "post", "patch", "foo"];
  const taken = ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "FROB", "M-SEARCH", "A", "1"];
  const illegal = [
    "GE(T",
    "GET:",
    "G@T",
    "G\xc9T",
    "GE\x7fT",
    "\x00GET",
    'GE"T',
    "{GET}",
    "GE/T",
    "GET,POST",
    "G\\T",
    "<GET>",
    "[GET",
    "GE=T",
    "GE;T",
    "G?T",
  ];
  return [
    ...taken.map((method): Row => ({
      name: `the method ${method}`,
      wire: `${method} / HTTP/1.1|Host: a||`,
      expect: { method, target: "/" },
      clause: "RFC 9110 §9.1",
      cheroot: method === "FROB" ? "B1.14" : undefined,
    })),
    {
      name: "a method of all characters of a token",
      wire: `!#$%&'*+-.^_\`${BAR}~09AZ / HTTP/1.1|Host: a||`,
      expect: { method: "!#$%&'*+-.^_`|~09AZ", target: "/" },
      clause: "RFC 9110 §5.6.2",
    },
    ...illegal.map((method): Row => ({
      name: `the malformed method ${JSON.stringify(method)}`,
      wire: `${method} / HTTP/1.1|Host: a||`,
      expect: { error: "malformed-method", status: 400 },
      clause: "RFC 9110 §9.1",
      cheroot: "B1.15",
    })),
    ...lowerCase.map((method): Row => ({
      name: `the method ${method} in strict mode`,
      wire: `${method} / HTTP/1.1|Host: a||`,
      expect: { error: "method-not-supported", status: 501 },
      clause: "RFC 9110 §9.1",
      cheroot: "B1.13",
    })),
    ...["get", "Post", "optionS"].map((method): Row => ({
      name: `the method ${method} outside strict mode cannot be given to a Request`,
      wire: `${method} / HTTP/1.1|Host: a||`,
      options: { strictMode: false },
      expect: { method, target: "/", serverResponse: 501 },
      clause: "RFC 9110 §9.1",
      cheroot: "B1.13",
    })),
    ...["frob", "patch", "Frob"].map((method): Row => ({
      name: `the method ${method} outside strict mode keeps its case`,
      wire: `${method} / HTTP/1.1|Host: a||`,
      options: { strictMode: false },
      expect: { method, target: "/" },
      clause: "RFC 9110 §9.1",
      cheroot: "B1.13",
    })),
    {
      name: "the method TRACE cannot be given to a Request",
      wire: "TRACE / HTTP/1.1|Host: a||",
      expect: { method: "TRACE", target: "/", serverResponse: 405 },
      clause: "RFC 9110 §9.3.8",
    },
    {
      name: "the method TRACK cannot be given to a Request",
      wire: "TRACK / HTTP/1.1|Host: a||",
      expect: { method: "TRACK", target: "/", serverResponse: 501 },
      clause: "RFC 9110 §9.1",
    },
    {
      name: "a method of 32 octets",
      wire: `${"M".repeat(32)} / HTTP/1.1|Host: a||`,
      expect: { method: "M".repeat(32), target: "/" },
      clause: "RFC 9112 §3",
    },
    {
      name: "a method of 33 octets",
      wire: `${"M".repeat(33)} / HTTP/1.1|Host: a||`,
      expect: { error: "method-too-long", status: 501 },
      clause: "RFC 9112 §3",
    },
    {
      name: "an endless method is not waited for",
      wire: "M".repeat(33),
      expect: { error: "method-too-long", status: 501 },
      clause: "RFC 9112 §3",
    },
    {
      name: "a method that is malformed after its limit",
      wire: `${"M".repeat(33)}( / HTTP/1.1|Host: a||`,
      expect: { error: "method-too-long", status: 501 },
      clause: "RFC 9112 §3",
    },
    {
      name: "a method that is malformed before its limit",
      wire: `(${"M".repeat(33)} / HTTP/1.1|Host: a||`,
      expect: { error: "malformed-method", status: 400 },
      clause: "RFC 9112 §3",
    },
  ];
}
