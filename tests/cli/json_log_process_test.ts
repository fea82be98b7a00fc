// With --log-format json every line on standard error is an object, in every mode and with Python: the start,
// what an application prints, its failures, a reload and the stop, which is the last.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { REAL_PYTHON } from "../python/python_site.ts";
import { Cli, fetchText, fixture } from "./cli_process.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

interface Line {
  readonly time: string;
  readonly level: string;
  readonly event: string;
  readonly message: string;
  readonly workerId?: number;
  readonly cutRequests?: number;
}

const modes = ["inline", "pool", "sharded"];
const python = REAL_PYTHON === undefined ? [] : ["python"];

for (const name of [...modes, ...python]) {
  Deno.test(`${name}: every line of the log in json is an object`, async () => {
    const words = name === "python"
      ? [fixture("prints.py:app"), `--python=${REAL_PYTHON}`]
      : [fixture("prints.ts"), "--mode", name];
    await using cli = new Cli(...words, "--port=0", "--admin=0", "--log-format=json");
    const url = await cli.waitFor(/listening on (http:\S+:\d+\/)"/);
    assertEquals(await fetchText(url), "printed\n");
    await fetchText(`${url}fail`);
    cli.signal("SIGHUP");
    await cli.waitFor(/"event":"reload(?:ed|-failed)"/);
    cli.signal("SIGTERM");
    const { code, stdout } = await cli.waitForEnd();
    assertEquals([code, stdout], [0, ""], cli.log);

    const lines: Line[] = cli.log.trimEnd().split("\n").map((line) => JSON.parse(line));
    for (const { time, level, event, message } of lines) {
      assertMatch(time, TIME);
      assert(["info", "warn", "error"].includes(level) && event !== "" && message !== "");
    }
    const events = new Set(lines.map(({ event }) => event));
    for (const event of ["admin-listening", "listening", "handler-failed", "stopping"]) {
      assert(events.has(event), `${event}\n${cli.log}`);
    }
    assertEquals(printed(lines), EXPECTED[name] ?? EXPECTED.workers);
    const { time: _, ...last } = lines.at(-1)!;
    assertEquals(last, {
      ...{ level: "info", event: "stopped", message: "stopped, no request was cut" },
      cutRequests: 0,
    });
  });
}

/** What the application has printed on its start and for the first request, by its text. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  inline: ["error printed: 1 %", "info printed: loaded", "info printed: two\nlines"],
  workers: [
    "error printed: 1 % (worker)",
    "info printed: loaded (worker)",
    "info printed: two\nlines (worker)",
  ],
  python: [
    "info printed: lines (worker)",
    "info printed: loaded (worker)",
    "info printed: two (worker)",
    "warn wsgi-errors: WARNING:root:1 % (worker)",
  ],
};

function printed(lines: readonly Line[]): string[] {
  const texts = lines.filter(({ event }) => event === "printed" || event === "wsgi-errors")
    .map(({ level, event, message, workerId }) =>
      `${level} ${event}: ${message}${workerId === undefined ? "" : " (worker)"}`
    );
  return [...new Set(texts)].sort();
}
