// RFC 9112 §5 with RFC 9110 §5: field lines. A line that two readers could read differently is rejected.
// Valid lines keep their order, case, duplicates and octets.

import { BAR, type Outcome, type Row } from "./row.ts";

const MALFORMED: Outcome = { error: "malformed-field-line", status: 400 };
const FOLDED: Outcome = { error: "obsolete-line-folding", status: 400 };

export const fields: readonly Row[] = [
  ...names(),
  ...values(),
  ...folding(),
  ...sections(),
];

function names(): Row[] {
  const malformed: [line: string, cheroot?: string][] = [
    ["no colon", "B2.1"],
    ["NoColon", "B2.1"],
    ["X : 1", "B2.6"],
    ["X\t: 1", "B2.6"],
    ["Content-Length : 5", "B2.6"],
    ["Transfer-Encoding : chunked", "B2.6"],
    [": 1", "B2.7"],
    [":", "B2.7"],
    ["X Y: 1", "B2.7"],
    ["X[0]: 1", "B2.7"],
    ["(X): 1", "B2.7"],
    ['"X": 1'],
    ["X@Y: 1"],
    ["X/Y: 1"],
    ["X;Y: 1"],
    ["X=Y: 1"],
    ["X,Y: 1"],
    ["X?: 1"],
    ["{X}: 1"],
    ["X\\: 1"],
    ["<X>: 1"],
    ["X\x00: 1", "B2.8"],
    ["X\x01: 1"],
    ["X\x7f: 1"],
    ["X\xe9: 1"],
    ["\xc3\xa9: 1"],
    ["\xa0X: 1"],
    ["X\r: 1"],
    ["X\n: 1"],
  ];
  return [
    ...malformed.map(([line, cheroot]): Row => ({
      name: `the malformed field name of ${JSON.stringify(line)}`,
      wire: `GET / HTTP/1.1|Host: a|${line}||`,
      expect: MALFORMED,
      clause: "RFC 9112 §5.1",
      cheroot,
    })),
    {
      name: "a malformed first field line",
      wire: "GET / HTTP/1.1|Host|X: 1||",
      expect: MALFORMED,
      clause: "RFC 9112 §5",
      cheroot: "B2.1",
    },
    {
      name: "a field name of all characters of a token",
      wire: `GET / HTTP/1.1|Host: a|!#$%&'*+-.^_\`${BAR}~09azAZ: x||`,
      expect: { method: "GET", target: "/", fields: { "!#$%&'*+-.^_`|~09azAZ": "x" } },
      clause: "RFC 9110 §5.6.2",
    },
    {
      name: "field names keep their case and are found in any case",
      wire: "GET / HTTP/1.1|Host: a|x-FoO: 1||",
      expect: {
        method: "GET",
        target: "/",
        fields: { "X-Foo": "1", "x-foo": "1" },
        fieldLines: [["Host", "a"], ["x-FoO", "1"]],
      },
      clause: "RFC 9110 §5.1",
    },
    {
      name: "X-User and X_User are two fields with underscoreHeaders allow",
      wire: "GET / HTTP/1.1|Host: a|X-User: me|X_User: root||",
      options: { underscoreHeaders: "allow" },
      expect: { method: "GET", target: "/", fields: { "x-user": "me", "x_user": "root" } },
      clause: "RFC 9110 §5.1",
      cheroot: "B2.11",
    },
    {
      name: "X_User with underscoreHeaders drop",
      wire: "GET / HTTP/1.1|Host: a|X-User: me|X_User: root||",
      options: { underscoreHeaders: "drop" },
      expect: {
        method: "GET",
        target: "/",
        fields: { "x_user": null },
        fieldLines: [["Host", "a"], ["X-User", "me"]],
      },
      clause: "RFC 3875 §4.1.18",
      cheroot: "B2.11",
    },
    {
      name: "X_User with underscoreHeaders refuse",
      wire: "GET / HTTP/1.1|Host: a|X-User: me|X_User: root||",
      options: { underscoreHeaders: "refuse" },
      expect: { error: "underscore-in-field-name", status: 400 },
      clause: "RFC 3875 §4.1.18",
      cheroot: "B2.11",
    },
    {
      name: "an underscore in a value with underscoreHeaders refuse",
      wire: "GET / HTTP/1.1|Host: a|X-User: a_b||",
      options: { underscoreHeaders: "refuse" },
      expect: { method: "GET", target: "/", fields: { "x-user": "a_b" } },
      clause: "RFC 9110 §5.5",
    },
  ];
}

function values(): Row[] {
  const accepted: [what: string, sent: string, value: string][] = [
    ["no space after the colon", "x", "x"],
    ["one space", " x", "x"],
    ["many spaces", "    x   ", "x"],
    ["a tab on both sides", "\tx\t", "x"],
    ["spaces and tabs on both sides", " \t x \t ", "x"],
    ["whitespace inside", " a \t b ", "a \t b"],
    ["nothing", "", ""],
    ["only whitespace", " \t ", ""],
    ["a colon", " :a:b", ":a:b"],
    ["a quoted string with a comma", ' "a, b"; q="\\""', '"a, b"; q="\\""'],
    [
      "all visible signs",
      ` !"#$%&'()*+,-./:;<=>?@[\\]^_\`{${BAR}}~`,
      "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    ],
    ["obs-text", " \xe9\xff", "\xe9\xff"],
    ["the octet 80, which is no euro sign", " \x80", "\x80"],
    ["NBSP, which is no whitespace", " \xa0x\xa0", "\xa0x\xa0"],
    ["NEL, which is no line end", " a\x85b", "a\x85b"],
    ["UTF-8, octet by octet", " \xe2\x82\xac", "\xe2\x82\xac"],
  ];
  const malformed: [what: string, octets: string, cheroot?: string][] = [
    ["NUL", "\x00", "B2.8"],
    ["a bare CR", "\r", "B2.8"],
    ["a bare LF", "\n", "B2.8"],
    ["CR CR", "\r\r"],
    ["the control octet 01", "\x01"],
    ["a backspace", "\x08"],
    ["a vertical tab", "\x0b"],
    ["a form feed", "\x0c"],
    ["ESC", "\x1b"],
    ["the control octet 1F", "\x1f"],
    ["DEL", "\x7f"],
  ];
  return [
    ...accepted.map(([what, sent, value]): Row => ({
      name: `a field value: ${what}`,
      wire: `GET / HTTP/1.1|Host: a|X:${sent}|Y: z||`,
      expect: {
        method: "GET",
        target: "/",
        fieldLines: [["Host", "a"], ["X", value], ["Y", "z"]],
      },
      clause: "RFC 9110 §5.5",
    })),
    ...malformed.map(([what, octet, cheroot]): Row => ({
      name: `${what} inside a field value`,
      wire: `GET / HTTP/1.1|Host: a|X: a${octet}b||`,
      expect: MALFORMED,
      clause: "RFC 9110 §5.5",
      cheroot,
    })),
    ...malformed.slice(0, 7).map(([what, octet]): Row => ({
      name: `${what} at the end of a field value`,
      wire: `GET / HTTP/1.1|Host: a|X: a${octet}||`,
      expect: MALFORMED,
      clause: "RFC 9110 §5.5",
    })),
    {
      name: "a bare CR in front of a smuggled field",
      wire: "GET / HTTP/1.1|Host: a|X: a\rContent-Length: 5||hello",
      expect: MALFORMED,
      clause: "RFC 9112 §2.2",
      cheroot: "B2.8",
    },
  ];
}

function folding(): Row[] {
  return [
    {
      name: "a field line folded with a space",
      wire: "GET / HTTP/1.1|Host: a|X: a| b||",
      expect: FOLDED,
      clause: "RFC 9112 §5.2",
      cheroot: "B2.4",
    },
    {
      name: "a field line folded with a tab",
      wire: "GET / HTTP/1.1|Host: a|X: a|\tb||",
      expect: FOLDED,
      clause: "RFC 9112 §5.2",
      cheroot: "B2.4",
    },
    {
      name: "a folded line of whitespace only",
      wire: "GET / HTTP/1.1|Host: a|X: a| ||",
      expect: FOLDED,
      clause: "RFC 9112 §5.2",
      cheroot: "B2.4",
    },
    {
      name: "a folded Transfer-Encoding",
      wire: "POST / HTTP/1.1|Host: a|Transfer-Encoding:| chunked||0||",
      expect: FOLDED,
      clause: "RFC 9112 §5.2",
    },
    {
      name: "a space before the first field line",
      wire: "GET / HTTP/1.1| Host: a|X: 1||",
      expect: MALFORMED,
      clause: "RFC 9112 §2.2",
      cheroot: "B2.5",
    },
    {
      name: "a tab before the first field line",
      wire: "GET / HTTP/1.1|\tHost: a|X: 1||",
      expect: MALFORMED,
      clause: "RFC 9112 §2.2",
      cheroot: "B2.5",
    },
    {
      name: "a line of whitespace after the request line",
      wire: "GET / HTTP/1.1| |Host: a||",
      expect: MALFORMED,
      clause: "RFC 9112 §2.2",
      cheroot: "B2.5",
    },
  ];
}

function sections(): Row[] {
  return [
    {
      name: "a repeated field is combined in order",
      wire: "GET / HTTP/1.1|Host: a|X: 1|Y: 2|x: 3||",
      expect: {
        method: "GET",
        target: "/",
        fields: { x: "1, 3", y: "2" },
        fieldLines: [["Host", "a"], ["X", "1"], ["Y", "2"], ["x", "3"]],
      },
      clause: "RFC 9110 §5.3",
      cheroot: "B2.10",
    },
    {
      name: "a repeated field with an empty line among them",
      wire: "GET / HTTP/1.1|Host: a|X:|X: 1||",
      expect: { method: "GET", target: "/", fieldLines: [["Host", "a"], ["X", ""], ["X", "1"]] },
      clause: "RFC 9110 §5.3",
      cheroot: "B2.10",
    },
    {
      name: "fields with the names of properties of an object",
      wire: "GET / HTTP/1.1|Host: a|__proto__: 1|constructor: 2|toString: 3||",
      expect: {
        method: "GET",
        target: "/",
        fields: { "constructor": "2", "tostring": "3", "valueOf": null, "hasOwnProperty": null },
      },
      clause: "RFC 9110 §5.1",
    },
    {
      name: "a field of one request does not appear in the next",
      wire: "GET /1 HTTP/1.1|Host: a|X: 1||GET /2 HTTP/1.1|Host: b||",
      expect: [
        { method: "GET", target: "/1", fields: { x: "1", host: "a" } },
        { method: "GET", target: "/2", fields: { x: null, host: "b" }, authority: "b" },
      ],
      clause: "RFC 9112 §9.3",
    },
    {
      name: "an HTTP/1.0 request without fields",
      wire: "GET / HTTP/1.0||",
      expect: { method: "GET", target: "/", authority: "", fieldLines: [], open: false },
      clause: "RFC 9112 §2.1",
    },
  ];
}
