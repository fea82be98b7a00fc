// Makes the short response that the server itself sends: a status and a line of text. It says nothing
// about the inside of the server.

import type { ResponseHead } from "./response_head.ts";
import { reasonPhrase } from "./status.ts";

/** Methods that every kind of application can receive. */
const ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** The short response for a status, used if an application gives no response itself.
 *
 * @param status a final status
 * @param advice a line of text, instead of the reason phrase
 * @returns a head, and its content */
export function plainResponse(
  status: number,
  advice: string = reasonPhrase(status),
): { head: ResponseHead; content: string } {
  const fields: [string, string][] = [["Content-Type", "text/plain; charset=utf-8"]];
  // RFC 9110 §15.5.6: a 405 must list the allowed methods.
  if (status === 405) fields.push(["Allow", ALLOWED_METHODS]);
  return { head: { status, fields }, content: advice + "\n" };
}
