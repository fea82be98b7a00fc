// The ways in which the octets of a row reach a reader. The outcome must be the same in all of them.

import { octets, type Outcome, outcomes, type Row, staysOpen } from "./row.ts";

/** A row that is ready to be sent. */
export interface Delivery {
  /** How it is sent, for messages. */
  readonly name: string;
  readonly wire: Uint8Array<ArrayBuffer>;
  /** Octets that are written at once. */
  readonly step: number;
  readonly expected: readonly Outcome[];
}

/** Longer rows are not cut octet by octet but into pieces of an odd size. */
const LONGEST_BY_OCTET = 4_096;
const ODD_STEP = 251;

/** The target of a request after a message that ends the connection. No handler may see it. */
export const SMUGGLED_TARGET = "/smuggled-behind";

const NEXT = "GET /next HTTP/1.1|Host: next||";
const SMUGGLED = `GET ${SMUGGLED_TARGET} HTTP/1.1|Host: a||`;
const GARBAGE = "\x00\x01 garbage\r\r\n\n";

/** All deliveries of a row: whole, octet by octet, and with octets after it.
 *
 * @param row the row
 * @param needsEnd whether the outcome needs the end of the stream, so that no octets can follow
 * @returns one or more deliveries */
export function deliveries(row: Row, needsEnd: boolean): Delivery[] {
  const wire = octets(row.wire);
  const expected = outcomes(row);
  const step = wire.length > LONGEST_BY_OCTET ? ODD_STEP : 1;
  const alone: Delivery[] = [
    { name: "whole", wire, step: Infinity, expected },
    { name: step === 1 ? "octet by octet" : `${step} octets at a time`, wire, step, expected },
  ];
  if (needsEnd) return alone;
  const open = staysOpen(row);
  const next: Outcome = { method: "GET", target: "/next", authority: "next" };
  const garbage: Outcome = { error: "malformed-method", status: 400 };
  return [
    ...alone,
    {
      name: open ? "with a request after it" : "with a request after it that must be ignored",
      wire: octets(row.wire + (open ? NEXT : SMUGGLED)),
      step: Infinity,
      expected: open ? [...expected, next] : expected,
    },
    {
      name: "with garbage after it",
      wire: octets(row.wire + GARBAGE),
      step: Infinity,
      expected: open ? [...expected, garbage] : expected,
    },
  ];
}
