// What Python code does to its interpreter costs its own request: a loop without end is ended at its
// deadline, an interpreter that ends itself is replaced.

import { assertEquals, assertMatch } from "@std/assert";
import type { Site } from "../support/site.ts";
import { get } from "./conformance_rows.ts";
import { pythonSite } from "./python_site.ts";

/** Another interpreter starts meanwhile, perhaps on a busy machine. */
const PATIENT = { queueTimeout: 60_000 };

Deno.test("a loop without end is 504, and the next request is answered", async () => {
  await using site = await pythonSite("surroundings.py", { handlerTimeout: 1_000, ...PATIENT });
  assertEquals((await site.ask(get("/loop"))).status, 504);
  assertEquals(site.log.splice(0).map(({ event }) => event), ["handler-timeout"]);
  await answersAgain(site);
  await endInterpreter(site); // in a killable thread
});

Deno.test("what an interpreter cannot do is a 500, and one that ends is replaced", async () => {
  await using site = await pythonSite("surroundings.py", { workerKind: "web", ...PATIENT });
  for (
    const [path, error] of [
      ["thread", /RuntimeError: can't start new thread/],
      ["process", /OSError: .*does not support processes/],
      ["connect", /OSError|TimeoutError/],
    ] as const
  ) {
    assertEquals((await site.ask(get(`/${path}`))).status, 500, path);
    assertMatch((site.log.splice(0)[0].error as Error).stack!, error);
  }
  await endInterpreter(site);
});

async function endInterpreter(site: Site): Promise<void> {
  assertEquals((await site.ask(get("/end"))).status, 500);
  await answersAgain(site);
  const events = site.log.splice(0).map(({ event }) => event);
  assertEquals(events.toSorted(), ["interpreter-ended", "worker-ended"]);
}

async function answersAgain(site: Site): Promise<void> {
  const response = await fetch(`${site.url}/version`);
  assertEquals(await response.text(), "first");
}
