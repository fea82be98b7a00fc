// Character tables and text helpers, compared with the productions of the RFCs.

import { assertEquals } from "@std/assert";
import {
  DIGIT,
  equalsIgnoringCase,
  FIELD_VALUE,
  HEX_DIGIT,
  listElements,
  REG_NAME,
  textOf,
  TOKEN,
} from "../../src/http1/grammar.ts";

const OCTETS = Array.from({ length: 256 }, (_, octet) => octet);

Deno.test("each table agrees with its production for all 256 octets", () => {
  const productions: [Uint8Array, RegExp][] = [
    [TOKEN, /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/],
    [FIELD_VALUE, /^[\t\x20-\x7e\x80-\xff]$/],
    [DIGIT, /^[0-9]$/],
    [HEX_DIGIT, /^[0-9A-Fa-f]$/],
    [REG_NAME, /^[A-Za-z0-9\-._~!$&'()*+,;=]$/],
  ];
  for (const [table, production] of productions) {
    for (const octet of OCTETS) {
      const allowed = production.test(String.fromCharCode(octet));
      assertEquals(table[octet] > 0, allowed, `${production} and octet ${octet}`);
    }
  }
});

Deno.test("equalsIgnoringCase folds ASCII letters and nothing else", () => {
  assertEquals(equalsIgnoringCase("Content-LENGTH", "content-length"), true);
  assertEquals(equalsIgnoringCase("", ""), true);
  assertEquals(equalsIgnoringCase("host", "hosts"), false);
  assertEquals(equalsIgnoringCase("chun\u212aed", "chunked"), false, "the Kelvin sign is no k");
  assertEquals(equalsIgnoringCase("@", "`"), false);
  assertEquals(equalsIgnoringCase("[", "{"), false);
  assertEquals(equalsIgnoringCase("\xe4", "\xc4"), false);
  assertEquals(equalsIgnoringCase("\r", "-"), false);
});

Deno.test("equalsIgnoringCase agrees with a regular expression for every pair of octets", () => {
  for (const one of OCTETS) {
    for (const other of OCTETS) {
      const letter = String.fromCharCode(one);
      const expected = one === other ||
        (/^[A-Za-z]$/.test(letter) && (one | 0x20) === (other | 0x20) && (one ^ other) === 0x20);
      if (equalsIgnoringCase(letter, String.fromCharCode(other)) !== expected) {
        throw new Error(`${one} and ${other}`);
      }
    }
  }
});

Deno.test("listElements drops empty elements and SP and HTAB around the others", () => {
  assertEquals(listElements("a, b\t,\t c"), ["a", "b", "c"]);
  assertEquals(listElements(", ,a,,"), ["a"]);
  assertEquals(listElements(""), []);
  assertEquals(listElements("\xa0a\x0b"), ["\xa0a\x0b"], "no other octet is whitespace");
});

Deno.test("textOf makes one character of each octet", () => {
  const bytes = new Uint8Array(OCTETS);
  const text = String.fromCharCode(...OCTETS);
  assertEquals(textOf(bytes, 0, 256, false), text);
  for (const size of [0, 1, 12, 13, 128]) {
    assertEquals(textOf(bytes, 0, size, true), text.slice(0, size));
  }
  const long = new Uint8Array(10_000).fill(0xe4);
  assertEquals(textOf(long, 1, 9_999, false), "\xe4".repeat(9_998));
});
