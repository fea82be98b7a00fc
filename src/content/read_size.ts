// Checks numbers that a program gives to a reader, before anything is read.

/** Checks a limit.
 *
 * @param name name of the limit, for the message
 * @param value the number
 * @returns the same number
 * @throws {RangeError} when it is neither a whole number of at least 0 nor `Infinity` */
export function checkLimit(name: string, value: number): number {
  if (value === Infinity || (Number.isSafeInteger(value) && value >= 0)) return value;
  throw new RangeError(`Cannot limit reading: expected ${name} to be a count, got ${value}`);
}

/** Resolves the size that a read was given.
 *
 * @param size the number; left out, -1 and `Infinity` mean all that is left
 * @returns a count, or `Infinity`
 * @throws {RangeError} when it is no count */
export function resolveSize(size: number | undefined): number {
  if (size === undefined || size === -1 || size === Infinity) return Infinity;
  if (Number.isSafeInteger(size) && size >= 0) return size;
  throw new RangeError(`Cannot read content: expected a count, -1 or Infinity, got ${size}`);
}
