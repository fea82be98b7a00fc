// An application with a dedicated pool does not affect the others.

import { assert, assertEquals } from "@std/assert";
import { PathDispatcher } from "../../../src/application/path_dispatcher.ts";
import type { PoolStats } from "../../../src/pool/pool_stats.ts";
import { Gate, KINDS, until } from "../../pool/pool_site.ts";
import { contentText } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";
import { fixture, get, named, text, told } from "./mounted_site.ts";

const slow = fixture("slow.ts");
const tell = fixture("tell.ts");

function poolAt(site: Site, path: string): PoolStats {
  return site.server.stats.pools[path];
}

for (const workerKind of KINDS) {
  Deno.test(`${workerKind}: slow reports delay only each other`, async () => {
    using gate = new Gate();
    const apps = new PathDispatcher({
      "/": tell,
      "/value": () => new Response("value"),
      "/reports": { app: slow, pool: { maxWorkers: 1, exchangesPerWorker: 1, queueSize: 2 } },
    });
    await using site = new Site(apps, { workerKind, minWorkers: 1 });
    const held = site.ask(get(gate.target("/reports/spin")));
    await gate.reached();
    const queued = [1, 2].map(() => site.ask(get(gate.target("/reports/wait"))));
    await until(() => poolAt(site, "/reports").queued === 2);
    // One more report finds no room; requests for other applications get responses at once.
    assertEquals((await site.ask(get(gate.target("/reports/wait")))).status, 503);
    for (let i = 0; i < 50; i++) assertEquals((await told(site, "/x")).app, "tell");
    assertEquals(await text(site, "/value"), "value");
    assertEquals((await told(site, "/report")).app, "tell");
    assertEquals([poolAt(site, "/reports").busy, poolAt(site, "/reports").queued], [1, 2]);
    const { pool } = site.server.stats;
    assertEquals([pool?.queued, pool?.refused], [0, 0]);
    gate.open();
    for (const response of [await held, ...await Promise.all(queued)]) {
      assertEquals(contentText(response), "report");
    }
  });

  Deno.test(`${workerKind}: the same reports in the shared pool would delay all others`, async () => {
    using gate = new Gate();
    const apps = new PathDispatcher({ "/": tell, "/reports": slow });
    await using site = new Site(apps, { workerKind, minWorkers: 1, exchangesPerWorker: 1 });
    const held = site.ask(get(gate.target("/reports/spin")));
    await gate.reached();
    const light = told(site, "/x");
    await until(() => site.server.stats.pool!.queued === 1);
    gate.open();
    assertEquals(contentText(await held), "report");
    assertEquals((await light).app, "tell");
  });

  Deno.test(`${workerKind}: every pool has its own stats, and clearStats clears all`, async () => {
    const apps = new PathDispatcher({
      "/": tell,
      "/one": { app: tell, pool: { minWorkers: 1 } },
      "/two": { app: tell, pool: { minWorkers: 3 } },
    });
    await using site = new Site(apps, { workerKind, minWorkers: 2 });
    for (const [path, count] of [["/", 1], ["/one", 2], ["/two", 3]] as const) {
      for (let i = 0; i < count; i++) await told(site, path);
    }
    const runs = () => {
      const { pool, pools } = site.server.stats;
      return [pool!, pools["/one"], pools["/two"]].map(({ runTime }) => runTime.count);
    };
    assertEquals(runs(), [1, 2, 3]);
    const workers = Object.values(site.server.stats.pools).map(({ ready }) => ready);
    assertEquals([site.server.stats.pool?.ready, ...workers], [2, 1, 3]);
    site.server.clearStats();
    assertEquals(runs(), [0, 0, 0]);
  });

  Deno.test(`${workerKind}: a worker that ends costs its own pool only, and the log says which`, async () => {
    const apps = new PathDispatcher({
      "/": tell,
      "/own": { app: named("slow.ts", "exit"), pool: { minWorkers: 1 } },
    });
    await using site = new Site(apps, { workerKind, minWorkers: 1 });
    assertEquals((await site.ask(get("/own"))).status, 500);
    assertEquals((await told(site, "/")).worker, 1);
    await until(() => poolAt(site, "/own").ready === 1);
    assertEquals(site.server.stats.pool?.spawned, 1);
    assertEquals(site.events, ["worker-ended"]);
    assert(site.log[0].message.startsWith("Pool of /own: Worker 1 has ended: exit"));
  });
}

Deno.test("a handlerTimeout of one pool holds for it alone", async () => {
  const apps = new PathDispatcher({
    "/": tell,
    "/reports": { app: named("slow.ts", "hang"), pool: { minWorkers: 1, handlerTimeout: 100 } },
  });
  await using site = new Site(apps, { minWorkers: 1 });
  assertEquals((await site.ask(get("/reports"))).status, 504);
  assertEquals((await told(site, "/")).worker, 1);
  const kinds = [site.server.stats.pool?.kind, poolAt(site, "/reports").kind];
  assertEquals(kinds, ["killable", "killable"]);
  assertEquals(site.events, ["handler-timeout"]);
  await until(() => poolAt(site, "/reports").ready === 1);
});

Deno.test("a pool in trouble makes the server not ready", async () => {
  // Its worker cannot be ended, so this takes a process that ends itself.
  const program = `
    import { serve, PathDispatcher, ModuleApp } from ${
    JSON.stringify(import.meta.resolve("../../../mod.ts"))
  };
    const messages = [];
    const server = serve(new PathDispatcher({
      "/": new URL(${JSON.stringify(tell.href)}),
      "/reports": {
        app: new ModuleApp(${JSON.stringify(slow.href)}, "hang"),
        pool: { minWorkers: 1, workerKind: "web", handlerTimeout: 50, maxAbandonedWorkers: 0 },
      },
    }), { port: 0, minWorkers: 1, onListen: () => {}, onLog: ({ message }) => messages.push(message) });
    const base = "http://" + server.bindAddr;
    const before = (await fetch(base + "/"), server.ready);
    const { status } = await fetch(base + "/reports");
    const inTrouble = () => messages.some((message) => message.includes("could not be ended"));
    while (server.ready || !inTrouble()) await new Promise((resolve) => setTimeout(resolve, 10));
    const other = (await fetch(base + "/")).status;
    console.log(JSON.stringify([before, status, other, messages]));
    Deno.exit();
  `;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", program],
    stderr: "inherit",
  }).output();
  const [before, status, other, messages] = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals([before, status, other], [true, 504, 200]);
  assert(
    messages.some((message: string) =>
      message === "Pool of /reports: 1 workers could not be ended: the process should be restarted"
    ),
    messages.join("\n"),
  );
});
