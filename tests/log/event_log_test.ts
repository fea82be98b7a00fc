// The error log of a process: its levels and formats, in a file.

import { assertEquals } from "@std/assert";
import { EventLog, LOG_LEVELS } from "../../src/log/event_log.ts";
import { inFolder } from "../net/unix_client.ts";

Deno.test("a log has the events of its level and of those above, in both formats", () =>
  inFolder(async (folder) => {
    for (const logFormat of ["text", "json"] as const) {
      for (const [least, logLevel] of LOG_LEVELS.entries()) {
        const logFile = `${folder}/${logFormat}-${logLevel}.log`;
        const log = new EventLog({ logFile, logFormat, logLevel });
        log.open();
        for (const level of LOG_LEVELS) {
          log.sink({ level, event: `of-${level}`, message: "It happened" });
          log.report({ level, event: `by-${level}`, message: "it happened" }, "robusto", false);
        }
        await log.close();
        const lines = (await Deno.readTextFile(logFile)).trimEnd().split("\n");
        const levels = lines.map((line) =>
          logFormat === "json" ? JSON.parse(line).level : line.split(" ")[1]
        );
        const expected = LOG_LEVELS.slice(least).flatMap((level) => [level, level]);
        assertEquals(levels, expected, logFile);
      }
    }
  }));
