// The text of log events on standard error.

import { assert, assertEquals } from "@std/assert";
import { logToStandardError } from "../../src/log/event_log.ts";
import { formatLogEvent } from "../../src/log/log_text.ts";
import type { LogEvent } from "../../src/log/log_event.ts";

const time = new Date("2026-01-02T03:04:05.678Z");

function format(event: Partial<LogEvent>): string {
  return formatLogEvent({ level: "warn", event: "test", message: "Went wrong", ...event }, time);
}

Deno.test("formatLogEvent makes one line of an event", () => {
  assertEquals(
    format({
      code: "malformed-chunk",
      status: 400,
      requestId: "r1",
      remoteAddr: { transport: "tcp", hostname: "::1", port: 5 },
      method: "GET",
      target: "/a\nb",
      queueTime: 12,
      workerId: 3,
    }),
    "2026-01-02T03:04:05.678Z warn test: Went wrong " +
      "(code malformed-chunk, status 400, request r1, peer ::1 port 5, " +
      "GET /a\\x0ab, queued 12 ms, worker 3)",
  );
});

Deno.test("formatLogEvent escapes characters that could forge a line or control a terminal", () => {
  const message = "a\r\n2026 error\x1b[2J\0\x7f\x9b\u2028\u202eb\tä€😀";
  assertEquals(
    format({ message }),
    "2026-01-02T03:04:05.678Z warn test: a\\x0d\\x0a2026 error\\x1b[2J\\x00\\x7f\\x9b" +
      "\\u2028\\u202eb\\x09ä€😀",
  );
});

Deno.test("formatLogEvent puts the error of a warning on the same line", () => {
  assertEquals(
    format({ error: new RangeError("two\nlines") }),
    "2026-01-02T03:04:05.678Z warn test: Went wrong: RangeError: two\\x0alines",
  );
});

Deno.test("formatLogEvent indents the stacks of an error and of its causes", () => {
  const error = new Error("outer", { cause: new TypeError("inner") });
  const lines = format({ level: "error", error }).split("\n");
  assertEquals(lines[0], "2026-01-02T03:04:05.678Z error test: Went wrong");
  assertEquals(lines[1], "    Error: outer");
  assert(lines[2].startsWith("        at "));
  assert(lines.includes("    Caused by: TypeError: inner"));
});

Deno.test("formatLogEvent keeps a message with line ends inside the indentation", () => {
  const error = new Error("x\n2026-01-02T03:04:05.678Z error forged: y\r");
  const lines = format({ level: "error", error }).split("\n");
  assertEquals(lines[2], "    2026-01-02T03:04:05.678Z error forged: y\\x0d");
  assert(lines.slice(1).every((line) => line.startsWith("    ")));
});

Deno.test("formatLogEvent ends a circle of causes", () => {
  const error = new Error("circle");
  error.cause = error;
  assertEquals(format({ level: "error", error }).match(/Caused by/g)?.length, 5);
});

Deno.test("formatLogEvent limits the length of a message and of a stack", () => {
  assert(format({ message: "m".repeat(1_000_000) }).length < 2_100);
  assert(format({ level: "error", error: "e".repeat(1_000_000) }).length < 18_000);
});

Deno.test("formatLogEvent shows thrown values of any kind", () => {
  const angry = Object.defineProperty(new Error("angry"), "stack", {
    get() {
      throw new Error("no stack for you");
    },
  });
  const rows: [thrown: unknown, shown: string][] = [
    ["text", "text"],
    [null, "null"],
    [Object.create(null), "a value that cannot be shown"],
    [angry, "Error: angry"],
  ];
  for (const [error, shown] of rows) {
    assertEquals(format({ level: "error", error }).split("\n")[1], "    " + shown);
  }
});

Deno.test("logToStandardError writes all levels but debug, and `%` unchanged", () => {
  const written: unknown[][] = [];
  const { error } = console;
  console.error = (...values) => written.push(values);
  try {
    logToStandardError({ level: "debug", event: "test", message: "quiet" });
    logToStandardError({ level: "info", event: "test", message: "100 %s" });
  } finally {
    console.error = error;
  }
  assertEquals(written.length, 1);
  assertEquals(written[0].length, 1);
  assert(String(written[0][0]).endsWith(" info test: 100 %s"));
});

Deno.test("logToStandardError loses lines that cannot be written", () => {
  const { error } = console;
  console.error = () => {
    throw new Error("No space left on device (os error 28)");
  };
  try {
    logToStandardError({ level: "error", event: "test", message: "lost" });
  } finally {
    console.error = error;
  }
});
