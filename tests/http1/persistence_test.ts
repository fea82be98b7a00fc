// Persistence: rows of a Connection value and the client's wish in HTTP/1.0 and HTTP/1.1.

import { assertEquals } from "@std/assert";
import {
  NO_OPTIONS,
  parseConnectionOptions,
  wantsPersistence,
} from "../../src/http1/persistence.ts";

const ROWS: [connection: string | undefined, in10: boolean, in11: boolean][] = [
  [undefined, false, true],
  ["", false, true],
  ["close", false, false],
  ["Close", false, false],
  ["keep-alive", true, true],
  ["Keep-Alive", true, true],
  ["keep-alive, close", false, false],
  ["close,keep-alive", false, false],
  ["x, close", false, false],
  ["x ,\tCLOSE\t, y", false, false],
  [",,close,,", false, false],
  ["Upgrade, keep-alive", true, true],
  ["closed", false, true],
  ["x-close", false, true],
  ["close x", false, true],
  ["\xa0close", false, true],
  ["\u212aeep-alive", false, true],
];

for (const [connection, in10, in11] of ROWS) {
  Deno.test(`wantsPersistence with Connection ${JSON.stringify(connection)}`, () => {
    const options = connection === undefined ? NO_OPTIONS : parseConnectionOptions(connection);
    assertEquals(wantsPersistence(0, options), in10, "HTTP/1.0");
    assertEquals(wantsPersistence(1, options), in11, "HTTP/1.1");
  });
}

Deno.test("parseConnectionOptions finds upgrade among others", () => {
  assertEquals(parseConnectionOptions("keep-alive, Upgrade"), {
    close: false,
    keepAlive: true,
    upgrade: true,
  });
});
