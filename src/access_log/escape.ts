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

/** Texts that clients repeat, such as User-Agent, are remembered with their result: so many, and of so many
 * characters at most. */
const MOST_TEXTS = 256;
const LONGEST_TEXT = 512;

/** Makes a function that remembers results. Escaping costs five times as much as looking it up.
 *
 * @param escape the function
 * @returns the same for texts that are likely to come again */
export function remembering(escape: (text: string) => string): (text: string) => string {
  const results = new Map<string, string>();
  return (text) => {
    let result = results.get(text);
    if (result !== undefined) return result;
    result = escape(text);
    if (text.length > LONGEST_TEXT) return result;
    if (results.size >= MOST_TEXTS) results.clear();
    results.set(text, result);
    return result;
  };
}

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
