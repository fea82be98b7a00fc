// Converts durations, sizes and permission bits between numbers and text, such as `10s`, `16KiB`
// and `0660`. The ranges of options are not known here.

const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["B", 1],
  ["KB", 1_000],
  ["kB", 1_000], // the spelling of the SI
  ["MB", 1_000_000],
  ["GB", 1_000_000_000],
  ["KiB", 1_024],
  ["MiB", 1_048_576],
  ["GiB", 1_073_741_824],
]);

/** The text that means `Infinity`. */
export const NONE = "none";

/** The forms that `parseDuration` takes, for messages. */
export const DURATION_SPELLINGS = "250ms, 10s, 2m, 1h or bare milliseconds";
/** The forms that `parseSize` takes, for messages. */
export const SIZE_SPELLINGS = "512B, 16KiB, 1MB, 1GiB or bare octets";

/** The forms that `parseMode` takes, for messages. */
export const MODE_SPELLINGS = "octal digits such as 0660";

/** Parses permission bits.
 *
 * @param text octal digits, as `chmod` takes them
 * @returns the bits, or `undefined` when the text has another form */
export function parseMode(text: string): number | undefined {
  return /^[0-7]{3,4}$/.test(text) ? parseInt(text, 8) : undefined;
}

/** Writes permission bits.
 *
 * @param mode the bits
 * @returns such as `0660` */
export function formatMode(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/** Parses a duration.
 *
 * @param text a number with `ms`, `s`, `m`, `h` or no unit, which means milliseconds
 * @returns whole milliseconds, or `undefined` when the text has another form */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, DURATION_UNITS);
}

/** Parses a size.
 *
 * @param text a number with `B`, `KB` (1000), `KiB` (1024), `MB`, `MiB`, `GB`, `GiB` or no unit
 * @returns whole octets, or `undefined` when the text has another form */
export function parseSize(text: string): number | undefined {
  return parseQuantity(text, SIZE_UNITS);
}

/** Parses decimal digits.
 *
 * @param text decimal digits only
 * @returns the number, or `undefined` when the text has another form */
export function parseCount(text: string): number | undefined {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Writes a duration in the largest unit that leaves no remainder; below ten minutes in seconds, as
 * 65s and 300s are easier to compare than 65s and 5m.
 *
 * @param milliseconds the duration, or `Infinity`
 * @returns such as `15s` */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === Infinity) return NONE;
  if (milliseconds === 0) return "0ms";
  const small = [["s", 1_000], ["ms", 1]] as const;
  const large = [["h", 3_600_000], ["m", 60_000], ...small] as const;
  return largestUnit(milliseconds, milliseconds < 600_000 ? small : large);
}

/** Writes a size in the largest binary unit that leaves no remainder.
 *
 * @param octets the size, or `Infinity`
 * @returns such as `16KiB` */
export function formatSize(octets: number): string {
  if (octets === Infinity) return NONE;
  return octets === 0 ? "0B" : largestUnit(octets, [
    ["GiB", 1_073_741_824],
    ["MiB", 1_048_576],
    ["KiB", 1_024],
    ["B", 1],
  ]);
}

/** Parses a number with a unit. Decimals are scaled as whole numbers: in floating point 1.1 s would be
 * 1100.0000000000002 ms. */
function parseQuantity(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const match = /^([0-9]{1,15})(?:\.([0-9]{1,3}))?([A-Za-z]*)$/.exec(text);
  if (match === null) return undefined;
  const [, whole, decimals = "", unit] = match;
  const factor = units.get(unit);
  if (factor === undefined) return undefined;
  const scaled = Number(whole + decimals) * factor;
  const quantity = scaled / 10 ** decimals.length;
  return Number.isSafeInteger(scaled) && Number.isInteger(quantity) ? quantity : undefined;
}

function largestUnit(value: number, units: readonly (readonly [string, number])[]): string {
  for (const [unit, factor] of units) {
    if (value % factor === 0) return value / factor + unit;
  }
  return String(value);
}
