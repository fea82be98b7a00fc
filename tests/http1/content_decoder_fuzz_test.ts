// Properties of the chunked decoder that hold for any octets. ROBUSTO_FUZZ_RUNS sets the number of runs of
// each; the default is small.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type ContentDecoder,
  createContentDecoder,
  DEFAULT_CONTENT_LIMITS,
} from "../../src/http1/content_decoder.ts";
import { decodeInPieces, octets } from "./decoding.ts";

const RUNS = 500;
const LIMITS = {
  maxChunkLineSize: 24,
  maxChunkExtensionSize: 48,
  maxTrailerSize: 32,
  maxTrailerCount: 3,
};

function numRuns(): number {
  const runs = Deno.env.get("ROBUSTO_FUZZ_RUNS") ?? "";
  return /^[1-9][0-9]{0,8}$/.test(runs) ? Number(runs) : RUNS;
}

const chunked = (limits = LIMITS): ContentDecoder =>
  createContentDecoder({ kind: "chunked" }, limits);

const anOctet = fc.integer({ min: 0, max: 255 }).map((octet) => String.fromCharCode(octet));
const aToken = fc.constantFrom("a", "B9", "!#$%&'*+-.^_`|~", "chunked");
const aBlank = fc.constantFrom("", "", "", " ", "\t", " \t ");
const aQuoted = fc.constantFrom('""', '"x"', '";=\t"', '"\\"\\\\"', '"\xff\\\x80"');
const anExtension = fc
  .tuple(aBlank, aBlank, aToken, fc.option(fc.tuple(aBlank, aBlank, fc.oneof(aToken, aQuoted))))
  .map(([before, behind, name, value]) =>
    `${before};${behind}${name}` + (value === null ? "" : `${value[0]}=${value[1]}${value[2]}`)
  );
const extensions = fc.array(anExtension, { maxLength: 2 }).map((all) => all.join(""));
const aSize = (size: number) =>
  fc.tuple(fc.integer({ min: 0, max: 4 }), fc.boolean()).map(([zeros, capitals]) => {
    const digits = "0".repeat(zeros) + size.toString(16);
    return capitals ? digits.toUpperCase() : digits;
  });
const someData = fc.string({ unit: anOctet, minLength: 1, maxLength: 40 });
const aChunk = someData.chain((data) =>
  fc.tuple(aSize(data.length), extensions).map(([size, extension]) => ({
    data,
    wire: `${size}${extension}\r\n${data}\r\n`,
  }))
);
const aTrailer = fc.tuple(aToken, fc.constantFrom("", "v", "\xe4 w"));
const aMessage = fc
  .tuple(
    fc.array(aChunk, { maxLength: 6 }),
    aSize(0),
    extensions,
    fc.array(aTrailer, { maxLength: 3 }),
  )
  .map(([chunks, zero, extension, trailers]) => ({
    content: chunks.map((chunk) => chunk.data).join(""),
    trailers,
    wire: chunks.map((chunk) => chunk.wire).join("") + zero + extension + "\r\n" +
      trailers.map(([name, value]) => `${name}: ${value}\r\n`).join("") + "\r\n",
  }));

/** Octets near the grammar: a valid message with a few octets changed, or parts of one in random order. */
const nearMiss = fc.oneof(
  fc.tuple(
    aMessage,
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 2 }), fc.string({ unit: anOctet, maxLength: 2 })), {
      maxLength: 3,
    }),
  ).map(([{ wire }, changes]) =>
    changes.reduce((changed, [place, removed, inserted]) => {
      const at = place % (changed.length + 1);
      return changed.slice(0, at) + inserted + changed.slice(at + removed);
    }, wire)
  ),
  fc.array(
    fc.oneof(
      fc.constantFrom(
        "0",
        "1",
        "a",
        "5",
        "\r\n",
        "\r\n",
        "\r",
        "\n",
        ";",
        "=",
        '"',
        "\\",
        " ",
        "A: b",
      ),
      anOctet,
    ),
    { maxLength: 60 },
  ).map((words) => words.join("")),
);
const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 });

Deno.test("chunked content is decoded to the same octets, however it is cut", () => {
  fc.assert(
    fc.property(aMessage, cuts, fc.string({ unit: anOctet }), (message, sizes, behind) => {
      const wire = octets(message.wire + behind);
      const { end, content, trailers, left } = decodeInPieces(
        chunked(DEFAULT_CONTENT_LIMITS),
        wire,
        sizes,
      );
      assertEquals({ end, content, trailers, left }, {
        end: "done",
        content: message.content,
        trailers: message.trailers,
        left: behind.length,
      });
    }),
    { numRuns: numRuns() },
  );
});

Deno.test("the way chunked octets are cut never changes the result", () => {
  fc.assert(
    fc.property(nearMiss, cuts, (message, sizes) => {
      const wire = octets(message);
      const whole = decodeInPieces(chunked(), wire, Infinity);
      assertEquals(decodeInPieces(chunked(), wire, sizes), whole);
      assertEquals(decodeInPieces(chunked(), wire, 1), whole);
    }),
    { numRuns: numRuns() },
  );
});

Deno.test("reading data past the buffer never changes the result", () => {
  fc.assert(
    fc.property(nearMiss, cuts, (message, sizes) => {
      const wire = octets(message);
      const buffered = decodeInPieces(chunked(), wire, Infinity);
      assertEquals(decodeInPieces(chunked(), wire, sizes, { direct: true }), buffered);
    }),
    { numRuns: numRuns() },
  );
});

Deno.test("the chunked decoder never keeps more octets than its limits", () => {
  const endless = fc.tuple(
    fc.constantFrom(
      "",
      "5;",
      "5;a",
      "5;a=",
      '5;a="',
      '5;a="\\',
      "5 ",
      "0\r\n",
      "0\r\nA",
      "0\r\nA:",
      "0;a=b\r\n",
    ),
    fc.oneof(anOctet, fc.constantFrom("0", "a", " ", ";a", "1;a\r\nx\r\n", "A:\r\n", "A: b\r\n")),
  ).map(([start, repeated]) => start + repeated.repeat(200));
  fc.assert(
    fc.property(fc.oneof(endless, nearMiss), (message) => {
      const decoder = chunked();
      const outcome = decodeInPieces(decoder, octets(message), 1, {
        onEmpty: (buffer) => assert(buffer.length <= LIMITS.maxTrailerSize + 2),
      });
      assert(outcome.trailers.length <= LIMITS.maxTrailerCount);
      // So much framing must exceed a limit, unless data lies in between.
      if (message.length > 200 && outcome.content === "") {
        assert(outcome.end !== "need-data", `still waiting behind ${message.length} octets`);
      }
    }),
    { numRuns: numRuns() },
  );
});
