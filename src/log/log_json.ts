// Makes a line of JSON of a log event. Every line has `time`, `level`, `event` and `message`; the other
// members are there when they are known.

import type { Address } from "../io/address.ts";
import { errorText } from "./error_text.ts";
import type { LogEvent } from "./log_event.ts";

/** Longest message and longest stack, in UTF-16 units: an error with megabytes of text must not make a line
 * of megabytes. */
const MAX_MESSAGE_LENGTH = 16_000;
const MAX_STACK_LENGTH = 16_000;
/** Longest target. */
const MAX_TARGET_LENGTH = 2_000;

const PYTHON_TRACEBACK = "Traceback (most recent call last):";

const NOT_ASCII = /[^ -~]/g;

/** Makes the JSON of an event, in ASCII only, so that it cannot control a terminal.
 *
 * @param event the event
 * @param time when it happened
 * @returns one line, without a line end */
export function formatLogEventAsJson(event: LogEvent, time: Date): string {
  const { level, event: name, message, error, code, status, requestId, remoteAddr } = event;
  const { method, target, queueTime, workerId, traceId, spanId, requests, cutRequests } = event;
  const [first, stack] = error === undefined ? [] : describe(error);
  const line = JSON.stringify({
    time: time.toISOString(),
    level,
    event: name,
    message: shortened(message, MAX_MESSAGE_LENGTH),
    code,
    status,
    requestId,
    ...(remoteAddr === undefined ? {} : describeAddress(remoteAddr)),
    method,
    target: target === undefined ? undefined : shortened(target, MAX_TARGET_LENGTH),
    queueTime,
    workerId,
    traceId,
    spanId,
    requests,
    cutRequests,
    error: first,
    stack: level === "error" ? stack : undefined,
  });
  return line.replace(
    NOT_ASCII,
    (unit) => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

/** The line of an error's text that names it, and the whole of it if there are more lines: the first line, in a
 * traceback of Python the last one. */
function describe(error: unknown): [name: string, stack: string | undefined] {
  const text = errorText(error);
  const lines = text.trimEnd().split("\n");
  const name = lines[0].includes(PYTHON_TRACEBACK) ? lines.at(-1)! : lines[0];
  const stack = lines.length === 1 ? undefined : shortened(text, MAX_STACK_LENGTH);
  return [shortened(name, MAX_STACK_LENGTH), stack];
}

function describeAddress(address: Address): { remoteAddr: string; remotePort?: number } {
  if (!("hostname" in address)) return { remoteAddr: address.transport };
  return { remoteAddr: address.hostname, remotePort: address.port };
}

function shortened(text: string, limit: number): string {
  return text.length > limit ? text.slice(0, limit) + "…" : text;
}
