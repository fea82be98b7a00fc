// Escapes text of clients for lines of the access log, so that it can neither end a line or a quoted
// text nor control a terminal. All that comes out is printable ASCII.

/** Text without anything to escape, in any format. */
const PLAIN = /^[ !#-[\]-~]*$/;
const SPECIAL = /[^ !#-[\]-~]/gu;
const NOT_ASCII = /[^ -~]/g;

/** Characters for which Apache has an escape of one letter (`ap_escape_logitem`). */
const LETTERS: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** Escapes text as Apache's log does: `\"`, `\\`, `\n`, and `\xhh` for every octet that is not printable
 * ASCII.
 *
 * @param text the octets of a client, one character an octet */
export function escapeAsApache(text: string): string {
  return PLAIN.test(text) ? text : text.replace(SPECIAL, apacheEscape);
}

/** Writes text as JSON, in ASCII only.
 *
 * @param text any text */
export function jsonText(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(NOT_ASCII, (unit) => "\\u" + hex(unit.charCodeAt(0), 4));
}

function apacheEscape(character: string): string {
  if (Object.hasOwn(LETTERS, character)) return LETTERS[character];
  const code = character.codePointAt(0)!;
  const octets = code < 0x100 ? [code] : [...new TextEncoder().encode(character)];
  return octets.map((octet) => "\\x" + hex(octet, 2)).join("");
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, "0");
}
