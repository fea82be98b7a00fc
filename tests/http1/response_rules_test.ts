// Are the rules for an answer's head the same where they are asked beforehand and where it is written?

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ClosingLines } from "../../src/http1/closing_lines.ts";
import { type Field, ResponseHeadWriter } from "../../src/http1/response_head.ts";
import { expectField, expectFinalStatus, expectPhrase } from "../../src/http1/response_rules.ts";
import { SendBuffer } from "../../src/http1/send_buffer.ts";

const request = { method: "GET", minorVersion: 1, persistent: true };
const writer = new ResponseHeadWriter("HTTP/1.1", new ClosingLines("test", 10));

function refusal(attempt: () => void): string | undefined {
  try {
    attempt();
  } catch (error) {
    return String(error);
  }
}

function ask(status: number, statusText: string, fields: Field[]): void {
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

Deno.test("what is refused beforehand is what is refused when it is written, for the same reason", () => {
  fc.assert(
    fc.property(
      status,
      text,
      fc.array(fc.tuple(name, value), { maxLength: 3 }),
      (status, statusText, fields) => {
        const head = { status, statusText, fields };
        const written = refusal(() => {
          writer.write(new SendBuffer(1_024), request, head, undefined, 0);
        });
        assertEquals(refusal(() => ask(status, statusText, fields)), written);
      },
    ),
    { numRuns: 2_000 },
  );
});
