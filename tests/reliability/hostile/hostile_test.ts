// A server under attack by all kinds of hostile clients at once, and by 128 slow ones of a kind: honest clients are
// served meanwhile, and its memory is bounded. For longer attacks by more clients, with figures: ROBUSTO_SOAK=1.

import { assert } from "@std/assert";
import { REAL_PYTHON } from "../../python/python_site.ts";
import { isLongRun, runLength } from "../run_length.ts";
import { attackServer } from "./attack.ts";

/** Most memory that an attack may cost, in MiB: unread responses and unsent content, all bounded. */
const MOST_GROWTH = 400;

const app = new URL("hostile_app.ts", import.meta.url).href;
const python = new URL("hostile_app.py", import.meta.url).pathname;

const modes: Readonly<Record<string, readonly string[]>> = {
  "mode pool": [app, "--mode", "pool", "--workers", "2"],
  "mode inline": [app, "--mode", "inline"],
  "mode sharded": [app, "--mode", "sharded", "--workers", "2"],
  ...REAL_PYTHON === undefined
    ? {}
    : { "Python processes": [`${python}:app`, "--python", REAL_PYTHON, "--workers", "2"] },
};

/** Kinds of slow clients, with the factor that makes 128 connections of 30 and 20. */
const slow: readonly (readonly [name: string, factor: number])[] = [
  ["send a head octet by octet", 128 / 30],
  ["send content octet by octet", 128 / 30],
  ["send tiny chunks", 128 / 30],
  ["never send the content that they declare", 128 / 30],
  ["never read a large response", 128 / 20],
  ["read a large response slowly", 128 / 30],
];

for (const [name, words] of Object.entries(modes)) {
  if (name !== "Python processes") {
    Deno.test(`${name}: honest clients are served while others attack in every way`, async () => {
      const duration = runLength({ short: 1_500, long: 60_000 });
      const factor = runLength({ short: 1, long: 4 });
      const { before, most } = await attackServer({ words, factor, duration });
      assert(most - before < MOST_GROWTH, `memory grew from ${before} to ${most} MiB`);
    });
  }
  for (const [kind, factor] of slow) {
    // In the suite those are left out that the attack in every way has too.
    const ignore = !isLongRun &&
      !(name === "Python processes" && /^send content|slowly/.test(kind));
    Deno.test(`${name}: honest clients are served while 128 ${kind}`, { ignore }, async () => {
      const duration = runLength({ short: 1_000, long: 5_000 });
      const attack = { words, factor, kinds: [kind], duration };
      const { before, most } = await attackServer(attack);
      assert(most - before < MOST_GROWTH, `memory grew from ${before} to ${most} MiB`);
    });
  }
}
