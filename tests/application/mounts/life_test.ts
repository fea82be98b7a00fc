// Reload and stop of several applications.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ModuleApp } from "../../../src/application/application.ts";
import { PathDispatcher } from "../../../src/application/path_dispatcher.ts";
import { ApplicationLoadError } from "../../../src/application/application_load_error.ts";
import { Server } from "../../../src/server/server.ts";
import { KINDS, until } from "../../pool/pool_site.ts";
import { within } from "../../support/latch.ts";
import { contentText } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";
import { octets } from "../../wire/row.ts";
import { get, text } from "./mounted_site.ts";
import { WrittenModules } from "./written_modules.ts";

for (const workerKind of KINDS) {
  Deno.test(`${workerKind}: not one request fails while all pools are reloaded under load`, async () => {
    await using modules = new WrittenModules();
    modules.writeVersion("shared", "1");
    modules.writeVersion("own", "1");
    const apps = new PathDispatcher({
      "/value": () => new Response("value"),
      "/shared": modules.url("shared"),
      "/own": { app: modules.url("own"), pool: { minWorkers: 1 } },
    });
    await using site = new Site(apps, { workerKind, minWorkers: 1 });
    const seen = new Set<string>();
    let over = false;
    const load = async (path: string) => {
      const client = await site.connect();
      while (!over) {
        await client.send(octets(get(path)));
        const response = await client.read();
        assertEquals(response.status, 200, path);
        seen.add(`${path} ${contentText(response)}`);
      }
    };
    const clients = ["/shared", "/own", "/value", "/shared", "/own"].map(load);
    await until(() => seen.has("/shared 1") && seen.has("/own 1"));
    modules.writeVersion("shared", "2");
    modules.writeVersion("own", "2");
    await within(site.server.reload(), 20_000);
    await until(() => seen.has("/shared 2") && seen.has("/own 2"));
    over = true;
    await Promise.all(clients);
    assertEquals(site.events, []);
    const { pool, pools } = site.server.stats;
    assertEquals([pool?.spawned, pools["/own"].spawned], [2, 2]);
  });

  Deno.test(`${workerKind}: a pool that cannot be reloaded keeps its workers, and the others are reloaded`, async () => {
    await using modules = new WrittenModules();
    for (const name of ["shared", "a", "b"]) modules.writeVersion(name, "old");
    const own = (name: string) => ({ app: modules.url(name), pool: {} });
    const apps = new PathDispatcher({ "/": modules.url("shared"), "/a": own("a"), "/b": own("b") });
    await using site = new Site(apps, { workerKind, minWorkers: 1 });
    assertEquals(await text(site, "/a"), "old");
    modules.write("shared", 'throw new Error("own error");');
    modules.write("a", "export const other = 1;");
    modules.writeVersion("b", "new");
    const error = await assertRejects(
      () => within(site.server.reload(), 20_000),
      ApplicationLoadError,
    );
    assertEquals(error.place, { path: "/", url: modules.url("shared").href });
    assertEquals([await text(site, "/"), await text(site, "/a")], ["old", "old"]);
    assertEquals(await text(site, "/b"), "new");
    const [logged] = site.log.filter(({ message }) => message.startsWith("Another pool"));
    assert((logged.error as Error).message.includes("application at /a, "));
  });

  Deno.test(`${workerKind}: the hooks of every module are called in order, once in each worker`, async () => {
    await using modules = new WrittenModules();
    for (const name of ["a", "b", "c"]) modules.writeHooks(name);
    const apps = new PathDispatcher({
      "/long/prefix": modules.url("a"),
      "/b": modules.url("b"),
      "/b/again": new ModuleApp(modules.url("b"), "other"),
      "/": modules.url("c"),
    });
    const site = new Site(apps, { workerKind, minWorkers: 1 });
    assertEquals(await text(site, "/b/again"), "other b");
    await site[Symbol.asyncDispose]();
    const order = ["a", "b", "c"];
    assertEquals(modules.notes, [
      ...order.map((name) => `start ${name}`),
      ...order.map((name) => `stop ${name}`),
    ]);
    assertEquals(site.log, []);
  });

  Deno.test(`${workerKind}: all hooks are called at the stop, also after one that fails`, async () => {
    await using modules = new WrittenModules();
    modules.writeHooks("a", "onWorkerStop");
    modules.writeHooks("b");
    const apps = new PathDispatcher({ "/a": modules.url("a"), "/b": modules.url("b") });
    const site = new Site(apps, { workerKind, minWorkers: 1 });
    assertEquals(await text(site, "/b"), "b");
    await site[Symbol.asyncDispose]();
    assertEquals(modules.notes, ["start a", "start b", "stop a", "stop b"]);
    assertEquals(site.events, ["worker-stop-failed"]);
  });
}

Deno.test("stop ends the workers of all pools, with their hooks", async () => {
  await using modules = new WrittenModules();
  for (const name of ["shared", "own"]) modules.writeHooks(name);
  const apps = new PathDispatcher({
    "/shared": modules.url("shared"),
    "/own": { app: modules.url("own"), pool: { minWorkers: 2 } },
  });
  const server = new Server({ app: apps, minWorkers: 1, port: 0, onListen: () => {} });
  await server.prepare();
  assertEquals(server.ready, true);
  await server.stop();
  assertEquals(modules.notes.toSorted(), [
    ...["start own", "start own", "start shared"],
    ...["stop own", "stop own", "stop shared"],
  ]);
  const { pool, pools } = server.stats;
  assertEquals([pool?.workers, pools["/own"].workers], [[], []]);
});
