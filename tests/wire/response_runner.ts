// Runs response rows against a server: alone, and twice over one connection. The second time the server
// responds if the connection persists, and ignores the requests if it does not.

import { assert, assertEquals } from "@std/assert";
import type { LogEvent } from "../../src/log/log_event.ts";
import type { ByteStream } from "../../src/io/byte_stream.ts";
import { until } from "../support/latch.ts";
import { BadResponse, fieldValues, RawClient, type RawResponse } from "../support/raw_client.ts";
import {
  type ExpectedResponse,
  expectedResponses,
  PLAIN_GET,
  type ResponseRow,
  staysOpen,
} from "./response_row.ts";
import { octets } from "./row.ts";

const METHOD = /(?:^|\|)([A-Z]+) \S+ HTTP\/1/g;

/** Sends a row over connections and checks the responses.
 *
 * @param connect opens a fresh connection
 * @param log what the server has logged, all of it
 * @param row the row */
export async function runResponseRow(
  connect: () => ByteStream | Promise<ByteStream>,
  log: readonly LogEvent[],
  row: ResponseRow,
): Promise<void> {
  const wire = row.wire ?? PLAIN_GET;
  await run(await connect(), row, wire, expectedResponses(row), "alone");
  const expected = staysOpen(row)
    ? [...expectedResponses(row), ...expectedResponses(row)]
    : expectedResponses(row);
  await run(await connect(), row, wire + wire, expected, "with the same after it");
  const events = () => log.filter(({ level }) => level !== "debug").map(({ event }) => event);
  if (row.log === undefined) return assertEquals(events(), [], "the server's log");
  const wanted = row.log;
  await until(() => events().includes(wanted));
}

async function run(
  stream: ByteStream,
  row: ResponseRow,
  wire: string,
  expected: readonly ExpectedResponse[],
  how: string,
): Promise<void> {
  using client = new RawClient(stream);
  const methods = [...wire.matchAll(METHOD)].map(([, method]) => method);
  const sending = client.trySend(octets(wire));
  for (const [index, wanted] of expected.entries()) {
    const where = `${how}, response ${index + 1} (${row.clause})`;
    const response = await readResponse(client, methods[index], wanted);
    if (response === "cut") {
      client.close();
      return await sending;
    }
    assert(!wanted.cut, `${where}: it is complete`);
    assertResponse(response, wanted, where);
  }
  if (expected.at(-1)?.open !== false) {
    await sending;
    await client.half();
  }
  await client.expectEnd();
  await sending;
}

async function readResponse(
  client: RawClient,
  method: string,
  expected: ExpectedResponse,
): Promise<RawResponse | "cut"> {
  try {
    return await client.read(method);
  } catch (error) {
    const cut = error instanceof Deno.errors.ConnectionReset ||
      (error instanceof BadResponse && error.kind === "truncated");
    if (expected.cut && cut) return "cut";
    throw error;
  }
}

/** Compares a response with the expectation of a row.
 *
 * @param response the response
 * @param expected the expectation
 * @param where for the message */
export function assertResponse(
  response: RawResponse,
  expected: ExpectedResponse,
  where: string,
): void {
  assertEquals(response.status, expected.status, `${where}: status`);
  assertEquals(response.reason, expected.reason ?? response.reason, `${where}: reason`);
  assertEquals(response.protocol, expected.protocol ?? "HTTP/1.1", `${where}: protocol`);
  assertEquals(response.framing, expected.framing, `${where}: framing`);
  assertEquals(response.interim.map(({ status }) => status), expected.interim ?? [], where);
  if (expected.framing !== "none") assertContent(response.content, expected.content ?? "", where);
  if (expected.chunks) assertEquals(response.chunks, expected.chunks, `${where}: chunks`);
  for (const [name, values] of Object.entries(expected.fields ?? {})) {
    assertEquals(fieldValues(response, name), values, `${where}: field ${name}`);
  }
  const [date, ...more] = fieldValues(response, "date");
  assertEquals(more, [], `${where}: more than one Date`);
  assertEquals(new Date(date).toUTCString(), date, `${where}: Date is no IMF-fixdate`);
  const says = fieldValues(response, "connection");
  if (expected.open === false) assertEquals(says, ["close"], `${where}: Connection`);
  else assert(!says.includes("close"), `${where}: it says close`);
}

function assertContent(content: Uint8Array, expected: string, where: string): void {
  const text = Array.from(content, (octet) => String.fromCharCode(octet)).join("");
  assertEquals(text.length, expected.length, `${where}: length of the content`);
  assert(text === expected, `${where}: content ${JSON.stringify(text.slice(0, 100))}`);
}
