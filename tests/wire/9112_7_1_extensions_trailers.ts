// RFC 9112 §7.1.1 and §7.1.2: chunk extensions and trailers. Both are parsed strictly and do
// not join the fields of the request.

import { BAR, type Outcome, type Row } from "./row.ts";

const MALFORMED: Outcome = { error: "malformed-chunk", status: 400 };
const BAD_TRAILER: Outcome = { error: "malformed-trailer", status: 400 };
const INCOMPLETE: Outcome = { error: "incomplete-content", status: 400 };
const HEAD = "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||";

export const extensionsAndTrailers: readonly Row[] = [...extensions(), ...trailers()];

/** The expected request with this content. */
function accepted(content: string) {
  return { method: "POST", target: "/", content } as const;
}

function extensions(): Row[] {
  const taken: [extension: string, cheroot?: string][] = [
    [";a=b", "B3.16"],
    [";a", "B3.16"],
    [";a=b;c;d=e", "B3.16"],
    [' ; a = b ; c = "d"'],
    ["\t;\ta\t=\tb"],
    [';a=""'],
    [';a="x;y=z, 5"'],
    [`;a="${BAR}\\"\\\\"`],
    [';a="\\a\t\x80\xff"'],
    [";!#$%&'*+-.^_`~=!#$%&'*+-.^_`~"],
  ];
  const malformed = [
    ";",
    ";;a",
    ";a;",
    ";=b",
    ";a=",
    ";a= ",
    ";a b",
    ";a=b c",
    ";a==b",
    ";a=b=c",
    ";a,b",
    ";a=(b)",
    ';a="x',
    ';a="x"y',
    ';a="x\\',
    ';a="x\x00"',
    ';a="x\x7f"',
    ';a="\\\x00"',
    ';a="x\r"',
    ';a="x\n"',
    ";a\x00",
    ";a=\x01",
    ";a\x80",
    ";a=\xff",
    ";a\r",
    ";a\rb",
    ";a\n",
    ";a=b\n",
    ";\na",
    " a",
    " ;",
    "; a ",
    " = b",
  ];
  return [
    ...taken.map(([extension, cheroot]): Row => ({
      name: `the chunk extension ${JSON.stringify(extension)}`,
      wire: `${HEAD}5${extension}|hello|0${extension}||`,
      expect: accepted("hello"),
      clause: "RFC 9112 §7.1.1",
      cheroot,
    })),
    ...malformed.map((extension): Row => ({
      name: `the malformed chunk extension ${JSON.stringify(extension)}`,
      wire: `${HEAD}5${extension}|hello|0||`,
      expect: MALFORMED,
      clause: "RFC 9112 §7.1.1",
    })),
    {
      name: "a malformed extension of the last chunk",
      wire: HEAD + "5|hello|0;||",
      expect: MALFORMED,
      clause: "RFC 9112 §7.1.1",
    },
    {
      name: "an extension that hides a line after a bare LF",
      wire: HEAD + "2;a\nxx|4c|0|" + "GET /smuggled HTTP/1.1|Host: a||",
      expect: MALFORMED,
      clause: "RFC 9112 §7.1.1, erratum 7633",
    },
  ];
}

function trailers(): Row[] {
  const taken: [what: string, wire: string, trailers: [string, string][]][] = [
    ["one", "X: 1|", [["X", "1"]]],
    ["several in order", "B: 1|A: 2|b:  3 |", [["B", "1"], ["A", "2"], ["b", "3"]]],
    ["an empty one", "X:|", [["X", ""]]],
    ["obs-text", "X: \xe9|", [["X", "\xe9"]]],
  ];
  const malformed: [what: string, wire: string][] = [
    ["no colon", "X|"],
    ["a space before the colon", "X : 1|"],
    ["an empty name", ": 1|"],
    ["a space in a name", "X Y: 1|"],
    ["a space before the first line", " X: 1|"],
    ["a line that ends with LF only", "X: 1\n"],
    ["a line that ends with CR only", "X: 1\rY: 2|"],
    ["NUL in a value", "X: \x00|"],
    ["DEL in a value", "X: \x7f|"],
    ["obs-text in a name", "\xe9: 1|"],
    ["a request line instead", "GET / HTTP/1.1|Host: a|"],
  ];
  return [
    ...taken.map(([what, wire, trailers], at): Row => ({
      name: `trailers: ${what}`,
      wire: `${HEAD}5|hello|0|${wire}|`,
      expect: { ...accepted("hello"), trailers },
      clause: "RFC 9112 §7.1.2",
      cheroot: at < 2 ? "B3.17" : undefined,
    })),
    {
      name: "a trailer does not join the fields, whatever its name is",
      wire: HEAD + "5|hello|0|Host: evil|Content-Length: 3|Transfer-Encoding: gzip|X: 1||",
      expect: {
        ...accepted("hello"),
        authority: "a",
        fields: { host: "a", "content-length": null, "transfer-encoding": "chunked", x: null },
      },
      clause: "RFC 9110 §6.5.1",
      cheroot: "B3.17",
    },
    {
      name: "trailers and the next request",
      wire: HEAD + "0|X: 1||GET /2 HTTP/1.1|Host: a||",
      expect: [
        { ...accepted(""), trailers: [["X", "1"]] },
        { method: "GET", target: "/2", fields: { x: null } },
      ],
      clause: "RFC 9112 §7.1.2",
      cheroot: "B3.17",
    },
    ...malformed.map(([what, wire]): Row => ({
      name: `malformed trailers: ${what}`,
      wire: `${HEAD}5|hello|0|${wire}|`,
      expect: BAD_TRAILER,
      clause: "RFC 9112 §7.1.2",
    })),
    {
      name: "malformed trailers: a folded line",
      wire: HEAD + "5|hello|0|X: 1| 2||",
      expect: { error: "obsolete-line-folding", status: 400 },
      clause: "RFC 9112 §5.2",
    },
    {
      name: "a trailer section that ends with a bare LF",
      wire: HEAD + "5|hello|0|X: 1|\n",
      expect: BAD_TRAILER,
      clause: "RFC 9112 §7.1.2",
    },
    {
      name: "a trailer section without trailers that ends with a bare LF",
      wire: HEAD + "5|hello|0|\n",
      expect: BAD_TRAILER,
      clause: "RFC 9112 §7.1.2",
    },
    {
      name: "a trailer section that is cut off",
      wire: HEAD + "5|hello|0|X: 1|",
      expect: INCOMPLETE,
      clause: "RFC 9112 §8",
    },
  ];
}
