// Runs rows against a whole server, one connection for each delivery. It does not know the kind of the
// connection. The client checks every octet (support/raw_client.ts), and the application records the
// requests that reached it (recording_app.ts).

import { assert, assertEquals } from "@std/assert";
import type { LogEvent } from "../../src/log/log_event.ts";
import { ProtocolError } from "../../src/http1/protocol_error.ts";
import type { ByteStream } from "../../src/io/byte_stream.ts";
import { until } from "../support/latch.ts";
import { contentText, fieldValues, RawClient, type RawResponse } from "../support/raw_client.ts";
import { assertOutcome, type Observation } from "./compare.ts";
import { type Delivery, SMUGGLED_TARGET } from "./deliveries.ts";
import type { RequestRecord } from "./recording_app.ts";
import { type Accepted, needsEnd, type Outcome, type Rejected, type Row } from "./row.ts";

/** The server that a delivery runs against. */
export interface RecordedServer {
  readonly requests: RequestRecord;
  /** Everything that the server has logged. */
  readonly log: readonly LogEvent[];
}

/** Sends a row in one of its deliveries and checks the responses.
 *
 * @param stream a fresh connection, which is closed at the end
 * @param server the server at the other end, without other clients in the meantime
 * @param row the row
 * @param delivery how it is sent */
export async function runDelivery(
  stream: ByteStream,
  { requests, log }: RecordedServer,
  row: Row,
  delivery: Delivery,
): Promise<void> {
  const { name, wire, step, expected } = delivery;
  const seenBefore = requests.seen.length;
  const logBefore = log.length;
  using client = new RawClient(stream);
  const sending = client.trySend(wire, step).then(() => needsEnd(row) ? client.half() : undefined);
  try {
    for (const [index, outcome] of expected.entries()) {
      const where = `${name}, request ${index + 1} (${row.clause})`;
      const response = await client.read(
        methodOf(outcome),
      );
      if ("error" in outcome) {
        await until(() => log.slice(logBefore).some(isRejection));
        assertRejected(response, outcome, log.slice(logBefore), where);
      } else {
        if (outcome.method === "HEAD") await requests.update();
        assertAccepted(response, outcome, requests, where);
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
    !("error" in outcome) && (outcome.serverResponse === undefined || outcome.handled)
  );
  await requests.update();
  assertEquals(requests.seen.length - seenBefore, handled.length, `${name}: requests handled`);
  assert(!requests.called.includes(SMUGGLED_TARGET), `${name}: a request was smuggled`);
}

function methodOf(outcome: Outcome): string {
  if ("error" in outcome) return outcome.forHead ? "HEAD" : "GET";
  return outcome.method;
}

function ends(expected: readonly Outcome[]): boolean {
  const last = expected.at(-1);
  return last !== undefined && ("error" in last || last.open === false);
}

/** Checks the response to a rejected request: it is complete, closes, and has no details.
 *
 * @param response the response
 * @param expected the rejection
 * @param log what the server logged in the meantime: exactly one rejection
 * @param where for the message */
export function assertRejected(
  response: RawResponse,
  expected: Rejected,
  log: readonly LogEvent[],
  where: string,
): void {
  const rejections = log.filter(isRejection);
  assertEquals(rejections.length, 1, `${where}: lines in the log`);
  const { code, error } = rejections[0];
  if (expected.forHead) assertEquals(response.framing, "none", where);
  const observed: Observation = {
    error: code ?? (error instanceof ProtocolError ? error.code : undefined) ?? "no code",
    status: response.status,
  };
  assertOutcome(observed, expected, where);
  assertServerResponse(response, where);
  assertEquals(fieldValues(response, "connection"), ["close"], `${where}: Connection`);
}

/** Whether the connection logged a rejection. A request whose host fits into no URL is well formed: the
 * gateway rejects it, and the connection persists. */
function isRejection({ event, code, message }: LogEvent): boolean {
  const isOfParser = code !== "malformed-host" || message.startsWith("Cannot read Host");
  return event === "request-refused" && isOfParser;
}

function assertAccepted(
  response: RawResponse,
  expected: Accepted,
  requests: RequestRecord,
  where: string,
): void {
  assertEquals(response.status, expected.serverResponse ?? 200, `${where}: status`);
  assertEquals(fieldValues(response, "date").length, 1, `${where}: Date`);
  if (expected.open === false) {
    assertEquals(fieldValues(response, "connection"), ["close"], `${where}: Connection`);
  } else {
    assert(!fieldValues(response, "connection").includes("close"), `${where}: it says close`);
  }
  if (expected.serverResponse !== undefined) return assertServerResponse(response, where);
  const observed: Observation = expected.method === "HEAD"
    ? requests.seen.findLast(({ target }) => target === expected.target) ??
      { error: "not handled" }
    : JSON.parse(contentText(response));
  // A Request cannot carry the content of GET or HEAD. The next request shows that it was drained.
  const hidden = expected.method === "GET" || expected.method === "HEAD";
  assertOutcome(observed, hidden ? { ...expected, content: "" } : expected, where);
}

/** Checks a response that the server made itself: it has Date (RFC 9110 §6.6.1) and the other usual fields,
 * and a text without internals. */
function assertServerResponse(response: RawResponse, where: string): void {
  assertEquals(fieldValues(response, "date").length, 1, `${where}: Date`);
  assertEquals(fieldValues(response, "content-length").length, 1, `${where}: Content-Length`);
  assertEquals(fieldValues(response, "server").length, 1, `${where}: Server`);
  if (response.framing === "none") return; // the response to HEAD
  assertEquals(response.framing, "length", where);
  const text = contentText(response);
  assert(/^[\x20-\x7e]*\n?$/.test(text) && text.length < 100, `${where}: ${JSON.stringify(text)}`);
  assert(!/[/\\]|error|\bat\b/i.test(text), `${where}: it shows internals: ${text}`);
}
