// The threads that the applications of one dispatcher run in, in every mode.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { mountsOf } from "../../../src/application/application_tree.ts";
import { PathDispatcher } from "../../../src/application/path_dispatcher.ts";
import { KINDS } from "../../pool/pool_site.ts";
import { Site } from "../../support/site.ts";
import { fixture, get, named, text, told } from "./mounted_site.ts";

const value = () => new Response("value");

for (const workerKind of KINDS) {
  const options = { workerKind, minWorkers: 2, maxWorkers: 2 };

  Deno.test(`${workerKind}: modules alone share one pool`, async () => {
    const apps = new PathDispatcher({
      "/tell": fixture("tell.ts"),
      "/other": named("tell.ts", "other"),
      "/nested": new PathDispatcher({ "/deep": fixture("tell.ts") }),
    });
    await using site = new Site(apps, options);
    const { worker, ...rest } = await told(site, "/te%6Cl/x");
    assertEquals(rest, {
      ...{ app: "tell", thread: "worker", mountPath: "/te%6Cl", path: "/te%6Cl/x" },
    });
    assert([1, 2].includes(worker!));
    assertEquals((await told(site, "/other")).mountPath, "/other");
    assertEquals((await told(site, "/nested/deep/x")).mountPath, "/nested/deep");
    for (const target of ["/", "/nested", "/telling"]) {
      assertEquals(await text(site, target), "404");
    }
    const { pool, pools } = site.server.stats;
    assertEquals([pool?.kind, pool?.spawned, pools], [workerKind, 2, {}]);
    assertEquals(site.log, []);
  });

  Deno.test(`${workerKind}: values run in the thread of the server, modules in workers`, async () => {
    const apps = new PathDispatcher({
      "/": value,
      "/tell": fixture("tell.ts"),
      "/own": { app: fixture("tell.ts"), pool: { minWorkers: 1 } },
      "/nested": new PathDispatcher({
        "/value": (_request, info) => new Response(`${info.mountPath} ${info.workerId}`),
        "/own": { app: named("tell.ts", "other"), pool: { minWorkers: 1 } },
        "/tell": fixture("tell.ts"),
      }),
    });
    await using site = new Site(apps, options);
    assertEquals(await text(site, "/anything"), "value");
    assertEquals((await told(site, "/tell/x")).thread, "worker");
    assertEquals((await told(site, "/%6fwn/x")).mountPath, "/%6fwn");
    assertEquals((await told(site, "/nested/tell")).mountPath, "/nested/tell");
    assertEquals((await told(site, "/nested/own/x")).mountPath, "/nested/own");
    assertEquals(await text(site, "/nested/value/x"), "/nested/value undefined");
    assertEquals(await text(site, "/nested/x"), "404");
    assertEquals(await text(site, "/nested/ownership"), "404");
    assertEquals(await text(site, "/owner"), "value");
    const { pool, pools } = site.server.stats;
    assertEquals([pool?.spawned, pool?.kind], [2, workerKind]);
    assertEquals(Object.keys(pools), ["/own", "/nested/own"]);
    assertEquals(Object.values(pools).map(({ spawned }) => spawned), [1, 1]);
    assertEquals(site.log, []);
  });

  Deno.test(`${workerKind}: a module may export a dispatcher; its modules are loaded there`, async () => {
    const apps = [
      fixture("dispatcher.ts"),
      new PathDispatcher({ "": fixture("dispatcher.ts") }),
    ];
    for (const app of apps) {
      await using site = new Site(app, options);
      assertEquals(await text(site, "/value/x"), "value /value");
      assertEquals((await told(site, "/module/x")).thread, "worker");
      assertEquals((await told(site, "/named")).app, "other");
      assertEquals((await told(site, "/deeper/tell")).mountPath, "/deeper/tell");
      assertEquals(await text(site, "/deeper"), "404");
    }
  });

  Deno.test(`${workerKind}: an error that one application throws goes to its own onError`, async () => {
    const apps = new PathDispatcher({
      "/failing": named("tell.ts", "failing"),
      "/tell": fixture("tell.ts"),
    });
    await using site = new Site(apps, options);
    const response = await site.ask(get("/failing"));
    assertEquals(response.status, 503);
    assertEquals(site.events, ["handler-failed"]);
    assertEquals((await told(site, "/tell")).app, "tell");
  });
}

Deno.test("a dispatcher of another copy of Robusto is known by its mounts", async () => {
  const own = new PathDispatcher({ "/tell": fixture("tell.ts"), "/value": value });
  const foreign = {
    [Symbol.for("robusto.mounts")]: mountsOf(own),
    respond() {
      throw new Error("It knows nothing of these workers");
    },
  };
  await using site = new Site(foreign, { minWorkers: 1 });
  assertEquals((await told(site, "/tell")).thread, "worker");
  assertEquals(await text(site, "/value"), "value");
  await using nested = new Site(new PathDispatcher({ "/a": foreign }), { minWorkers: 1 });
  assertEquals((await told(nested, "/a/tell")).mountPath, "/a/tell");
});

Deno.test("in mode inline modules are loaded into the thread of the server", async () => {
  const apps = new PathDispatcher({
    "/": value,
    "/tell": fixture("tell.ts"),
    "/failing": named("tell.ts", "failing"),
    "/module": fixture("dispatcher.ts"),
  });
  await using site = new Site(apps, { mode: "inline" });
  assertEquals(await text(site, "/x"), "value");
  assertEquals((await told(site, "/tell")).thread, "main");
  assertEquals((await told(site, "/module/module")).mountPath, "/module/module");
  assertEquals((await site.ask(get("/failing"))).status, 503);
  const { pool, pools } = site.server.stats;
  assertEquals([pool, pools], [undefined, {}]);
});

Deno.test("in mode sharded every shard has all modules", async () => {
  const apps = new PathDispatcher({
    "/tell": fixture("tell.ts"),
    "/module": fixture("dispatcher.ts"),
    "/failing": named("tell.ts", "failing"),
  });
  await using site = new Site(apps, { mode: "sharded", minWorkers: 2 });
  assertEquals((await told(site, "/tell/x")).mountPath, "/tell");
  assertEquals((await told(site, "/module/deeper/tell")).thread, "worker");
  assertEquals(await text(site, "/"), "404");
  assertEquals((await site.ask(get("/failing"))).status, 503);
});

Deno.test("content goes to the application of the path", async () => {
  const echo = named("tell.ts", "echo");
  const apps = new PathDispatcher({
    "/inline": async (request) => new Response(await request.text()),
    "/own": { app: echo, pool: { minWorkers: 1 } },
    "/": echo,
  });
  await using site = new Site(apps, { minWorkers: 1 });
  const content = "x".repeat(300_000);
  for (const path of ["/inline", "/own/echo", "/echo"]) {
    const response = await fetch(site.url + path, { method: "POST", body: content });
    assertEquals(response.status, 200, path);
    assertStringIncludes(await response.text(), content);
  }
});
