// A module that starts a server of its own while it loads: what is served, and what the errors say.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ApplicationLoadError, ModuleApp } from "../../mod.ts";
import { until } from "../support/latch.ts";
import { Program } from "../support/program.ts";
import { Site } from "../support/site.ts";

/** The fixture on a port that is in use. */
function listening(port: number, words = ""): ModuleApp {
  return new ModuleApp(new URL(`./fixtures/listens.ts?port=${port}${words}`, import.meta.url));
}

for (const mode of ["inline", "pool", "sharded"] as const) {
  const options = { mode, ...mode !== "inline" && { minWorkers: 1, maxWorkers: 1 } };

  Deno.test(`a module that listens on an address in use says what to do in mode ${mode}`, async () => {
    using taken = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const { port } = taken.addr;
    {
      await using site = new Site(listening(port), options);
      const { reason } = await assertRejects(() => site.server.finished, ApplicationLoadError);
      assertStringIncludes(reason, "it listens on an address in use, and each worker loads it");
      assertStringIncludes(reason, "export it instead, or listen only if import.meta.main");
    }
    await using site = new Site(listening(port, "&main"), options);
    assertEquals(await (await fetch(site.url)).text(), "exported");
  });
}

Deno.test("a module of node:http that listens and exports is served, and the log has the reason", async () => {
  using taken = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  await using site = new Site(listening(taken.addr.port, "&node"), {
    mode: "pool",
    minWorkers: 1,
    maxWorkers: 1,
  });
  assertEquals(await (await fetch(site.url)).text(), "exported");
  await until(() => site.events.includes("uncaught-error"));
  const { message } = site.log.find(({ event }) => event === "uncaught-error")!;
  assertStringIncludes(message, "a module listens on an address in use, and each worker loads it");
});

for (const mode of ["pool", "sharded"] as const) {
  Deno.test(`a module that listens and exports is reported once in mode ${mode}`, async () => {
    const options = { mode, minWorkers: 2, ...mode === "pool" && { maxWorkers: 2 } };
    for (const [words, what] of [["", "Deno.serve at 127.0.0.1:"], ["&node", "node:http"]]) {
      await using site = new Site(listening(0, words), options);
      assertEquals(await (await fetch(site.url)).text(), "exported");
      const messages = site.log.filter(({ event }) => event === "module-listens");
      assertEquals(messages.length, 1);
      assertStringIncludes(messages[0].message, what);
    }
    await using site = new Site(listening(0, "&main"), options);
    assertEquals(await (await fetch(site.url)).text(), "exported");
    assertEquals(site.events.includes("module-listens"), false);
  });
}

Deno.test("the command line reports a module that listens and exports in mode inline", async () => {
  const { url } = listening(0);
  await using program = await Program.start(
    `run -A mod.ts ${url} --mode inline --bind 127.0.0.1:0`.split(" "),
  );
  assertEquals(await (await fetch(await program.url)).text(), "exported");
  assertStringIncludes(program.output, "starts a server of its own beside this one, Deno.serve at");
});
