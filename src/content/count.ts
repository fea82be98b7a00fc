// Is a number that a program gave a count? Asked before anything is read.

/** Checks a limit.
 *
 * @param name what the number is, for the message
 * @param value the number
 * @returns the same number
 * @throws {RangeError} when it is neither a whole number of at least 0 nor `Infinity` */
export function checkLimit(name: string, value: number): number {
  if (value === Infinity || (Number.isSafeInteger(value) && value >= 0)) return value;
  throw new RangeError(`Cannot limit reading: expected ${name} to be a count, got ${value}`);
}
