// The life of the command line against a server, signals and streams that are not real.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ExitError } from "../../src/cli/exit_error.ts";
import type { Application, LoadedApp } from "../../src/cli/load_app.ts";
import { type CliEnvironment, type CliServer, run } from "../../src/cli/run.ts";
import type { ServerOptions } from "../../src/options.ts";
import { VERSION } from "../../src/version.ts";

const addr = { transport: "tcp" as const, hostname: "127.0.0.1", port: 8071 };

/** A server that notes what it is asked to do and stops when the test lets it. */
class FakeServer implements CliServer {
  readonly calls: string[] = [];
  readonly serving = Promise.withResolvers<void>();
  readonly stopped = Promise.withResolvers<void>();
  readonly finished = Promise.withResolvers<void>();
  options: ServerOptions = {};
  prepareError: Error | undefined;

  async prepare(): Promise<void> {
    this.calls.push("prepare");
    if (this.prepareError !== undefined) throw await this.prepareError;
  }

  async serve(): Promise<void> {
    this.calls.push("serve");
    this.options.onListen?.(addr);
    this.serving.resolve();
    await this.finished.promise;
  }

  async stop(): Promise<void> {
    this.calls.push("stop");
    await this.stopped.promise;
    this.finished.resolve();
  }

  abort(): void {
    this.calls.push("abort");
  }
}

/** The world around one run. */
class FakeWorld implements CliEnvironment {
  readonly server = new FakeServer();
  readonly signals = new Map<Deno.Signal, () => void>();
  readonly printed: string[] = [];
  readonly reported: string[] = [];
  loaded: LoadedApp = { app: () => new Response(), onListen: undefined };
  config: ServerOptions = {};

  createServer(_app: Application, options: ServerOptions): CliServer {
    this.server.options = options;
    return this.server;
  }
  loadApp(text: string): Promise<LoadedApp> {
    if (text !== "./app.ts") throw new ExitError(3, `Cannot load ${text}`, new Error("its own"));
    return Promise.resolve(this.loaded);
  }
  readConfigFile(): Promise<ServerOptions> {
    return Promise.resolve(this.config);
  }
  onSignal(signal: Deno.Signal, listener: () => void): () => void {
    assert(!this.signals.has(signal));
    this.signals.set(signal, listener);
    return () => void this.signals.delete(signal);
  }
  print(lines: string): void {
    this.printed.push(lines);
  }
  report(lines: string): void {
    this.reported.push(lines);
  }
  describe(error: unknown): string {
    return `described: ${error}`;
  }
  signal(signal: Deno.Signal): void {
    this.signals.get(signal)!();
  }
}

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
  assertEquals(await run(["./broken.ts"], world), 3);
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
  assertEquals(world.signals.size, 0);
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
    assertEquals(world.signals.size, 0);
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
  assertEquals(world.signals.size, 0);
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
  await run(["./app.ts"], world);
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
  assertEquals(world.signals.size, 0);
});
