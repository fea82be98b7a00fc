// Compares the parser of heads and the decoders of content with a second reading of the same random streams.
// For more: ROBUSTO_SOAK=1.

import { assertEquals } from "@std/assert";
import { parseAll } from "../../wire/parser_runner.ts";
import { withSeed } from "../random.ts";
import { runLength } from "../run_length.ts";
import { makeStream } from "./request_streams.ts";
import { readStrictly } from "./strict_reader.ts";

/** The server refuses these by the value of `Expect`, and the parser alone does not. */
const UNKNOWN_EXPECTATION = /^expect:(?![\t ]*100-continue[\t ]*\r\n)/im;

Deno.test("the parser understands random streams as a second strict reader does", () =>
  withSeed((random) => {
    const ends = new Map<string, number>();
    const streams = runLength({ short: 10_000, long: 1_000_000 });
    for (let count = 0; count < streams; count++) {
      const stream = makeStream(random);
      if (UNKNOWN_EXPECTATION.test(stream)) continue;
      const expected = readStrictly(stream);
      const octets = Uint8Array.from(stream, (character) => character.charCodeAt(0));
      const step = random.pick([1, 7, Infinity]);
      const observed = parseAll(octets, step);
      const requests = observed.filter((request) => !("error" in request));
      const where = JSON.stringify(stream);
      assertEquals(
        requests.map((request) => ({
          method: request.method,
          target: request.target,
          protocol: request.protocol,
          fields: request.fieldLines,
          content: request.content,
          trailers: request.trailers,
        })),
        expected.requests.map((request) => ({ ...request })),
        where,
      );
      const refused = observed.length > requests.length;
      assertEquals(refused, expected.end === "refused" || expected.end === "incomplete", where);
      ends.set(expected.end, (ends.get(expected.end) ?? 0) + 1);
    }
    // The streams must not all be refused, or all be harmless.
    for (const end of ["between", "closed", "incomplete", "refused"]) {
      if ((ends.get(end) ?? 0) < streams / 50) throw new Error(`Too few streams end ${end}`);
    }
  }));
