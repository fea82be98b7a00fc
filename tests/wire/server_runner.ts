// Runs rows against a whole server through one connection for each delivery; what kind of connection
// that is does not matter here. The client believes nothing (support/raw_client.ts), and the
// application tells what reached it (recording_app.ts).

import { assert, assertEquals } from "@std/assert";
import type { LogEvent } from "../../src/log/log_event.ts";
import { ProtocolError } from "../../src/http1/protocol_error.ts";
import type { ByteStream } from "../../src/io/byte_stream.ts";
import { until } from "../support/latch.ts";
import { contentText, fieldValues, RawClient, type RawResponse } from "../support/raw_client.ts";
import { assertOutcome, type Seen } from "./compare.ts";
import { type Delivery, SMUGGLED_TARGET } from "./deliveries.ts";
import type { Witness } from "./recording_app.ts";
import { type Accepted, needsEnd, type Outcome, type Refused, type Row } from "./row.ts";

/** What a delivery is run against. */
export interface Served {
  readonly reception: Witness;
  /** Everything that the server has logged. */
  readonly log: readonly LogEvent[];
}

/** Sends a row in one of its deliveries and judges what comes back.
 *
 * @param stream a fresh connection, which is closed at the end
 * @param served the server behind it, which nobody else uses meanwhile
 * @param row the specimen
 * @param delivery how it is sent */
export async function runDelivery(
  stream: ByteStream,
  { reception, log }: Served,
  row: Row,
  delivery: Delivery,
): Promise<void> {
  const { name, wire, step, expected } = delivery;
  const seenBefore = reception.seen.length;
  const logBefore = log.length;
  using client = new RawClient(stream);
  const sending = client.trySend(wire, step).then(() => needsEnd(row) ? client.half() : undefined);
  try {
    for (const [index, outcome] of expected.entries()) {
      const where = `${name}, request ${index + 1} (${row.clause})`;
      const response = await client.read("error" in outcome ? "GET" : outcome.method);
      if ("error" in outcome) {
        await until(() => log.slice(logBefore).some(isRefusal));
        assertRefused(response, outcome, log.slice(logBefore), where);
      } else {
        if (outcome.method === "HEAD") await reception.look();
        assertAccepted(response, outcome, reception, where);
      }
    }
    if (!ends(expected)) {
      await sending;
      await client.half();
    }
    await client.expectEnd(); // where the server ends the connection, it does so before the client
    await sending;
  } catch (error) {
    client.close();
    await sending;
    throw error;
  }
  const handled = expected.filter((outcome) =>
    !("error" in outcome) && outcome.answer === undefined
  );
  await reception.look();
  assertEquals(reception.seen.length - seenBefore, handled.length, `${name}: requests handled`);
  assert(!reception.called.includes(SMUGGLED_TARGET), `${name}: a request was smuggled`);
}

function ends(expected: readonly Outcome[]): boolean {
  const last = expected.at(-1);
  return last !== undefined && ("error" in last || last.open === false);
}

/** The server's own answer to what it refuses: complete, closing, and telling nothing.
 *
 * @param response what came
 * @param expected the refusal
 * @param log what the server logged on the way: exactly one refusal
 * @param where for the message */
export function assertRefused(
  response: RawResponse,
  expected: Refused,
  log: readonly LogEvent[],
  where: string,
): void {
  const refusals = log.filter(isRefusal);
  assertEquals(refusals.length, 1, `${where}: lines in the log`);
  const { code, error } = refusals[0];
  const seen: Seen = {
    error: code ?? (error instanceof ProtocolError ? error.code : undefined) ?? "no code",
    status: response.status,
  };
  assertOutcome(seen, expected, where);
  assertOwnAnswer(response, where);
  assertEquals(fieldValues(response, "connection"), ["close"], `${where}: Connection`);
}

/** A taken request whose host fits into no URL is the gateway's to refuse; its connection goes on. */
function isRefusal({ event, code, requestId }: LogEvent): boolean {
  return event === "request-refused" && !(code === "malformed-host" && requestId !== undefined);
}

function assertAccepted(
  response: RawResponse,
  expected: Accepted,
  reception: Witness,
  where: string,
): void {
  assertEquals(response.status, expected.answer ?? 200, `${where}: status`);
  assertEquals(fieldValues(response, "date").length, 1, `${where}: Date`);
  if (expected.open === false) {
    assertEquals(fieldValues(response, "connection"), ["close"], `${where}: Connection`);
  } else {
    assert(!fieldValues(response, "connection").includes("close"), `${where}: it says close`);
  }
  if (expected.answer !== undefined) return assertOwnAnswer(response, where);
  const seen: Seen = expected.method === "HEAD"
    ? reception.seen.findLast(({ target }) => target === expected.target) ??
      { error: "not handled" }
    : JSON.parse(contentText(response));
  // A Request cannot carry the content of a GET or HEAD; that it is read past shows in what follows.
  const hidden = expected.method === "GET" || expected.method === "HEAD";
  assertOutcome(seen, hidden ? { ...expected, content: "" } : expected, where);
}

/** What DESIGN and RFC 9110 §6.6.1 want of answers that no application made. */
function assertOwnAnswer(response: RawResponse, where: string): void {
  assertEquals(fieldValues(response, "date").length, 1, `${where}: Date`);
  assertEquals(fieldValues(response, "content-length").length, 1, `${where}: Content-Length`);
  assertEquals(fieldValues(response, "server").length, 1, `${where}: Server`);
  assertEquals(response.framing, "length", where);
  const text = contentText(response);
  assert(/^[\x20-\x7e]*\n?$/.test(text) && text.length < 100, `${where}: ${JSON.stringify(text)}`);
  assert(!/[/\\]|error|\bat\b/i.test(text), `${where}: it tells of the inside: ${text}`);
}
