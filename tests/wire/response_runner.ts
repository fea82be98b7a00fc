// Runs response rows against a server through one connection: alone, and with another request behind it
// that is answered where the connection persists and ignored where it does not.

import { assert, assertEquals } from "@std/assert";
import type { LogEvent } from "../../src/log/log_event.ts";
import type { ByteStream } from "../../src/io/byte_stream.ts";
import { until } from "../support/latch.ts";
import { BadResponse, fieldValues, RawClient, type RawResponse } from "../support/raw_client.ts";
import { type Answer, answers, PLAIN_GET, type ResponseRow, staysOpen } from "./response_row.ts";
import { octets } from "./row.ts";

const METHOD = /(?:^|\|)([A-Z]+) \S+ HTTP\/1/g;

/** Opens a connection for a row and judges what comes back.
 *
 * @param connect opens a fresh connection
 * @param log what the server has logged, all of it
 * @param row the specimen */
export async function runResponseRow(
  connect: () => ByteStream | Promise<ByteStream>,
  log: readonly LogEvent[],
  row: ResponseRow,
): Promise<void> {
  const wire = row.wire ?? PLAIN_GET;
  await run(await connect(), row, wire, answers(row), "alone");
  const expected = staysOpen(row) ? [...answers(row), ...answers(row)] : answers(row);
  await run(await connect(), row, wire + wire, expected, "with the same behind it");
  const events = () => log.filter(({ level }) => level !== "debug").map(({ event }) => event);
  if (row.log === undefined) return assertEquals(events(), [], "the server's log");
  const wanted = row.log;
  await until(() => events().includes(wanted));
}

async function run(
  stream: ByteStream,
  row: ResponseRow,
  wire: string,
  expected: readonly Answer[],
  how: string,
): Promise<void> {
  using client = new RawClient(stream);
  const methods = [...wire.matchAll(METHOD)].map(([, method]) => method);
  const sending = client.trySend(octets(wire));
  for (const [index, answer] of expected.entries()) {
    const where = `${how}, answer ${index + 1} (${row.clause})`;
    const response = await readAnswer(client, methods[index], answer);
    if (response === "cut") {
      client.close();
      return await sending;
    }
    assert(!answer.cut, `${where}: it is complete`);
    assertAnswer(response, answer, where);
  }
  if (expected.at(-1)?.open !== false) {
    await sending;
    await client.half();
  }
  await client.expectEnd();
  await sending;
}

async function readAnswer(
  client: RawClient,
  method: string,
  answer: Answer,
): Promise<RawResponse | "cut"> {
  try {
    return await client.read(method);
  } catch (error) {
    const cut = error instanceof Deno.errors.ConnectionReset ||
      (error instanceof BadResponse && error.kind === "truncated");
    if (answer.cut && cut) return "cut";
    throw error;
  }
}

/** Compares an answer with what a row says of it.
 *
 * @param response what came
 * @param expected what should have come
 * @param where for the message */
export function assertAnswer(response: RawResponse, expected: Answer, where: string): void {
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
