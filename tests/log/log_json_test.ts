// Lines of JSON in the log: the member `error` names an error in one line.

import { assertEquals } from "@std/assert";
import { headline } from "../../src/log/error_text.ts";
import { formatLogEventAsJson } from "../../src/log/log_json.ts";
import { RemoteError } from "../../src/threads/remote_error.ts";

const TRACEBACK = `Traceback (most recent call last):
  File "/srv/app.py", line 3, in app
    raise ValueError("no such page")
ValueError: no such page
`;

function errorOf(thrown: unknown): string {
  const event = {
    level: "error",
    event: "handler-failed",
    message: "failed",
    error: thrown,
  } as const;
  return JSON.parse(formatLogEventAsJson(event, new Date(0))).error;
}

Deno.test("the requests of a worker that ended are members of its event", () => {
  const requests = [{ requestId: "a-2", method: "GET", target: "/b" }];
  const event = { level: "error", event: "worker-ended", message: "It ended", requests } as const;
  assertEquals(JSON.parse(formatLogEventAsJson(event, new Date())).requests, requests);
});

Deno.test("an error is named by its first line, and one of Python by the last line of its traceback", () => {
  assertEquals(errorOf(new TypeError("first\nsecond")), "TypeError: first");
  assertEquals(errorOf("text"), "text");
  const error = new Error(TRACEBACK);
  error.stack = TRACEBACK;
  assertEquals(errorOf(error), "ValueError: no such page");
});

Deno.test("an error of another thread is named as it was there", () => {
  assertEquals(headline(new RemoteError("TypeError: no\n    at app.ts:1:1")), "TypeError: no");
});
