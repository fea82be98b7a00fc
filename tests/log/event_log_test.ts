// The error log of a process: its levels, in both formats.

import { assertEquals } from "@std/assert";
import { EventLog, LOG_LEVELS } from "../../src/log/event_log.ts";

Deno.test("a log has the events of its level and of those above, in both formats", async () => {
  const lines: string[] = [];
  const { error } = console;
  console.error = (line: string) => void lines.push(line);
  try {
    for (const logFormat of ["text", "json"] as const) {
      for (const [least, logLevel] of LOG_LEVELS.entries()) {
        const log = new EventLog({ logFile: "-", logFormat, logLevel });
        for (const level of LOG_LEVELS) {
          log.sink({ level, event: `of-${level}`, message: "It happened" });
          log.report({ level, event: `by-${level}`, message: "it happened" }, "robusto", false);
        }
        await log.close();
        const levels = lines.splice(0).map((line) =>
          logFormat === "json" ? JSON.parse(line).level : line.split(" ")[1]
        );
        const expected = LOG_LEVELS.slice(least).flatMap((level) => [level, level]);
        assertEquals(levels, expected, `${logFormat} ${logLevel}`);
      }
    }
  } finally {
    console.error = error;
  }
});
