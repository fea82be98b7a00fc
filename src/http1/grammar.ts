// The character classes of RFC 9110 §5 and RFC 3986 as tables with one entry for each octet, and a few
// ASCII-only text helpers. The methods of the language know Unicode and must not replace these helpers:
// "chun\u212aed".toLowerCase() is "chunked".

/** Horizontal tab. */
export const HTAB = 0x09;
/** Line feed. */
export const LF = 0x0a;
/** Carriage return. */
export const CR = 0x0d;
/** Space. */
export const SP = 0x20;

/** Letters of ASCII in both cases. */
export const ALPHA = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** The digits of ASCII. */
export const DIGITS = "0123456789";

/** Octets of a `token`, such as a method or a field name (RFC 9110 §5.6.2). */
export const TOKEN: Uint8Array = tableOf(ALPHA + DIGITS + "!#$%&'*+-.^_`|~");

/** Octets of a field value: 1 for HTAB, SP and visible ASCII, 2 for obs-text (RFC 9110 §5.5). */
export const FIELD_VALUE: Uint8Array = fieldValueTable();

/** `DIGIT`. */
export const DIGIT: Uint8Array = tableOf(DIGITS);

/** `HEXDIG` in either case: the digit's value plus one; 0 means no digit. */
export const HEX_DIGIT: Uint8Array = hexDigitTable();

/** `unreserved` and `sub-delims` of RFC 3986 §2: all octets of a registered name besides `%`. */
export const REG_NAME: Uint8Array = tableOf(ALPHA + DIGITS + "-._~" + "!$&'()*+,;=");

/** A table with 1 for each of `characters`. */
export function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (let index = 0; index < characters.length; index++) table[characters.charCodeAt(index)] = 1;
  return table;
}

/** A copy of `table` with 0 for each of `characters`. */
export function tableWithout(table: Uint8Array, characters: string): Uint8Array {
  const copy = table.slice();
  for (let index = 0; index < characters.length; index++) copy[characters.charCodeAt(index)] = 0;
  return copy;
}

/** A table with 1 for visible ASCII, 21 to 7E. */
export function visibleTable(): Uint8Array {
  return new Uint8Array(256).fill(1, 0x21, 0x7f);
}

function fieldValueTable(): Uint8Array {
  const table = visibleTable().fill(2, 0x80);
  table[HTAB] = table[SP] = 1;
  return table;
}

function hexDigitTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (let value = 0; value < 16; value++) {
    const digit = value.toString(16);
    table[digit.charCodeAt(0)] = table[digit.toUpperCase().charCodeAt(0)] = value + 1;
  }
  return table;
}

/** Whether two texts are equal when the case of ASCII letters is ignored.
 *
 * @param text any text
 * @param lower what to compare it with; its ASCII letters may have either case too
 * @returns true when they are equal */
export function equalsIgnoringCase(text: string, lower: string): boolean {
  if (text.length !== lower.length) return false;
  for (let index = 0; index < text.length; index++) {
    const one = text.charCodeAt(index);
    const other = lower.charCodeAt(index);
    // The two cases of a letter differ in this bit only. So do "@" and "`", hence the check.
    if (one !== other && ((one ^ other) !== 0x20 || !isLetter(one))) return false;
  }
  return true;
}

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** The elements of a comma-separated list, without the OWS around them and without empty elements
 * (RFC 9110 §5.6.1).
 *
 * Commas in quoted strings separate too: no list that is read here has a known element with one.
 *
 * @param value a field value
 * @returns its elements in order */
export function listElements(value: string): string[] {
  const elements: string[] = [];
  let from = 0;
  while (from <= value.length) {
    let to = value.indexOf(",", from);
    if (to === -1) to = value.length;
    const element = withoutOws(value, from, to);
    if (element !== "") elements.push(element);
    from = to + 1;
  }
  return elements;
}

function withoutOws(value: string, from: number, to: number): string {
  while (from < to && isOws(value.charCodeAt(from))) from++;
  while (from < to && isOws(value.charCodeAt(to - 1))) to--;
  return value.slice(from, to);
}

/** Whether an octet is optional whitespace: SP or HTAB (RFC 9110 §5.6.3). */
export function isOws(octet: number): boolean {
  return octet === SP || octet === HTAB;
}

/** The text of octets, one character an octet: an octet above 7F becomes the character of that number.
 *
 * `TextDecoder` cannot do the latter (its "latin1" is windows-1252), but it is by far the fastest for
 * ASCII. Only for a few characters the call costs more than a loop.
 *
 * @param bytes the storage
 * @param begin index of the first octet
 * @param end index behind the last one
 * @param ascii whether all of them are known to be below 80
 * @returns the text */
export function textOf(bytes: Uint8Array, begin: number, end: number, ascii: boolean): string {
  let text = "";
  if (!ascii) {
    for (let at = begin; at < end; at += MAX_ARGUMENTS) {
      text += String.fromCharCode(...bytes.subarray(at, Math.min(at + MAX_ARGUMENTS, end)));
    }
    return text;
  }
  if (end - begin > MAX_LOOPED) return decoder.decode(bytes.subarray(begin, end));
  for (let at = begin; at < end; at++) text += String.fromCharCode(bytes[at]);
  return text;
}

const MAX_ARGUMENTS = 4096; // arguments take space on the stack
const MAX_LOOPED = 12;
const decoder = new TextDecoder();
