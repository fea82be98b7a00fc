// The answer that the server gives in its own name: a status, a line of text, and nothing about the
// inside.

import type { ResponseHead } from "./response_head.ts";
import { reasonPhrase } from "./status.ts";

/** Methods that every kind of application here can be asked for. */
const ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** The short answer for a status without an application's own words.
 *
 * @param status a final status
 * @param advice a line that is said in the place of the reason phrase
 * @returns a head, and its content */
export function plainResponse(
  status: number,
  advice: string = reasonPhrase(status),
): { head: ResponseHead; content: string } {
  const fields: [string, string][] = [["Content-Type", "text/plain; charset=utf-8"]];
  // RFC 9110 §15.5.6: a 405 must say what is allowed.
  if (status === 405) fields.push(["Allow", ALLOWED_METHODS]);
  return { head: { status, fields }, content: advice + "\n" };
}
