// Properties of the parser of request heads, tried on random input: the result does not depend on how the
// input is cut, every error is a ProtocolError, and the buffer never needs more than the limits.
// For more runs: ROBUSTO_FUZZ_RUNS=100000 deno test -A tests/http1/request_head_fuzz_test.ts

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ProtocolError } from "../../src/http1/protocol_error.ts";
import { ReceiveBuffer } from "../../src/http1/receive_buffer.ts";
import {
  type HeadLimits,
  type RequestHead,
  RequestHeadParser,
} from "../../src/http1/request_head.ts";

const numRuns = fuzzRuns();

const SMALL_LIMITS: HeadLimits = {
  maxRequestLineSize: 48,
  maxHeadSize: 96,
  maxFieldCount: 4,
  maxEmptyLines: 2,
  maxMethodSize: 8,
  underscoreHeaders: "drop",
  strictMode: true,
  proxyMode: false,
};

/** Largest size of a head: its limits and the two line ends that they do not count. */
const SMALL_BUFFER = SMALL_LIMITS.maxRequestLineSize + SMALL_LIMITS.maxHeadSize + 4;

const limits: fc.Arbitrary<HeadLimits> = fc.record({
  maxRequestLineSize: fc.constantFrom(16, 48, 8192),
  maxHeadSize: fc.constantFrom(24, 96, 32768),
  maxFieldCount: fc.constantFrom(2, 4, 100),
  maxEmptyLines: fc.constantFrom(0, 2),
  maxMethodSize: fc.constantFrom(4, 32),
  underscoreHeaders: fc.constantFrom("drop", "refuse", "allow"),
  strictMode: fc.boolean(),
  proxyMode: fc.boolean(),
});

const method = fc.constantFrom("GET", "HEAD", "POST", "OPTIONS", "CONNECT", "get", "M-SEARCH");
const host = fc.constantFrom("a", "a.b:80", "[::1]:8070", "127.0.0.1", "", "a b", "[::1", "u@h");
const target = fc.oneof(
  fc.webPath().map((path) => "/" + path),
  fc.constantFrom("/", "//a", "/?", "/a?b?c", "*", "a:80", "/%zz", "/\\", '/"', "/a#b", "x", ""),
  host.map((authority) => `http://${authority}/x?y`),
);
const version = fc.constantFrom(
  ..."1111120".split("").map((minor) => "HTTP/1." + minor),
  "HTTP/2.0",
);
const fieldValue = fc.string({
  unit: fc.constantFrom(...'abz09 \t,;="%\x80\xff'),
  maxLength: 12,
});
const fieldLine = fc.oneof(
  host.map((value) => `Host: ${value}`),
  fc.constantFrom("Host:a", "HOST: \ta\t ", "Content-Length: 5", "content-length: 5, 5"),
  fc.constantFrom("Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Expect: 100-continue"),
  fc.constantFrom("Connection: close", "Connection: keep-alive", "A_B: c", "Expect: x", " folded"),
  fieldValue.map((value) => `X-Field:${value}`),
);
const harmlessLine = fc.oneof(
  fieldValue.map((value) => `X-Field:${value}`),
  fc.constantFrom("Connection: close", "Connection: keep-alive", "Expect: x", "A: b"),
);
const lines = fc.oneof(
  fc.array(fieldLine, { maxLength: 6 }),
  fc.array(harmlessLine, { maxLength: 3 }).map((lines) => ["Host: a", ...lines]),
);
const requestLine = fc.oneof(
  fc.tuple(method, target, version).map((parts) => parts.join(" ")),
  fc.constantFrom(
    "GET / HTTP/1.1",
    "GET /a?b HTTP/1.0",
    "OPTIONS * HTTP/1.1",
    "GET http://a HTTP/1.1",
  ),
);
const head = fc.tuple(requestLine, lines).map(
  ([requestLine, lines]) => octetsOf([requestLine, ...lines, "", ""].join("\r\n")),
);

/** Heads that are mostly valid: a few octets are removed, replaced or inserted. */
const interestingOctet = fc.oneof(
  fc.constantFrom(...octetsOf("\0\t\r\n :,/?#_*\x7f\x80\xff0A")),
  fc.integer({ min: 0, max: 255 }),
);
const mutation = fc.record({
  at: fc.nat(),
  remove: fc.integer({ min: 0, max: 2 }),
  insert: fc.array(interestingOctet, { maxLength: 2 }),
});
const mutatedHead = fc.tuple(head, fc.array(mutation, { maxLength: 3 })).map(
  ([octets, mutations]) =>
    mutations.reduce((before, { at, remove, insert }) => {
      const index = at % (before.length + 1);
      return Uint8Array.from([
        ...before.subarray(0, index),
        ...insert,
        ...before.subarray(index + remove),
      ]);
    }, octets),
);
const heads = fc.tuple(fc.oneof(head, mutatedHead), fc.integer({ min: 1, max: 4 })).map(
  ([octets, times]) => Array.from({ length: times }, () => octets),
);
const stream = fc.array(heads, { minLength: 1, maxLength: 3 }).map(
  (heads) => Uint8Array.from(heads.flat().flatMap((octets) => [...octets])),
);
const pieceSizes = fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 20 });

Deno.test("RequestHeadParser gives the same result however the input is cut", () => {
  fc.assert(
    fc.property(stream, limits, pieceSizes, (octets, limits, sizes) => {
      const whole = outcomeOf(octets, limits, [octets.length]);
      assertEquals(outcomeOf(octets, limits, sizes), whole);
      assertEquals(outcomeOf(octets, limits, [1]), whole);
    }),
    { numRuns },
  );
});

Deno.test("RequestHeadParser gives the same result after any earlier heads", () => {
  fc.assert(
    fc.property(fc.array(head, { minLength: 1, maxLength: 3 }), limits, (heads, limits) => {
      const parser = new RequestHeadParser(limits);
      // Each three times: from the third on its fields are compared with the cached ones, not scanned.
      for (const octets of heads.flatMap((octets) => [octets, octets, octets])) {
        const again = outcomeOf(octets, limits, [octets.length], parser);
        assertEquals(again, outcomeOf(octets, limits, [octets.length]));
        if (again.error !== undefined || again.started) return;
      }
    }),
    { numRuns },
  );
});

Deno.test("RequestHeadParser throws only ProtocolError for random octets", () => {
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.array(interestingOctet, { maxLength: 300 }).map((list) => Uint8Array.from(list)),
  );
  fc.assert(
    fc.property(octets, limits, pieceSizes, (octets, limits, sizes) => {
      const whole = outcomeOf(octets, limits, [octets.length]);
      assertEquals(outcomeOf(octets, limits, sizes), whole);
    }),
    { numRuns },
  );
});

Deno.test("RequestHeadParser finishes or fails before a buffer of the size of its limits is full", () => {
  const begin = fc.constantFrom("", "GET", "GET /", "GET /?", "GET / HTTP/1.1\r\n", "\r\n\r\nA");
  const fields = fc.constantFrom("", "Host: a\r\n", "X: ", "X:", "N", "a_:\r\n");
  const filler = fc.constantFrom("A", "a", " ", "a:\r\n", "\t", ":", "_", "\xff", "?", "\r\n");
  fc.assert(
    fc.property(
      begin,
      fields,
      filler,
      mutatedHead,
      pieceSizes,
      (begin, fields, filler, tail, sizes) => {
        const endless = octetsOf(begin + fields + filler.repeat(SMALL_BUFFER));
        const octets = Uint8Array.from([...endless, ...tail]);
        const parser = new RequestHeadParser(SMALL_LIMITS);
        const buffer = new ReceiveBuffer(8, SMALL_BUFFER);
        for (const piece of piecesOf(octets, sizes)) {
          for (let from = 0; from < piece.length;) {
            assert(!buffer.full, "there is room for the octet that decides");
            from += put(buffer, piece.subarray(from));
            assert(buffer.bytes.length <= SMALL_BUFFER);
            try {
              while (parser.parse(buffer) !== undefined);
            } catch (error) {
              if (!(error instanceof ProtocolError)) throw error;
              return;
            }
          }
        }
      },
    ),
    { numRuns },
  );
});

Deno.test("RequestHeadParser reads a valid head back exactly", () => {
  const token = fc.string({
    unit: fc.constantFrom(..."!#$%&'*+-.^_`|~09azAZ"),
    minLength: 1,
    maxLength: 12,
  });
  const value = fieldValue.map((value) => value.replace(/^[ \t]+|[ \t]+$/g, ""));
  const ows = fc.string({ unit: fc.constantFrom(" ", "\t"), maxLength: 3 });
  const line = fc.record({ name: token.map((name) => "X" + name), value, before: ows, after: ows });
  const path = fc.string({ unit: fc.constantFrom(..."/a%Z.~!$&'()*+,;=:@|"), maxLength: 20 });
  const query = fc.option(fc.string({ unit: fc.constantFrom(..."a?/\\^`{}=&"), maxLength: 20 }));
  fc.assert(
    fc.property(
      path,
      query,
      fc.array(line, { maxLength: 9 }),
      pieceSizes,
      (path, query, lines, sizes) => {
        const raw = `/${path}${query === null ? "" : "?" + query}`;
        const wire = lines.map(({ name, value, before, after }) =>
          `${name}:${before}${value}${after}\r\n`
        );
        const octets = octetsOf(`PUT ${raw} HTTP/1.1\r\nHost: a\r\n${wire.join("")}\r\n`);
        const limits = {
          ...SMALL_LIMITS,
          maxRequestLineSize: 8192,
          maxHeadSize: 32768,
          maxFieldCount: 10,
        };
        const { heads, error } = outcomeOf(
          octets,
          { ...limits, underscoreHeaders: "allow" },
          sizes,
        );
        assertEquals(error, undefined);
        assertEquals(heads.length, 1);
        assertEquals(heads[0].target, {
          form: "origin",
          raw,
          path: "/" + path,
          query: query ?? "",
        });
        assertEquals(heads[0].fields.entries(), [
          ["Host", "a"],
          ...lines.map(({ name, value }): [string, string] => [name, value]),
        ]);
      },
    ),
    { numRuns },
  );
});

interface Outcome {
  readonly heads: RequestHead[];
  readonly error?: { readonly code: string; readonly status: number; readonly message: string };
  /** Whether a request has begun that is neither complete nor rejected. */
  readonly started: boolean;
}

/** The result of parsing a stream that arrives in pieces of these sizes, repeated as needed. */
function outcomeOf(
  octets: Uint8Array,
  limits: HeadLimits,
  sizes: readonly number[],
  parser: RequestHeadParser = new RequestHeadParser(limits),
): Outcome {
  const buffer = new ReceiveBuffer(16, 65536);
  const heads: RequestHead[] = [];
  for (const piece of piecesOf(octets, sizes)) {
    for (let from = 0; from < piece.length;) from += put(buffer, piece.subarray(from));
    try {
      for (let head; (head = parser.parse(buffer)) !== undefined;) heads.push(head);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const { code, status, message } = error;
      return { heads, error: { code, status, message }, started: false };
    }
  }
  return { heads, started: parser.started };
}

function* piecesOf(octets: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let from = 0, turn = 0; from < octets.length; turn++) {
    const to = from + sizes[turn % sizes.length];
    yield octets.subarray(from, to);
    from = to;
  }
}

/** Puts in as many octets as there is room for, and returns their number. */
function put(buffer: ReceiveBuffer, octets: Uint8Array): number {
  const space = buffer.space();
  const piece = octets.subarray(0, space.length);
  space.set(piece);
  buffer.commit(piece.length);
  return piece.length;
}

function octetsOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function fuzzRuns(): number {
  const asked = Deno.env.get("ROBUSTO_FUZZ_RUNS");
  if (asked === undefined) return 1000;
  if (!/^[1-9][0-9]{0,8}$/.test(asked)) {
    throw new RangeError(
      `Cannot read ROBUSTO_FUZZ_RUNS: expected a number of runs, got "${asked}"`,
    );
  }
  return Number(asked);
}
