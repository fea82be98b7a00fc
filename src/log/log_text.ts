// Makes text of a log event: a line, and the stack of an error on further lines. Octets from the network
// are escaped, so they cannot forge another line or control a terminal.

import type { Address } from "../io/address.ts";
import { errorText, headline } from "./error_text.ts";
import type { LogEvent } from "./log_event.ts";

/** Longest message and longest description of an error in the log, in UTF-16 units: an error with
 * megabytes of text must not make a line of megabytes. */
const maxMessageLength = 2_000;
const maxErrorLength = 16_000;

/** Makes the text of an event.
 *
 * @param event the event
 * @param time when it happened
 * @param label stands for the name of the event
 * @returns `TIME LEVEL EVENT: MESSAGE (FACTS)` without a line end; for level `error` the indented stack
 * follows on further lines */
export function formatLogEvent(event: LogEvent, time: Date, label: string = event.event): string {
  const facts: string[] = [];
  if (event.code !== undefined) facts.push(`code ${event.code}`);
  if (event.status !== undefined) facts.push(`status ${event.status}`);
  if (event.requestId !== undefined) facts.push(`request ${event.requestId}`);
  if (event.remoteAddr !== undefined) {
    facts.push(`peer ${describeAddress(event.remoteAddr)}`);
  }
  if (event.method !== undefined) {
    facts.push(shortened(`${event.method} ${event.target ?? ""}`.trimEnd(), 200));
  }
  if (event.queueTime !== undefined) facts.push(`queued ${event.queueTime} ms`);
  const { workerId } = event;
  if (workerId !== undefined && !event.message.startsWith(`Worker ${workerId} `)) {
    facts.push(`worker ${workerId}`);
  }
  if (event.traceId !== undefined) facts.push(`trace ${event.traceId}`);
  let line = `${time.toISOString()} ${event.level} ${label}: ${event.message}`;
  if (event.error !== undefined && event.level !== "error") line += `: ${headline(event.error)}`;
  line = shortened(line, maxMessageLength);
  if (facts.length > 0) line += ` (${facts.join(", ")})`;
  line = escapeControls(line);
  if (event.error === undefined || event.level !== "error") return line;
  const details = shortened(errorText(event.error), maxErrorLength).split("\n");
  return [line, ...details.map((detail) => "    " + escapeControls(detail))].join("\n");
}

/** Says how many requests a stop has cut.
 *
 * @returns such as `2 requests were cut` */
export function describeCut(count: number): string {
  if (count === 0) return "no request was cut";
  return count === 1 ? "1 request was cut" : `${count} requests were cut`;
}

function describeAddress(address: Address): string {
  if ("hostname" in address) return `${address.hostname} port ${address.port}`;
  return "path" in address ? address.path || "UNIX socket" : address.transport;
}

function shortened(text: string, limit: number): string {
  return text.length > limit ? text.slice(0, limit) + "…" : text;
}

/** Escapes characters that can end a line, move the cursor or change the reading direction: C0, DEL, C1,
 * the line and paragraph separators, the bidirectional controls. */
function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => {
      const code = character.charCodeAt(0);
      return code < 0x100
        ? "\\x" + code.toString(16).padStart(2, "0")
        : "\\u" + code.toString(16).padStart(4, "0");
    },
  );
}
