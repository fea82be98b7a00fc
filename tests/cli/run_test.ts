// The life of the command line against a server, signals and streams that are not real.

import { assertEquals, assertMatch } from "@std/assert";
import { ModuleApp } from "../../src/application/application.ts";
import { run } from "../../src/cli/run.ts";
import { ApplicationLoadError } from "../../src/application/application_load_error.ts";
import { VERSION } from "../../src/version.ts";
import { addr, FakeWorld } from "./fake_environment.ts";

Deno.test("--help and --version print and do nothing else", async () => {
  const world = new FakeWorld();
  assertEquals(await run(["--help"], world), 0);
  assertEquals(await run(["--version"], world), 0);
  assertMatch(world.printed[0], /^Usage: /);
  assertEquals(world.printed[1], `robusto ${VERSION}`);
  assertEquals(world.server.calls, []);
});

Deno.test("--print-config prints and binds nothing, with or without APP", async () => {
  const world = new FakeWorld();
  world.config = { headTimeout: 1 };
  assertEquals(await run(["--print-config", "--config", "c.json"], world), 0);
  assertEquals(await run(["./nowhere.ts", "--print-config"], world), 0);
  assertEquals(JSON.parse(world.printed[0]).headTimeout.source, "config file");
  assertEquals(world.server.calls, []);
});

for (const args of [[], ["--nonsense"], ["./app.ts", "--port", "x"], ["--bind", "x:y"]]) {
  Deno.test(`${JSON.stringify(args)} is wrong usage: exit code 2`, async () => {
    const world = new FakeWorld();
    assertEquals(await run(args, world), 2);
    assertMatch(world.reported[0], /^robusto: Cannot /);
    assertEquals(world.reported[1], "robusto: --help shows what can be given");
    assertEquals(world.server.calls, []);
  });
}

Deno.test("an application that cannot be loaded is shown with its own error: exit code 3", async () => {
  const world = new FakeWorld();
  assertEquals(await run(["./broken.ts", "--mode=inline"], world), 3);
  assertEquals(world.reported, [
    "robusto: Cannot load ./broken.ts",
    "described: Error: its own",
  ]);
});

Deno.test("an address that cannot be bound is named: exit code 4", async () => {
  const world = new FakeWorld();
  world.server.prepareError = new Deno.errors.AddrInUse("Address already in use");
  assertEquals(await run(["./app.ts", "--bind", "[::1]:80", "--bind", "81"], world), 4);
  assertEquals(world.reported, [
    "robusto: Cannot listen on [::1]:80, 127.0.0.1:81: Address already in use",
  ]);
  assertEquals(world.listening, 0);
});

Deno.test("an address whose host nobody knows is one that cannot be bound", async () => {
  const world = new FakeWorld();
  world.server.prepareError = new Error("failed to lookup address information");
  assertEquals(await run(["./app.ts", "--bind", "nowhere:80"], world), 4);
});

Deno.test("what is no trouble of binding is shown with its stack: exit code 1", async () => {
  const world = new FakeWorld();
  world.server.prepareError = new TypeError("Cannot do that");
  assertEquals(await run(["./app.ts"], world), 1);
  assertEquals(world.reported, ["robusto: failed\ndescribed: TypeError: Cannot do that"]);
  assertEquals(world.listening, 0);
});

Deno.test("in the pool the server gets the module, which is not loaded here", async () => {
  const world = new FakeWorld();
  world.loadApp = () => Promise.reject(new Error("loaded"));
  world.server.finished.resolve();
  assertEquals(await run(["./app.ts", "--workers=2"], world), 0);
  assertEquals(world.server.app, new ModuleApp("file:///app.ts", "api"));
  assertEquals(world.server.options.minWorkers, 2);
});

Deno.test("in mode inline the server gets what was loaded", async () => {
  const world = new FakeWorld();
  world.server.finished.resolve();
  assertEquals(await run(["./app.ts", "--mode=inline"], world), 0);
  assertEquals(world.server.app, world.loaded.app);
});

Deno.test("an application that is not there is exit code 3 in the pool too", async () => {
  const world = new FakeWorld();
  assertEquals(await run(["./nowhere.ts"], world), 3);
  assertEquals(world.reported, ["robusto: Cannot load ./nowhere.ts: No such file"]);
});

Deno.test("an application that workers cannot load is shown with its own error: exit code 3", async () => {
  const world = new FakeWorld();
  world.server.prepareError = new ApplicationLoadError("it failed", new Error("its own"));
  assertEquals(await run(["./app.ts"], world), 3);
  assertEquals(world.reported, [
    "robusto: Cannot load ./app.ts: it failed",
    "described: Error: its own",
  ]);
  assertEquals(world.listening, 0);
});

/** Lets promises that wait for nothing settle. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

/** A command line that serves, and how it is made to end. */
async function serving(world: FakeWorld): Promise<() => Promise<number>> {
  const ended = run(["./app.ts"], world);
  await world.server.serving.promise;
  world.reported.length = 0;
  return () => {
    world.server.finished.resolve();
    return ended;
  };
}

Deno.test("SIGHUP reloads, one time after the other", async () => {
  const world = new FakeWorld();
  const end = await serving(world);
  const first = Promise.withResolvers<void>();
  world.server.reloads.push(first.promise);
  world.signal("SIGHUP");
  world.signal("SIGHUP");
  world.signal("SIGHUP");
  await settled();
  assertEquals(world.server.calls, ["prepare", "serve", "reload"]);
  first.resolve();
  await settled();
  assertEquals(world.server.calls, ["prepare", "serve", "reload", "reload"]);
  const lines = ["robusto: reloading ./app.ts", "robusto: reloaded ./app.ts"];
  assertEquals(world.reported, [...lines, ...lines]);
  assertEquals(await end(), 0);
  assertEquals(world.listening, 0);
});

Deno.test("a SIGHUP whose code does not load is told, and the next one tries again", async () => {
  const world = new FakeWorld();
  const end = await serving(world);
  const failure = new ApplicationLoadError("it failed", new Error("its own"));
  world.server.reloads.push(Promise.reject(failure));
  world.signal("SIGHUP");
  await settled();
  assertEquals(world.reported, [
    "robusto: reloading ./app.ts",
    "robusto: Cannot load ./app.ts: it failed; the old code goes on",
    "described: Error: its own",
  ]);
  world.signal("SIGHUP");
  await settled();
  assertEquals(world.reported.at(-1), "robusto: reloaded ./app.ts");
  assertEquals(await end(), 0);
});

Deno.test("a SIGHUP where nothing can be reloaded is told and ends nothing", async () => {
  const world = new FakeWorld();
  const end = await serving(world);
  world.server.reloads.push(Promise.reject(new TypeError("Cannot reload: it is inline")));
  world.signal("SIGHUP");
  await settled();
  assertEquals(world.reported.slice(1), [
    "robusto: Cannot reload: it is inline; the old code goes on",
  ]);
  assertEquals(await end(), 0);
});

Deno.test("a SIGHUP before the server is ready, or while it stops, reloads nothing", async () => {
  const world = new FakeWorld();
  const located = Promise.withResolvers<ModuleApp>();
  world.locateApp = () => located.promise;
  const ended = run(["./app.ts"], world);
  world.signal("SIGHUP");
  located.resolve(new ModuleApp("file:///app.ts"));
  await world.server.serving.promise;
  world.signal("SIGTERM");
  world.signal("SIGHUP");
  assertEquals(world.reported.at(-1), "robusto: cannot reload, the server is stopping");
  world.server.stopped.resolve();
  assertEquals(await ended, 0);
  assertEquals(world.server.calls, ["prepare", "serve", "stop"]);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} stops the server and ends with exit code 0`, async () => {
    const world = new FakeWorld();
    const ended = run(["./app.ts"], world);
    await world.server.serving.promise;
    assertEquals(world.reported, ["robusto: listening on http://127.0.0.1:8071/"]);
    world.signal(signal);
    world.server.stopped.resolve();
    assertEquals(await ended, 0);
    assertEquals(world.server.calls, ["prepare", "serve", "stop"]);
    assertEquals(world.listening, 0);
  });
}

Deno.test("a second signal aborts and ends with exit code 1, whatever does not end", async () => {
  const world = new FakeWorld();
  const ended = run(["./app.ts"], world);
  await world.server.serving.promise;
  world.signal("SIGINT");
  world.signal("SIGTERM");
  assertEquals(await ended, 1); // neither stop() nor serve() has ended
  assertEquals(world.server.calls, ["prepare", "serve", "stop", "abort"]);
  assertEquals(world.listening, 0);
});

Deno.test("a server that stops by itself ends with exit code 0", async () => {
  const world = new FakeWorld();
  const ended = run(["./app.ts"], world);
  world.server.finished.resolve();
  assertEquals(await ended, 0);
});

Deno.test("the server gets flags over the file, and timeout spelt out", async () => {
  const world = new FakeWorld();
  world.config = { maxHeadSize: 1_000, port: 1 };
  world.server.finished.resolve();
  await run(["./app.ts", "--config", "c.json", "--timeout", "5s", "--bind", "0"], world);
  const { onListen: _, ...options } = world.server.options;
  assertEquals(options, {
    maxHeadSize: 1_000,
    bind: ["0"],
    hostname: undefined,
    port: undefined,
    handshakeTimeout: 5_000,
    headTimeout: 5_000,
    contentTimeout: 5_000,
    writeTimeout: 5_000,
    keepAliveTimeout: 5_000,
  });
});

Deno.test("the application's onListen is called with the address", async () => {
  const world = new FakeWorld();
  const addrs: Deno.NetAddr[] = [];
  world.loaded = { ...world.loaded, onListen: (addr) => void addrs.push(addr) };
  world.server.finished.resolve();
  await run(["./app.ts", "--mode=inline"], world);
  assertEquals(addrs, [addr]);
});

Deno.test("a failure while serving aborts and is shown: exit code 1", async () => {
  const world = new FakeWorld();
  const ended = run(["./app.ts"], world);
  await world.server.serving.promise;
  world.server.finished.reject(new Error("broken"));
  assertEquals(await ended, 1);
  assertEquals(world.reported.at(-1), "robusto: failed\ndescribed: Error: broken");
  assertEquals(world.server.calls, ["prepare", "serve", "abort"]);
});

Deno.test("a failure while stopping is shown: exit code 1", async () => {
  const world = new FakeWorld();
  const ended = run(["./app.ts"], world);
  await world.server.serving.promise;
  world.signal("SIGTERM");
  world.server.stopped.reject(new Error("stuck"));
  assertEquals(await ended, 1);
  assertEquals(world.reported.at(-1), "robusto: failed\ndescribed: Error: stuck");
});

Deno.test("SIGUSR1 has a listener as long as the command line runs", async () => {
  const world = new FakeWorld();
  const ended = run(["./app.ts"], world);
  await world.server.serving.promise;
  world.signal("SIGUSR1");
  world.server.finished.resolve();
  assertEquals(await ended, 0);
  assertEquals(world.server.calls, ["prepare", "serve"]);
  assertEquals(world.listening, 0);
});
