// The ways in which the octets of a row reach a reader. What comes of them must be the same in all.

import { octets, type Outcome, outcomes, type Row, staysOpen } from "./row.ts";

/** A row made ready to be sent. */
export interface Delivery {
  /** How, for messages. */
  readonly name: string;
  readonly wire: Uint8Array<ArrayBuffer>;
  /** Octets that are given at a time. */
  readonly step: number;
  readonly expected: readonly Outcome[];
}

/** Longer rows are not cut octet by octet but into pieces of an odd size. */
const LONGEST_BY_OCTET = 4_096;
const ODD_STEP = 251;

/** No handler may ever see this target; it stands behind messages that end the connection. */
export const SMUGGLED_TARGET = "/smuggled-behind";

const NEXT = "GET /next HTTP/1.1|Host: next||";
const SMUGGLED = `GET ${SMUGGLED_TARGET} HTTP/1.1|Host: a||`;
const GARBAGE = "\x00\x01 garbage\r\r\n\n";

/** All deliveries of a row: whole, octet by octet, and with octets following.
 *
 * @param row the specimen
 * @param endsByItself whether the row's outcome needs the end of the stream, so nothing can follow
 * @returns one or more deliveries */
export function deliveries(row: Row, endsByItself: boolean): Delivery[] {
  const wire = octets(row.wire);
  const expected = outcomes(row);
  const step = wire.length > LONGEST_BY_OCTET ? ODD_STEP : 1;
  const alone: Delivery[] = [
    { name: "whole", wire, step: Infinity, expected },
    { name: step === 1 ? "octet by octet" : `${step} octets at a time`, wire, step, expected },
  ];
  if (endsByItself) return alone;
  const open = staysOpen(row);
  const next: Outcome = { method: "GET", target: "/next", authority: "next" };
  const garbage: Outcome = { error: "malformed-method", status: 400 };
  return [
    ...alone,
    {
      name: open ? "with a request behind it" : "with a request behind it that must not be seen",
      wire: octets(row.wire + (open ? NEXT : SMUGGLED)),
      step: Infinity,
      expected: open ? [...expected, next] : expected,
    },
    {
      name: "with garbage behind it",
      wire: octets(row.wire + GARBAGE),
      step: Infinity,
      expected: open ? [...expected, garbage] : expected,
    },
  ];
}
