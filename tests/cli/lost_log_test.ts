// The command line as a process whose standard error cannot be written to.

import { assertEquals, assertMatch } from "@std/assert";
import {
  beginRequest,
  Cli,
  type CliStart,
  fetchText,
  fixture,
  readToEnd,
  send,
} from "./cli_process.ts";

/** Starts it with a standard error on a full disk. */
const FULL: CliStart = { launcher: ["sh", "-c", 'exec "$@" 2>/dev/full', "sh"] };

for (const mode of ["inline", "pool"]) {
  Deno.test(`${mode}: a log on a full disk costs no request, at a stop neither`, async () => {
    const port = freePort();
    await using cli = new Cli(
      FULL,
      fixture("in_flight.ts:reads"),
      `--port=${port}`,
      "--mode",
      mode,
    );
    const url = `http://127.0.0.1:${port}/`;
    await untilItListens(port);
    using conn = await beginRequest(url);

    cli.signal("SIGHUP"); // reports too
    cli.signal("SIGTERM");
    await untilItRefuses(port);
    await send(conn, "12345");
    assertMatch(await readToEnd(conn), /\r\n\r\ngot 12345$/);
    assertEquals((await cli.waitForEnd()).code, 0);
  });
}

for (const mode of ["inline", "pool", "sharded"]) {
  Deno.test(`${mode}: a handler that fails while the log is lost is 500, and the server serves on`, async () => {
    const port = freePort();
    await using _cli = new Cli(
      FULL,
      fixture("apps.ts:fails"),
      `--port=${port}`,
      "--mode",
      mode,
    );
    await untilItListens(port);
    for (let count = 0; count < 3; count++) {
      assertEquals(await fetchText(`http://127.0.0.1:${port}/`), "Internal Server Error\n");
    }
  });
}

/** A port that was free a moment ago: the log cannot tell the one of port 0. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function untilItListens(port: number): Promise<void> {
  while (!await connects(port)) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function untilItRefuses(port: number): Promise<void> {
  while (await connects(port)) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function connects(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}
