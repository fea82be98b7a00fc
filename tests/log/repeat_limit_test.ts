// Repeated log lines are counted and written once a second.

import { assertEquals } from "@std/assert";
import type { LogEvent } from "../../src/log/log_event.ts";
import { RepeatLimit } from "../../src/log/repeat_limit.ts";

const failed = (target: string, error: unknown = new Error("a")): LogEvent => ({
  level: "error",
  event: "handler-failed",
  message: "Handler failed",
  method: "GET",
  target,
  error,
  requestId: crypto.randomUUID(),
});

function limit() {
  const lines: string[] = [];
  const limit = new RepeatLimit(({ message, target = "" }) => lines.push(`${message}${target}`));
  return { limit, lines };
}

Deno.test("the same event is written once, then counted once a second", () => {
  const { limit: each, lines } = limit();
  for (let at = 0; at < 900; at++) each.take(failed("/"), 10_000 + at);
  assertEquals(lines, ["Handler failed/"]);
  each.take(failed("/"), 11_000);
  assertEquals(lines, ["Handler failed/", "Handler failed … and 899 more", "Handler failed/"]);
  each.flush(12_000);
  assertEquals(lines.length, 3);
});

Deno.test("events with another error or target are written", () => {
  const { limit: each, lines } = limit();
  for (const error of ["x", "y", "x"]) each.take(failed("/", new Error(error)), 10_000);
  each.take(failed("/other"), 10_000);
  assertEquals(lines.length, 3);
  each.flush(11_000);
  assertEquals(lines.at(-1), "Handler failed … and 1 more");
});

Deno.test("a flood of different targets is bounded", () => {
  const { limit: each, lines } = limit();
  for (let at = 0; at < 10_000; at++) each.take(failed(`/${at}`), 10_000);
  each.flush(11_000);
  assertEquals(lines.length, 52);
  assertEquals(lines.at(-1), "Handler failed … and 9,949 more");
});

Deno.test("the number is written after a second without another event", async () => {
  const { limit: each, lines } = limit();
  const now = Date.now();
  for (let at = 0; at < 3; at++) each.take(failed("/"), now);
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  assertEquals(lines, ["Handler failed/", "Handler failed … and 2 more"]);
});
