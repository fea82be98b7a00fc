// PrefixTable: the prefix of a path.

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { PrefixTable, readPrefix } from "../../../src/gateway/path/prefix_table.ts";
import type { RequestTarget } from "../../../src/http1/request_target.ts";
import { PATH_ROWS } from "./path_rows.ts";

function tableOf(prefixes: readonly string[]): PrefixTable<string> {
  return new PrefixTable(prefixes.map(readPrefix).map((prefix) => [prefix, prefix]));
}

function originForm(path: string): RequestTarget {
  return { form: "origin", raw: path, path, query: "" };
}

for (const { prefixes, path, place } of PATH_ROWS) {
  const claim = place === undefined ? "leads nowhere" : `leads to ${place.prefix || "the root"}`;
  Deno.test(`with ${prefixes.join(" and ") || "nothing"} mounted ${path} ${claim}`, () => {
    const found = tableOf(prefixes).find(originForm(path), 0);
    assertEquals(
      found && { prefix: found.value, mountPath: path.slice(0, found.length) },
      place,
    );
  });
}

Deno.test("a table begins where the table before it has ended", () => {
  const table = tableOf(["/b", "/"]);
  const find = (path: string, from: number) => table.find(originForm(path), from);
  assertEquals(find("/a/b/c", 2), { value: "/b", length: 2 });
  assertEquals(find("/%61/%62/c", 4), { value: "/b", length: 4 });
  assertEquals(find("/a/bc", 2), { value: "", length: 0 });
  assertEquals(find("/a", 2), { value: "", length: 0 });
  assertEquals(tableOf(["/b"]).find(originForm("/a"), 2), undefined);
});

Deno.test("the path of an absolute-form target counts, and its authority does not", () => {
  const table = tableOf(["/b"]);
  const absolute = (raw: string, path: string): RequestTarget => ({
    ...{ form: "absolute", raw, scheme: "http", authority: "b", path, query: "" },
  });
  assertEquals(table.find(absolute("http://b/b/c", "/b/c"), 0), { value: "/b", length: 2 });
  assertEquals(table.find(absolute("http://b/", "/"), 0), undefined);
});

Deno.test("a target without a path belongs to the root", () => {
  for (
    const target of [
      { form: "asterisk", raw: "*" },
      { form: "authority", raw: "b:80", authority: "b:80" },
    ] as const
  ) {
    assertEquals(tableOf(["/b", "/"]).find(target, 0), { value: "", length: 0 });
    assertEquals(tableOf(["/b"]).find(target, 0), undefined);
  }
});

Deno.test("a path matches the same prefix in every encoding", () => {
  const segment = fc.constantFrom("a", "b", "ab", "a b", "\u00e9", "\u{1f600}", ".", "");
  const path = fc.array(segment, { maxLength: 4 }).map((parts) => "/" + parts.join("/"));
  const prefix = fc.array(segment.filter((text) => text !== "."), { maxLength: 3 })
    .map((parts) => parts.map((part) => `/${part}`).join(""));
  fc.assert(fc.property(
    fc.uniqueArray(prefix, { minLength: 1, maxLength: 6, selector: readPrefix }),
    path,
    fc.infiniteStream(fc.integer({ min: 0, max: 2 })),
    (prefixes, path, choices) => {
      const sent = encoded(path, choices);
      const found = tableOf(prefixes).find(originForm(sent), 0);
      // The same rule in the simplest form, on text that is not encoded.
      const longest = prefixes.map(readPrefix).sort((a, b) => b.length - a.length)
        .find((prefix) => path === prefix || path.startsWith(`${prefix}/`));
      assertEquals(found?.value, longest);
      if (found === undefined) return;
      assertEquals(decodeURIComponent(sent.slice(0, found.length)), longest);
      assertEquals(decodeURIComponent(sent.slice(found.length)), path.slice(longest!.length));
    },
  ));
});

/** Encodes what has to be, and other octets or not as it is chosen. */
function encoded(path: string, choices: Iterator<number>): string {
  let text = "";
  for (const octet of new TextEncoder().encode(path)) {
    const plain = String.fromCharCode(octet);
    const choice = choices.next().value;
    const hex = octet.toString(16).padStart(2, "0");
    if (plain === "/" || (/[a-z.]/.test(plain) && choice === 0)) text += plain;
    else text += "%" + (choice === 1 ? hex.toUpperCase() : hex);
  }
  return text;
}

const refused: [prefix: unknown, says: string][] = [
  ["blog", 'expected a path that begins with "/", or nothing for the root, got "blog"'],
  ["*", 'expected a path that begins with "/"'],
  ["http://a/b", 'expected a path that begins with "/"'],
  ["/a\nb", 'expected a path without control characters, got "/a\\nb"'],
  ["/a\x7f", "expected a path without control characters"],
  ["/a?b", "expected a path without a query or a fragment"],
  ["/a#b", "expected a path without a query or a fragment"],
  ["/caf%C3%A9", "expected a path without percent-encodings, which are decoded before"],
  ["/a/../b", "expected a path without dot segments, which clients resolve"],
  ["/.", "expected a path without dot segments"],
  [1, "expected a path as text, got number"],
  [undefined, "expected a path as text, got undefined"],
];
for (const [prefix, says] of refused) {
  Deno.test(`readPrefix refuses ${JSON.stringify(prefix)}`, () => {
    assertThrows(() => readPrefix(prefix), TypeError, `Cannot mount application: ${says}`);
  });
}
