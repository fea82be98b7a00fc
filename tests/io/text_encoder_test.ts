// Text as UTF-8 in a send buffer: its length, all of it, and part by part.

import { assert, assertEquals } from "@std/assert";
import { SendBuffer } from "../../src/http1/send_buffer.ts";
import { appendText, appendTextPart, encodedLength } from "../../src/io/text_encoder.ts";

const TEXTS: Readonly<Record<string, string>> = {
  "no text": "",
  "a word": "word",
  "as long as the loop": "x".repeat(256),
  "longer than the loop": "x".repeat(257),
  "an umlaut at the end": "x".repeat(255) + "ä",
  "umlauts": "äöü".repeat(3_000),
  "Greek": "Ελλάδα €".repeat(3_000),
  "pairs of surrogates": "😀".repeat(5_000),
  "a lone surrogate": "a\ud83d" + "b".repeat(400) + "\ude00",
};

for (const [name, text] of Object.entries(TEXTS)) {
  const octets = new TextEncoder().encode(text);

  Deno.test(`encodedLength and appendText agree with TextEncoder: ${name}`, () => {
    assertEquals(encodedLength(text), octets.length);
    const out = new SendBuffer(8);
    out.appendAscii("head");
    appendText(out, text, octets.length);
    assertEquals(out.filled.subarray(0, 4), new TextEncoder().encode("head"));
    assertEquals(out.filled.subarray(4), octets);
  });

  Deno.test(`appendTextPart gives the same octets part by part: ${name}`, () => {
    for (const room of [4, 5, 7, 1_000]) {
      const out = new SendBuffer(8);
      let parts = 0;
      for (let at = 0; at < text.length; parts++) {
        const before = out.length;
        at = appendTextPart(out, text, at, room);
        assert(out.length - before <= room);
      }
      assertEquals(out.filled, octets);
      assert(parts <= Math.ceil(octets.length / (room - 3)), `${parts} parts`);
    }
  });
}
