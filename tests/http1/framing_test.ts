// Framing of requests: rows of framing fields, and the framing or error that follows from them.

import { assertEquals, assertThrows } from "@std/assert";
import { decideFraming, type Framing } from "../../src/http1/framing.ts";
import { ProtocolError } from "../../src/http1/protocol_error.ts";

interface Row {
  readonly lengths?: readonly string[];
  readonly codings?: readonly string[];
  readonly minorVersion?: 0 | 1;
}

function length(length: number): Framing {
  return { kind: "length", length };
}

const DECIDED: [Row, Framing][] = [
  [{}, { kind: "none" }],
  [{ minorVersion: 0 }, { kind: "none" }],
  [{ lengths: ["0"] }, length(0)],
  [{ lengths: ["5"] }, length(5)],
  [{ lengths: ["5"], minorVersion: 0 }, length(5)],
  [{ lengths: ["0005"] }, length(5)],
  [{ lengths: ["9007199254740991"] }, length(9007199254740991)],
  [{ codings: ["chunked"] }, { kind: "chunked" }],
  [{ codings: ["Chunked"] }, { kind: "chunked" }],
  [{ codings: [",\tchunked ,"] }, { kind: "chunked" }],
  [{ codings: ["", "chunked"] }, { kind: "chunked" }],
];

for (const [row, framing] of DECIDED) {
  Deno.test(`decideFraming of ${JSON.stringify(row)} is ${JSON.stringify(framing)}`, () => {
    assertEquals(decide(row), framing);
  });
}

const REJECTED: [Row, code: string, status: number][] = [
  ...["", "+5", "-5", "-0", "5.0", "5e1", "0x5", "1_0", "5 5", "5,", ",5", "5, 5", "5, 6", "abc"]
    .concat(["\xa05", "5\x0b", "\u0665", "Infinity", "5;x", "99999999999999999999x"])
    .map((value): [Row, string, number] => [{ lengths: [value] }, "malformed-content-length", 400]),
  [{ lengths: ["5", "5"] }, "malformed-content-length", 400],
  [{ lengths: ["5", "x"] }, "malformed-content-length", 400],
  [{ lengths: ["3", "4"] }, "conflicting-length", 400],
  [{ lengths: ["5", "05"] }, "conflicting-length", 400],
  [{ lengths: ["9007199254740992"] }, "content-too-large", 413],
  [{ lengths: ["18446744073709551621"] }, "content-too-large", 413],
  [{ lengths: ["00000000000000005"] }, "content-too-large", 413],
  [{ lengths: ["9".repeat(1000)] }, "content-too-large", 413],
  [{ lengths: ["5"], codings: ["chunked"] }, "length-and-transfer-coding", 400],
  [{ lengths: ["x"], codings: ["gzip"] }, "length-and-transfer-coding", 400],
  [{ lengths: ["5"], codings: ["chunked"], minorVersion: 0 }, "length-and-transfer-coding", 400],
  [{ codings: ["chunked"], minorVersion: 0 }, "transfer-coding-in-http-1.0", 400],
  ...["", ",", "chunked, chunked", "chunked, gzip", "chunked, identity", "chunked;q=1", '"chunked"']
    .concat([
      "chunked chunked",
      "chun\u212aed",
      "chunked\x0b",
      "\xa0chunked",
      "chunked, gzip, chunked",
    ])
    .concat(["ch unked", "gzip chunked", "=, chunked", "chunked;x, chunked", "gzip, chunked;x"])
    .map((
      value,
    ): [Row, string, number] => [{ codings: [value] }, "malformed-transfer-coding", 400]),
  [{ codings: ["chunked", "chunked"] }, "malformed-transfer-coding", 400],
  ...["gzip", "identity", "xchunked", "chunkedx", "gzip, chunked", "foo, chunked", "a;b=c, chunked"]
    .concat(["a ;b=c", "foo"])
    .map((value): [Row, string, number] => [
      { codings: [value] },
      "transfer-coding-not-supported",
      501,
    ]),
  [{ codings: ["gzip", "chunked"] }, "transfer-coding-not-supported", 501],
];

for (const [row, code, status] of REJECTED) {
  Deno.test(`decideFraming rejects ${JSON.stringify(row).slice(0, 80)} with ${code}`, () => {
    const error = assertThrows(() => decide(row), ProtocolError);
    assertEquals([error.code, error.status], [code, status]);
  });
}

function decide({ lengths = [], codings = [], minorVersion = 1 }: Row): Framing {
  return decideFraming(lengths, codings, minorVersion);
}
