// Compares what a runner saw of a request with the outcome of a row. Only members that both have are
// compared; content always is.

import { assertEquals } from "@std/assert";
import type { Outcome } from "./row.ts";

/** What a runner saw of one request. It leaves out what it cannot see. */
export interface Observation {
  readonly error?: string;
  readonly status?: number;
  readonly method?: string;
  readonly target?: string;
  readonly form?: string;
  readonly path?: string;
  readonly query?: string;
  readonly authority?: string;
  readonly protocol?: string;
  readonly url?: string;
  readonly fieldLines?: readonly (readonly [name: string, value: string])[];
  readonly content?: string;
  readonly trailers?: readonly (readonly [name: string, value: string])[];
}

/** Fails unless the outcome is as expected.
 *
 * @param seen what a runner saw
 * @param expected what the row says
 * @param where how the octets were delivered and which request it was, for the message */
export function assertOutcome(seen: Observation, expected: Outcome, where: string): void {
  if ("error" in expected) {
    const { error, status } = seen;
    assertEquals({ error, status }, { error: expected.error, status: expected.status }, where);
    return;
  }
  assertEquals(seen.error, undefined, `${where}: it was rejected`);
  const { fields, open: _open, serverResponse: _status, handled: _handled, ...facts } = expected;
  const wanted: Record<string, unknown> = { content: "", ...facts };
  const actual: Record<string, unknown> = {};
  for (const name of Object.keys(wanted)) {
    const value = seen[name as keyof Observation];
    if (value === undefined) delete wanted[name];
    else actual[name] = shortened(value);
  }
  for (const name of Object.keys(wanted)) wanted[name] = shortened(wanted[name]);
  assertEquals(actual, wanted, where);
  for (const [name, value] of Object.entries(fields ?? {})) {
    const actual = shortened(fieldValue(seen, name));
    assertEquals(actual, shortened(value), `${where}: field ${name}`);
  }
}

/** RFC 9110 §5.3, written independently of src/. */
function fieldValue(seen: Observation, name: string): string | null {
  const values = (seen.fieldLines ?? [])
    .filter(([candidate]) => candidate.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);
  return values.length === 0 ? null : values.join(", ");
}

/** Shows long text as its beginning, its length and a checksum, so that a failure can be read. */
function shortened(value: unknown): unknown {
  if (typeof value !== "string" || value.length <= 200) return value;
  let sum = 0;
  for (let at = 0; at < value.length; at++) sum = (sum * 31 + value.charCodeAt(at)) >>> 0;
  return `${value.slice(0, 80)}… (${value.length} characters, sum ${sum})`;
}
