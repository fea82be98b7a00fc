// FieldSection, and rows of octets for FieldSectionParser in pieces of different sizes.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  FieldSection,
  type FieldSectionLimits,
  FieldSectionParser,
} from "../../src/http1/field_section.ts";
import { ProtocolError } from "../../src/http1/protocol_error.ts";
import { ReceiveBuffer } from "../../src/http1/receive_buffer.ts";

Deno.test("FieldSection keeps order, case and duplicates", () => {
  const pairs: [string, string][] = [["Host", "a"], ["X-One", "1"], ["x-one", "2"], ["B", ""]];
  const fields = FieldSection.from(pairs);
  assertEquals(fields.size, 4);
  assertEquals(fields.entries(), pairs);
  assertEquals([...fields], pairs);
  assertEquals(fields.names, ["Host", "X-One", "x-one", "B"]);
  assertEquals(fields.values, ["a", "1", "2", ""]);
});

Deno.test("FieldSection finds names in any case, and no others", () => {
  const fields = FieldSection.from([["Host", "a"], ["X-One", "1"], ["x-one", "2"], ["B", ""]]);
  assertEquals(fields.get("HOST"), "a");
  assertEquals(fields.get("x-One"), "1, 2");
  assertEquals(fields.get("b"), "");
  assertEquals(fields.get("one"), undefined);
  assertEquals(fields.all("X-ONE"), ["1", "2"]);
  assertEquals(fields.all("c"), []);
  assertEquals([fields.has("b"), fields.has("Hos")], [true, false]);
});

const LIMITS: FieldSectionLimits = {
  maxSize: 64,
  maxCount: 4,
  underscore: "allow",
  tooLarge: "trailer-too-large",
  tooMany: "too-many-fields",
  malformed: "malformed-trailer",
};

interface Row {
  readonly name: string;
  /** `|` stands for CRLF. */
  readonly wire: string;
  readonly limits?: Partial<FieldSectionLimits>;
  readonly expect: readonly (readonly [string, string])[] | {
    readonly error: string;
    readonly status: number;
  };
}

const MALFORMED = { error: "malformed-trailer", status: 400 };
const TOO_LARGE = { error: "trailer-too-large", status: 431 };

const ROWS: Row[] = [
  { name: "no line", wire: "|", expect: [] },
  { name: "two lines", wire: "A: b|C: d||", expect: [["A", "b"], ["C", "d"]] },
  { name: "the same name twice", wire: "A: 1|a: 2||", expect: [["A", "1"], ["a", "2"]] },
  { name: "no whitespace before the value", wire: "A:b||", expect: [["A", "b"]] },
  { name: "SP and HTAB around the value", wire: "A: \t b c\t ||", expect: [["A", "b c"]] },
  { name: "an empty value", wire: "A:||", expect: [["A", ""]] },
  { name: "a value of whitespace only", wire: "A: \t ||", expect: [["A", ""]] },
  { name: "a HTAB inside a value", wire: "A: b\tc||", expect: [["A", "b\tc"]] },
  { name: "colons in a value", wire: "A: b:c:||", expect: [["A", "b:c:"]] },
  { name: "obs-text", wire: "A: \x80\xe4\xff|B: c||", expect: [["A", "\x80\xe4\xff"], ["B", "c"]] },
  {
    name: "every token octet",
    wire: "!#$%&'*+-.^_`~09azAZ: x||",
    expect: [["!#$%&'*+-.^_`~09azAZ", "x"]],
  },
  { name: "whitespace behind a name", wire: "A : b||", expect: MALFORMED },
  { name: "HTAB behind a name", wire: "A\t: b||", expect: MALFORMED },
  { name: "an empty name", wire: ": b||", expect: MALFORMED },
  { name: "no colon", wire: "A||", expect: MALFORMED },
  { name: "obs-text in a name", wire: "\xe4: b||", expect: MALFORMED },
  { name: "brackets in a name", wire: "A[0]: b||", expect: MALFORMED },
  { name: "NUL in a name", wire: "A\x00: b||", expect: MALFORMED },
  { name: "NUL in a value", wire: "A: b\x00||", expect: MALFORMED },
  { name: "a control octet in a value", wire: "A: b\x01||", expect: MALFORMED },
  { name: "VT in front of a value", wire: "A:\x0bb||", expect: MALFORMED },
  { name: "DEL in a value", wire: "A: b\x7f||", expect: MALFORMED },
  { name: "bare LF behind a value", wire: "A: b\nC: d||", expect: MALFORMED },
  { name: "bare LF behind a name", wire: "A\n||", expect: MALFORMED },
  { name: "bare LF as the last line", wire: "A: b|\n", expect: MALFORMED },
  { name: "bare CR in a value", wire: "A: b\rc||", expect: MALFORMED },
  { name: "CR CR LF", wire: "A: b\r\r\n|", expect: MALFORMED },
  { name: "bare CR as the last line", wire: "A: b|\rx", expect: MALFORMED },
  { name: "first line begins with SP", wire: " A: b||", expect: MALFORMED },
  { name: "first line begins with HTAB", wire: "\tA: b||", expect: MALFORMED },
  {
    name: "folding with SP",
    wire: "A: b| c||",
    expect: { error: "obsolete-line-folding", status: 400 },
  },
  {
    name: "folding with HTAB into nothing",
    wire: "A: b|\t||",
    expect: { error: "obsolete-line-folding", status: 400 },
  },
  {
    name: "as many lines as allowed",
    wire: "A:|B:|C:|D:||",
    expect: [["A", ""], ["B", ""], ["C", ""], ["D", ""]],
  },
  {
    name: "a line too many",
    wire: "A:|B:|C:|D:|E:||",
    expect: { error: "too-many-fields", status: 431 },
  },
  {
    name: "a section as large as allowed",
    wire: "A: bc||",
    limits: { maxSize: 7 },
    expect: [["A", "bc"]],
  },
  { name: "a section an octet larger", wire: "A: bc||", limits: { maxSize: 6 }, expect: TOO_LARGE },
  {
    name: "a name that passes the limit",
    wire: "Abcd: e||",
    limits: { maxSize: 3 },
    expect: TOO_LARGE,
  },
  {
    name: "whitespace that passes the limit",
    wire: "A:    e||",
    limits: { maxSize: 4 },
    expect: TOO_LARGE,
  },
  {
    name: "a second line that passes the limit",
    wire: "A:|B:||",
    limits: { maxSize: 4 },
    expect: TOO_LARGE,
  },
  { name: "no line where none is allowed", wire: "|", limits: { maxSize: 0 }, expect: [] },
  {
    name: "no limits",
    wire: "A: b||",
    limits: { maxSize: Infinity, maxCount: Infinity },
    expect: [["A", "b"]],
  },
  {
    name: "underscores dropped",
    wire: "A_B: \xe4|C: d|_: e|f_:||",
    limits: { underscore: "drop" },
    expect: [["C", "d"]],
  },
  {
    name: "dropped lines are counted",
    wire: "a_:|b_:|c_:|d_:|e_:||",
    limits: { underscore: "drop" },
    expect: { error: "too-many-fields", status: 431 },
  },
  {
    name: "dropped lines are checked",
    wire: "a_: \x00||",
    limits: { underscore: "drop" },
    expect: MALFORMED,
  },
  {
    name: "underscores rejected",
    wire: "A_B: c||",
    limits: { underscore: "refuse" },
    expect: { error: "underscore-in-field-name", status: 400 },
  },
  { name: "underscores allowed", wire: "A_B: c||", expect: [["A_B", "c"]] },
];

for (const { name, wire, limits, expect } of ROWS) {
  const octets = Uint8Array.from(
    wire.replaceAll("|", "\r\n"),
    (character) => character.charCodeAt(0),
  );
  for (const pieceSize of [octets.length, 1]) {
    Deno.test(`FieldSectionParser, ${name}, in pieces of ${pieceSize}`, () => {
      const parser = new FieldSectionParser({ ...LIMITS, ...limits });
      const buffer = new ReceiveBuffer(16, 256);
      if ("error" in expect) {
        const error = assertThrows(() => feed(parser, buffer, octets, pieceSize), ProtocolError);
        assertEquals([error.code, error.status], [expect.error, expect.status]);
        assertStrictEquals(assertThrows(() => parser.parse(buffer)), error, "it stays refused");
        return;
      }
      assertEquals(
        feed(parser, buffer, octets, pieceSize)?.entries(),
        expect as [string, string][],
      );
      assertEquals(buffer.length, 0);
    });
  }
}

Deno.test("FieldSectionParser takes no octets behind a section, and reads one section after another", () => {
  const parser = new FieldSectionParser(LIMITS);
  const buffer = new ReceiveBuffer(256);
  const octets = new TextEncoder().encode("A: b\r\n\r\n\r\nC: d\r\n\r\nE");
  assertEquals(feed(parser, buffer, octets, octets.length)?.entries(), [["A", "b"]]);
  assertEquals(parser.parse(buffer)?.entries(), []);
  assertEquals(parser.parse(buffer)?.entries(), [["C", "d"]]);
  assertEquals(parser.parse(buffer), undefined);
  assertEquals(buffer.length, 1);
});

function feed(
  parser: FieldSectionParser,
  buffer: ReceiveBuffer,
  octets: Uint8Array,
  pieceSize: number,
): FieldSection | undefined {
  for (let from = 0; from < octets.length;) {
    const space = buffer.space();
    const piece = octets.subarray(from, from + Math.min(pieceSize, space.length));
    space.set(piece);
    buffer.commit(piece.length);
    from += piece.length;
    const fields = parser.parse(buffer);
    if (fields !== undefined) {
      // With small pieces the buffer must be empty; otherwise it holds the octets that follow.
      buffer.space().set(octets.subarray(from));
      buffer.commit(octets.length - from);
      return fields;
    }
  }
  return undefined;
}
