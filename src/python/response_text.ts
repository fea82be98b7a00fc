// The head of an answer as it lies in the frame: the status, then names and values, a line each. Who
// wrote it has checked it.

import type { Field, ResponseHead } from "../http1/response_head.ts";

/** Reads a head.
 *
 * @param text `200 OK`, then names and values
 * @param length what the content is known to have, or -1; told unless the application says so itself */
export function headOf(text: string, length: number): ResponseHead {
  const lines = text.split("\n");
  const fields: Field[] = [];
  for (let i = 1; i < lines.length; i += 2) fields.push([lines[i], lines[i + 1]]);
  if (length >= 0 && !fields.some(([name]) => /^content-length$/i.test(name))) {
    fields.push(["Content-Length", String(length)]);
  }
  return { status: Number(text.slice(0, 3)), statusText: lines[0].slice(4), fields };
}
