// What Python code does to its interpreter costs its own request: a loop without end is ended at its
// deadline, an interpreter that ends itself is replaced.

import { assertEquals, assertMatch } from "@std/assert";
import { get } from "./conformance_rows.ts";
import { pythonSite } from "./python_site.ts";

/** Another interpreter starts meanwhile, perhaps on a busy machine. */
const PATIENT = { queueTimeout: 60_000, keepAliveTimeout: 120_000 };

Deno.test("a loop without end is 504, and the next request is answered", async () => {
  await using site = await pythonSite("surroundings.py", { handlerTimeout: 1_000, ...PATIENT });
  assertEquals((await site.ask(get("/loop"))).status, 504);
  assertEquals(site.events, ["handler-timeout"]);
  assertEquals(await version(site.url), "first");
});

for (const workerKind of ["web", "killable"] as const) {
  Deno.test(`${workerKind}: an interpreter that ends is replaced`, async () => {
    await using site = await pythonSite("surroundings.py", { workerKind, ...PATIENT });
    for (const path of ["thread", "process", "connect"]) {
      assertEquals((await site.ask(get(`/${path}`))).status, 500);
      const [{ error }] = site.log.splice(0);
      assertMatch(
        (error as Error).stack!,
        /RuntimeError: can't start new thread|OSError: .*processes|TimeoutError/,
      );
    }
    assertEquals((await site.ask(get("/end"))).status, 500);
    assertEquals(await version(site.url), "first");
    assertEquals(site.events.toSorted(), ["interpreter-ended", "worker-ended"]);
  });
}

async function version(url: string): Promise<string> {
  return await (await fetch(`${url}/version`)).text();
}
