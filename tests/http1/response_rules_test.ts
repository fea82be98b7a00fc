// The rules for response heads are the same when a head is checked in advance, when it is written, and
// when it is written again.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { CommonFields } from "../../src/http1/common_fields.ts";
import {
  CachedResponseHead,
  type Field,
  type ResponseHead,
  ResponseHeadWriter,
} from "../../src/http1/response_head.ts";
import { expectField, expectFinalStatus, expectPhrase } from "../../src/http1/response_rules.ts";
import { SendBuffer } from "../../src/http1/send_buffer.ts";

const request = { method: "GET", minorVersion: 1, persistent: true };
const writer = new ResponseHeadWriter("HTTP/1.1", new CommonFields("test", 10));

function errorOf(attempt: () => void): string | undefined {
  try {
    attempt();
  } catch (error) {
    return String(error);
  }
}

function checkHead(status: number, statusText: string, fields: Field[]): void {
  expectFinalStatus(status);
  expectPhrase(statusText);
  let declared: number | undefined;
  for (const [name, value] of fields) declared = expectField(name, value, declared);
}

const octet = fc.constantFrom("\t", " ", "\n", "\r", "\0", "\x7f", "é", "€", "a", "5", ":", ",");
const text = fc.string({ unit: octet, maxLength: 4 });
const name = fc.oneof(
  text,
  fc.constantFrom("Content-Length", "Connection", "Transfer-Encoding", "Date", "X", "Keep-Alive"),
);
const value = fc.oneof(text, fc.constantFrom("5", "6", "close", "99999999999999999"));
const status = fc.constantFrom(199, 200, 204, 304, 999, 1000, NaN, 200.5);

Deno.test("checking a head in advance gives the same error as writing it", () => {
  fc.assert(
    fc.property(
      status,
      text,
      fc.array(fc.tuple(name, value), { maxLength: 3 }),
      (status, statusText, fields) => {
        const head = { status, statusText, fields };
        const written = errorOf(() => {
          writer.write(new SendBuffer(1_024), request, head, undefined, 0);
        });
        assertEquals(errorOf(() => checkHead(status, statusText, fields)), written);
      },
    ),
    { numRuns: 2_000 },
  );
});

Deno.test("a cached head is written as a head that is not cached, for every request", () => {
  const good = fc.constantFrom<Field>(
    ["X-A", "1"],
    ["Set-Cookie", "a=b"],
    ["Content-Length", "5"],
    ["Connection", "close"],
    ["Connection", "keep-alive"],
    ["Keep-Alive", "timeout=1"],
    ["Date", "Sun, 06 Nov 1994 08:49:37 GMT"],
    ["Server", "own"],
    ["Bad", "a\nb"],
  );
  const requests = fc.array(
    fc.record({
      method: fc.constantFrom("GET", "HEAD"),
      minorVersion: fc.constantFrom(0, 1),
      persistent: fc.boolean(),
      knownLength: fc.constantFrom(undefined, 0, 5),
      protocol: fc.constantFrom("HTTP/1.1" as const, "HTTP/1.0" as const),
    }),
    { minLength: 2, maxLength: 4 },
  );
  const heads = fc.tuple(fc.constantFrom(200, 204, 205, 304), fc.array(good, { maxLength: 4 }));
  fc.assert(
    fc.property(heads, requests, ([status, fields], requests) => {
      const repeated = new CachedResponseHead(status, "", fields);
      for (const { protocol, knownLength, ...request } of requests) {
        const writer = new ResponseHeadWriter(protocol, new CommonFields("test", 10));
        const write = (head: ResponseHead) => {
          const out = new SendBuffer(16);
          out.appendAscii("before");
          let plan: unknown;
          const error = errorOf(() => plan = writer.write(out, request, head, knownLength, 0));
          return {
            error,
            plan,
            text: new TextDecoder().decode(out.bytes.subarray(0, out.length)),
          };
        };
        assertEquals(write(repeated), write({ status, fields }));
      }
    }),
    { numRuns: 2_000 },
  );
});
