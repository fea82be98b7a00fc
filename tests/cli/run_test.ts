// Runs of the command line with a fake environment: arguments, signals, exit codes and output.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ModuleApp } from "../../src/application/application.ts";
import { run } from "../../src/cli/run.ts";
import { ApplicationLoadError } from "../../src/application/application_load_error.ts";
import { LogFileError } from "../../src/log/log_file.ts";
import { VERSION } from "../../src/version.ts";
import { addr, FakeEnvironment } from "./fake_environment.ts";

Deno.test("--help and --version only print", async () => {
  const environment = new FakeEnvironment();
  assertEquals(await run(["--help"], environment), 0);
  assertEquals(await run(["--version"], environment), 0);
  assertMatch(environment.printed[0], /^Usage: /);
  assertEquals(environment.printed[1], `robusto ${VERSION}`);
  assertEquals(environment.server.calls, []);
});

Deno.test("--print-config prints and binds nothing, with or without APP", async () => {
  const environment = new FakeEnvironment();
  environment.config = { headTimeout: 1 };
  assertEquals(await run(["--print-config", "--config", "c.json"], environment), 0);
  assertEquals(await run(["./nowhere.ts", "--print-config"], environment), 0);
  assertEquals(JSON.parse(environment.printed[0]).headTimeout.source, "config file");
  assertEquals(environment.server.calls, []);
});

for (
  const args of [[], ["--nonsense"], ["./app.ts", "--port", "x"], ["--bind", "x:y"], [
    "--trusted-proxies",
    "x",
  ]]
) {
  Deno.test(`${JSON.stringify(args)} is wrong usage: exit code 2`, async () => {
    const environment = new FakeEnvironment();
    assertEquals(await run(args, environment), 2);
    assertMatch(environment.reported[0], /^robusto: Cannot /);
    const flag = args.findLast((word) => word.startsWith("--")) ?? "APP";
    assert(environment.reported[0].includes(flag), environment.reported[0]);
    assertEquals(environment.reported[1], "robusto: --help shows what can be given");
    assertEquals(environment.server.calls, []);
  });
}

Deno.test("an application that cannot be loaded is shown with its own error: exit code 3", async () => {
  const environment = new FakeEnvironment();
  assertEquals(await run(["./broken.ts", "--mode=inline"], environment), 3);
  assertEquals(environment.reported, [
    "robusto: Cannot load ./broken.ts",
    "described: Error: its own",
  ]);
});

Deno.test("an address that cannot be bound is named: exit code 4", async () => {
  const environment = new FakeEnvironment();
  environment.server.prepareError = new Deno.errors.AddrInUse("Address already in use");
  assertEquals(await run(["./app.ts", "--bind", "[::1]:80", "--bind", "81"], environment), 4);
  assertEquals(environment.reported, [
    "robusto: Cannot listen on [::1]:80, 127.0.0.1:81: Address already in use",
  ]);
  assertEquals(environment.listenerCount, 0);
});

Deno.test("an unknown host name is an address that cannot be bound: exit code 4", async () => {
  const environment = new FakeEnvironment();
  environment.server.prepareError = new Error("failed to lookup address information");
  assertEquals(await run(["./app.ts", "--bind", "nowhere:80"], environment), 4);
});

Deno.test("a failure of another kind is shown with its stack: exit code 1", async () => {
  const environment = new FakeEnvironment();
  environment.server.prepareError = new TypeError("Cannot do that");
  assertEquals(await run(["./app.ts"], environment), 1);
  assertEquals(environment.reported, [
    "robusto: failed",
    "described: TypeError: Cannot do that",
  ]);
  assertEquals(environment.listenerCount, 0);
});

Deno.test("in mode pool the server gets the module, which this thread does not load", async () => {
  const environment = new FakeEnvironment();
  environment.loadApp = () => Promise.reject(new Error("loaded"));
  environment.server.finished.resolve();
  assertEquals(await run(["./app.ts", "--workers=2"], environment), 0);
  assertEquals(environment.server.app, new ModuleApp("file:///app.ts", "api"));
  assertEquals(environment.server.options.minWorkers, 2);
});

Deno.test("in mode inline the server gets the loaded application", async () => {
  const environment = new FakeEnvironment();
  environment.server.finished.resolve();
  assertEquals(await run(["./app.ts", "--mode=inline"], environment), 0);
  assertEquals(environment.server.app, environment.loaded.app);
});

Deno.test("a missing application is exit code 3 in mode pool too", async () => {
  const environment = new FakeEnvironment();
  assertEquals(await run(["./nowhere.ts"], environment), 3);
  assertEquals(environment.reported, ["robusto: Cannot load ./nowhere.ts: No such file"]);
});

Deno.test("an application that workers cannot load is shown with its own error: exit code 3", async () => {
  const environment = new FakeEnvironment();
  environment.server.prepareError = new ApplicationLoadError("it failed", new Error("its own"));
  assertEquals(await run(["./app.ts"], environment), 3);
  assertEquals(environment.reported, [
    "robusto: Cannot load ./app.ts: it failed",
    "described: Error: its own",
  ]);
  assertEquals(environment.listenerCount, 0);
});

/** Waits until promises that wait for nothing else have settled. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

/** Starts the command line and waits until its server serves.
 *
 * @returns a function that ends it */
async function serving(environment: FakeEnvironment): Promise<() => Promise<number>> {
  const ended = run(["./app.ts"], environment);
  await environment.server.serving.promise;
  environment.reported.length = 0;
  return () => {
    environment.server.finished.resolve();
    return ended;
  };
}

Deno.test("reloads by SIGHUP run one after the other", async () => {
  const environment = new FakeEnvironment();
  const end = await serving(environment);
  const first = Promise.withResolvers<void>();
  environment.server.reloads.push(first.promise);
  environment.signal("SIGHUP");
  environment.signal("SIGHUP");
  environment.signal("SIGHUP");
  await settled();
  assertEquals(environment.server.calls, ["prepare", "serve", "reload"]);
  first.resolve();
  await settled();
  assertEquals(environment.server.calls, ["prepare", "serve", "reload", "reload"]);
  const lines = ["robusto: reloading ./app.ts", "robusto: reloaded ./app.ts"];
  assertEquals(environment.reported, [...lines, ...lines]);
  assertEquals(await end(), 0);
  assertEquals(environment.listenerCount, 0);
});

Deno.test("a SIGHUP with code that does not load is reported, and the next one tries again", async () => {
  const environment = new FakeEnvironment();
  const end = await serving(environment);
  const failure = new ApplicationLoadError("it failed", new Error("its own"));
  environment.server.reloads.push(Promise.reject(failure));
  environment.signal("SIGHUP");
  await settled();
  assertEquals(environment.reported, [
    "robusto: reloading ./app.ts",
    "robusto: Cannot load ./app.ts: it failed; the old code goes on",
    "described: Error: its own",
  ]);
  environment.signal("SIGHUP");
  await settled();
  assertEquals(environment.reported.at(-1), "robusto: reloaded ./app.ts");
  assertEquals(await end(), 0);
});

Deno.test("a SIGHUP to a server that cannot reload is reported and the server continues", async () => {
  const environment = new FakeEnvironment();
  const end = await serving(environment);
  environment.server.reloads.push(Promise.reject(new TypeError("Cannot reload: it is inline")));
  environment.signal("SIGHUP");
  await settled();
  assertEquals(environment.reported.slice(1), [
    "robusto: Cannot reload: it is inline; the old code goes on",
  ]);
  assertEquals(await end(), 0);
});

Deno.test("a SIGHUP before the server is ready, or while it stops, reloads nothing", async () => {
  const environment = new FakeEnvironment();
  const located = Promise.withResolvers<ModuleApp>();
  environment.locateApp = () => located.promise;
  const ended = run(["./app.ts"], environment);
  environment.signal("SIGHUP");
  located.resolve(new ModuleApp("file:///app.ts"));
  await environment.server.serving.promise;
  environment.signal("SIGTERM");
  environment.signal("SIGHUP");
  assertEquals(environment.reported.at(-1), "robusto: cannot reload, the server is stopping");
  environment.server.stopped.resolve();
  assertEquals(await ended, 0);
  assertEquals(environment.server.calls, ["prepare", "serve", "stop"]);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} stops the server and ends with exit code 0`, async () => {
    const environment = new FakeEnvironment();
    const ended = run(["./app.ts"], environment);
    await environment.server.serving.promise;
    assertEquals(environment.reported, ["robusto: listening on http://127.0.0.1:8071/"]);
    environment.signal(signal);
    environment.server.stopped.resolve();
    assertEquals(await ended, 0);
    assertEquals(environment.server.calls, ["prepare", "serve", "stop"]);
    assertEquals(environment.listenerCount, 0);
  });
}

Deno.test("SIGTERM before the server is ready aborts the start: exit code 0, whatever the start then throws", async () => {
  for (const fails of [false, true]) {
    const environment = new FakeEnvironment();
    const prepared = Promise.withResolvers<void>();
    const preparing = Promise.withResolvers<void>();
    environment.server.prepare = () => {
      preparing.resolve();
      return prepared.promise;
    };
    environment.server.abort = () => {
      environment.server.calls.push("abort");
      if (fails) prepared.reject(new ApplicationLoadError("the worker has ended", undefined));
    };
    const ended = run(["./app.ts"], environment);
    await preparing.promise;
    environment.signal("SIGTERM");
    assertEquals(await ended, 0);
    assertEquals(environment.server.calls, ["abort"]);
    assertEquals(environment.reported, ["robusto: stopping before the start is complete"]);
    assertEquals(environment.notified, ["STOPPING=1", "closed"]);
    assertEquals(environment.listenerCount, 0);
  }
});

Deno.test("a second signal during the start ends it with exit code 1 although the server does not", async () => {
  const environment = new FakeEnvironment();
  const located = Promise.withResolvers<ModuleApp>();
  environment.locateApp = () => located.promise;
  const aborted = Promise.withResolvers<void>();
  environment.server.abort = () => aborted.promise;
  environment.server.prepare = () => new Promise(() => {});
  const ended = run(["./app.ts"], environment);
  await settled();
  located.resolve(new ModuleApp("file:///app.ts"));
  await settled();
  environment.signal("SIGINT");
  environment.signal("SIGTERM");
  assertEquals(await ended, 1);
  assertEquals(environment.listenerCount, 0);
  aborted.resolve(); // ends the timer of its time limit
  await settled();
});

Deno.test("a second signal aborts and ends with exit code 1 although the server does not stop", async () => {
  const environment = new FakeEnvironment();
  const ended = run(["./app.ts"], environment);
  await environment.server.serving.promise;
  environment.signal("SIGINT");
  environment.signal("SIGTERM");
  assertEquals(await ended, 1); // neither stop() nor serve() has ended
  assertEquals(environment.server.calls, ["prepare", "serve", "stop", "abort"]);
  assertEquals(environment.listenerCount, 0);
});

Deno.test("a server that stops by itself ends with exit code 0", async () => {
  const environment = new FakeEnvironment();
  const ended = run(["./app.ts"], environment);
  environment.server.finished.resolve();
  assertEquals(await ended, 0);
});

Deno.test("the server gets flags over the file, and the deadlines that timeout sets", async () => {
  const environment = new FakeEnvironment();
  environment.config = { maxHeadSize: 1_000, port: 1 };
  environment.server.finished.resolve();
  await run(["./app.ts", "--config", "c.json", "--timeout", "5s", "--bind", "0"], environment);
  const { onListen: _, onLog: __, ...options } = environment.server.options;
  assertEquals(options, {
    maxHeadSize: 1_000,
    bind: ["0"],
    logFile: undefined,
    logFormat: undefined,
    logLevel: undefined,
    captureOutput: false,
    handshakeTimeout: 5_000,
    headTimeout: 5_000,
    contentTimeout: 5_000,
    writeTimeout: 5_000,
    keepAliveTimeout: 5_000,
  });
});

Deno.test("the application's onListen is called with the address", async () => {
  const environment = new FakeEnvironment();
  const addrs: Deno.NetAddr[] = [];
  environment.loaded = { ...environment.loaded, onListen: (addr) => void addrs.push(addr) };
  environment.server.finished.resolve();
  await run(["./app.ts", "--mode=inline"], environment);
  assertEquals(addrs, [addr]);
});

Deno.test("a failure while serving aborts and is shown: exit code 1", async () => {
  const environment = new FakeEnvironment();
  const ended = run(["./app.ts"], environment);
  await environment.server.serving.promise;
  environment.server.finished.reject(new Error("broken"));
  assertEquals(await ended, 1);
  assertEquals(environment.reported.slice(-2), [
    "described: Error: broken",
    "robusto: stopped, no request was cut",
  ]);
  assertEquals(environment.server.calls, ["prepare", "serve", "abort"]);
});

Deno.test("a failure while stopping is shown: exit code 1", async () => {
  const environment = new FakeEnvironment();
  const ended = run(["./app.ts"], environment);
  await environment.server.serving.promise;
  environment.signal("SIGTERM");
  environment.server.stopped.reject(new Error("stuck"));
  assertEquals(await ended, 1);
  assertEquals(environment.reported.slice(-2), [
    "described: Error: stuck",
    "robusto: stopped, no request was cut",
  ]);
});

Deno.test("SIGUSR1 opens the files of all logs anew", async () => {
  const environment = new FakeEnvironment();
  const ended = run(["./app.ts"], environment);
  await environment.server.serving.promise;
  environment.signal("SIGUSR1");
  environment.server.finished.resolve();
  assertEquals(await ended, 0);
  assertEquals(environment.server.calls, ["prepare", "serve", "reopenLog", "reopenLogs"]);
  assertEquals(environment.listenerCount, 0);
});

Deno.test("SIGUSR1 before the server is ready does nothing", async () => {
  const environment = new FakeEnvironment();
  const located = Promise.withResolvers<ModuleApp>();
  environment.locateApp = () => located.promise;
  const ended = run(["./app.ts"], environment);
  environment.signal("SIGUSR1");
  located.resolve(new ModuleApp("file:///app.ts"));
  environment.server.finished.resolve();
  assertEquals(await ended, 0);
  assertEquals(environment.server.calls, ["prepare", "serve"]);
});

Deno.test("the log is opened with its options, which the server does not get", async () => {
  const environment = new FakeEnvironment();
  environment.server.finished.resolve();
  const flags = ["--log-file=/nowhere/a.log", "--log-format=json", "--log-level=warn"];
  assertEquals(await run(["./app.ts", ...flags], environment), 0);
  const { logFile, logFormat, logLevel } = environment.logOptions!;
  assertEquals([logFile, logFormat, logLevel], ["/nowhere/a.log", "json", "warn"]);
  const { options } = environment.server;
  assertEquals([options.logFile, options.logFormat, options.logLevel], [
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals(options.captureOutput, true);
});

Deno.test("a log that cannot be opened is wrong usage: exit code 2", async () => {
  const environment = new FakeEnvironment();
  environment.server.prepareError = new LogFileError('access log "a"', new Error("No such file"));
  assertEquals(await run(["./app.ts"], environment), 2);
  assertEquals(environment.reported[0], 'robusto: Cannot open access log "a": No such file');
});
