// Checks the extensions of a chunk line, octet by octet, against the grammar of RFC 9112 §7.1.1.
// The content of an extension is dropped, because a recipient ignores extensions that it does not know.
// A line that two readers could end in different places is rejected.
//
//   chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )

import { CR, FIELD_VALUE, isOws, TOKEN } from "./grammar.ts";

const DQUOTE = 0x22;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** Position of the next octet in the extensions of a chunk line. Whitespace is allowed only where a
 * ";", a "=", a name or a value must follow. It is not allowed at the end of the line. */
export type ExtensionState =
  | "before-semicolon"
  | "before-name"
  | "name"
  | "after-name"
  | "before-value"
  | "value"
  | "quoted"
  | "quoted-pair"
  | "after-quoted";

/** Takes one octet of the extensions of a chunk line.
 *
 * @param state position of the octet
 * @param octet the octet
 * @returns the position of the next octet, `"line-feed"` when the octet was the line's CR, or
 * `undefined` when the octet is not allowed here */
export function nextInExtension(
  state: ExtensionState,
  octet: number,
): ExtensionState | "line-feed" | undefined {
  const blank = isOws(octet);
  switch (state) {
    case "before-semicolon":
      return blank ? state : octet === SEMICOLON ? "before-name" : undefined;
    case "before-name":
      return blank ? state : TOKEN[octet] !== 0 ? "name" : undefined;
    case "name":
      if (TOKEN[octet] !== 0) return state;
      return octet === CR ? "line-feed" : blank ? "after-name" : afterName(octet);
    case "after-name":
      return blank ? state : afterName(octet);
    case "before-value":
      if (blank) return state;
      return octet === DQUOTE ? "quoted" : TOKEN[octet] !== 0 ? "value" : undefined;
    case "value":
      return TOKEN[octet] !== 0 ? state : afterValue(octet);
    case "quoted":
      if (octet === DQUOTE) return "after-quoted";
      if (octet === BACKSLASH) return "quoted-pair";
      return FIELD_VALUE[octet] !== 0 ? state : undefined;
    case "quoted-pair":
      return FIELD_VALUE[octet] !== 0 ? "quoted" : undefined;
    case "after-quoted":
      return afterValue(octet);
    default:
      return state satisfies never;
  }
}

function afterName(octet: number): ExtensionState | undefined {
  return octet === EQUALS ? "before-value" : octet === SEMICOLON ? "before-name" : undefined;
}

function afterValue(octet: number): ExtensionState | "line-feed" | undefined {
  if (octet === CR) return "line-feed";
  if (octet === SEMICOLON) return "before-name";
  return isOws(octet) ? "before-semicolon" : undefined;
}
