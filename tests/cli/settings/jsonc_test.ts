// JSON with comments: what is read as JSON.parse reads it, and what is refused.

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseJsonc } from "../../../src/cli/settings/jsonc.ts";

Deno.test("every JSON text has the value that JSON.parse gives", () => {
  fc.assert(fc.property(fc.json(), fc.constantFrom(undefined, 2, "\t"), (text, indent) => {
    const written = JSON.stringify(JSON.parse(text), null, indent);
    assertEquals(parseJsonc(written), JSON.parse(written));
  }));
});

Deno.test("a key __proto__ is a key", () => {
  const value = parseJsonc('{"__proto__": 1}') as object;
  assertEquals(Object.entries(value), [["__proto__", 1]]);
  assertEquals(Object.getPrototypeOf(value), Object.prototype);
});

const understood: [text: string, value: unknown][] = [
  ["// a\n[1, /* b */ 2, // c\r\n]", [1, 2]],
  ['{"a": "// no comment", /**/ "b": {},}', { a: "// no comment", b: {} }],
  ["/* * / **/ null", null],
  ['"\\u0041\\n"', "A\n"],
  ["-0.5e-3", -0.0005],
];
for (const [text, value] of understood) {
  Deno.test(`parseJsonc understands ${JSON.stringify(text)}`, () => {
    assertEquals(parseJsonc(text), value);
  });
}

const refused: [text: string, message: string][] = [
  ["", "line 1, column 1: expected a value, got the end"],
  ["[1,,2]", 'line 1, column 4: expected a value, got ","'],
  ["[,]", 'line 1, column 2: expected a value, got ","'],
  ["{a: 1}", 'line 1, column 2: expected a key in double quotes or "}", got "a"'],
  ["{'a': 1}", "expected a key in double quotes"],
  ['{"a" 1}', 'line 1, column 6: expected ":", got "1"'],
  ['{"a": 01}', 'line 1, column 8: expected "," or "}", got "1"'],
  ["[+1]", "expected a value"],
  ["[NaN]", 'expected a value, got "N"'],
  ['"a\nb"', "expected a string that ends in its line"],
  ['"\\x41"', "expected a string without control characters"],
  ["/* a", 'expected "*/" behind it'],
  ["{} {}", "line 1, column 4: expected the end of the text"],
  ['{\r\n"a": 1,\n"a": 2}', 'line 3, column 1: expected the key "a" once'],
  ["[".repeat(100), "expected at most 64 levels"],
];
for (const [text, message] of refused) {
  Deno.test(`parseJsonc refuses ${JSON.stringify(text)}`, () => {
    assertThrows(() => parseJsonc(text), SyntaxError, message);
  });
}
