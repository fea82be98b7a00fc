// assertShows compares what a command shows with what a page or an example says.

import { assert, assertEquals } from "@std/assert";

/** Asserts that a text is as described. White space counts as one space, and "…" stands for any text.
 *
 * @param message for the error */
export function assertShows(shown: string, expected: string, message: string): void {
  const flat = shown.replace(/\s+/g, " ").trim();
  let from = 0;
  for (const part of expected.split("…").map((text) => text.trim())) {
    const at = flat.indexOf(part, from);
    assert(at >= 0, `Expected ${JSON.stringify(part)} in ${JSON.stringify(flat)}: ${message}`);
    from = at + part.length;
  }
  if (!expected.includes("…")) assertEquals(flat, expected, message);
}
