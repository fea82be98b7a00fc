// Times and sizes of the files in examples/deploy/, in seconds and octets.

import { assert } from "@std/assert";

/** Parses such as `20s` or `8s`.
 *
 * @returns seconds */
export function parseTime(text: string): number {
  const [, number] = /^([0-9]+)s$/.exec(text) ?? [];
  assert(number !== undefined, `${text} is no time`);
  return Number(number);
}

const FACTORS: Record<string, number> = { M: 2 ** 20, G: 2 ** 30 };

/** Parses such as `512Mi`, `128MiB`, `512m` or `512M`, where all of them count in 1,024.
 *
 * @returns octets */
export function parseSize(text: string): number {
  const [, number, unit] = /^([0-9]+)([MG])(?:i?B?)$/i.exec(text) ?? [];
  assert(number !== undefined, `${text} is no size`);
  return Number(number) * FACTORS[unit.toUpperCase()];
}
