// Checks the heads of responses that a process sends, by the rules of gateway/wsgi/. An application sends
// the same few heads again and again, so a bounded number of them is checked only once.

import { type CheckedHead, checkHead } from "../../gateway/wsgi/response_rules.ts";
import { ParseCache } from "../../pool/wire/parse_cache.ts";
import { encodeResponse } from "../../pool/wire/response_codec.ts";

/** A head that was checked. */
export type ResponseHeadText =
  /** text: what `encodeResponse` wrote. */
  | { readonly text: string; readonly dropped: CheckedHead["dropped"] }
  /** The head cannot be sent. */
  | { readonly error: unknown };

const cache = new ParseCache((lines: string): ResponseHeadText => {
  const [status, ...parts] = lines.split("\n");
  const headers: [string, string][] = [];
  for (let at = 0; at < parts.length; at += 2) headers.push([parts[at], parts[at + 1]]);
  try {
    const head = checkHead(status, headers);
    return { text: encodeResponse(head), dropped: head.dropped };
  } catch (error) {
    return { error };
  }
});

/** Checks a head.
 *
 * @param lines status, then names and values, one a line */
export function checkedHead(lines: string): ResponseHeadText {
  return cache.get(lines);
}
