// SIGUSR2 and the messages to the service manager, with a fake environment.

import { assertEquals, assertMatch } from "@std/assert";
import { createUpgrade } from "../../src/cli/process_upgrade.ts";
import { run } from "../../src/cli/run.ts";
import { SystemdNotifier } from "../../src/cli/processes/systemd_notifier.ts";
import { turn } from "../support/latch.ts";
import { FakeEnvironment } from "./fake_environment.ts";

const RELOADING = "RELOADING=1\nMONOTONIC_USEC=42";

/** Starts the command line and waits until its server serves. */
async function serving(
  ...args: string[]
): Promise<{ environment: FakeEnvironment; running: Promise<number> }> {
  const environment = new FakeEnvironment();
  const running = run(["./app.ts", ...args], environment);
  await environment.server.serving.promise;
  await turn();
  return { environment, running };
}

Deno.test("a successor gets the sockets, and this process ends when it is ready", async () => {
  const { environment, running } = await serving("--bind", "127.0.0.1:0");
  environment.signal("SIGUSR2");
  const [successor] = environment.successors;
  assertEquals(successor.sockets, [["127.0.0.1:0", 17]]);
  assertEquals(environment.server.calls, ["prepare", "serve"]);
  successor.readiness.resolve();
  await turn();
  assertEquals(environment.server.calls, ["prepare", "serve", "handOver"]);
  environment.server.stopped.resolve();
  assertEquals(await running, 0);
  assertEquals(successor.dismissed, false);
  assertEquals(environment.notified, ["READY=1", RELOADING, "MAINPID=4711\nREADY=1", "closed"]);
  assertEquals(environment.reported.slice(1), [
    "robusto: started successor, process 4711",
    "robusto: process 4711 has taken over",
    "robusto: stopped, no request was cut",
  ]);
});

Deno.test("a successor that fails is reported and killed, and another one can be started", async () => {
  const { environment, running } = await serving();
  environment.signal("SIGUSR2");
  environment.signal("SIGUSR2");
  assertEquals(environment.successors.length, 1);
  environment.successors[0].readiness.reject(new Error("it ended with code 3"));
  await turn();
  assertEquals(environment.successors[0].dismissed, true);
  assertEquals(environment.server.calls, ["prepare", "serve"]);
  assertEquals(environment.reported.slice(1), [
    "robusto: started successor, process 4711",
    "robusto: cannot hand over again, an upgrade is under way: process 4711 is starting",
    "robusto: cannot hand over: it ended with code 3; this process goes on",
  ]);
  environment.signal("SIGUSR2");
  environment.successors[1].readiness.resolve();
  await turn();
  environment.server.stopped.resolve();
  assertEquals(await running, 0);
  assertEquals(environment.notified.slice(1, 4), [RELOADING, "READY=1", RELOADING]);
});

Deno.test("if sockets cannot be passed on, that is reported and no successor is started", async () => {
  const { environment, running } = await serving();
  environment.server.descriptorsError = new Error("Cannot pass sockets on");
  environment.signal("SIGUSR2");
  await turn();
  assertEquals(environment.successors, []);
  assertMatch(
    environment.reported.at(-1)!,
    /^robusto: cannot hand over: Cannot pass sockets on; this pro/,
  );
  environment.signal("SIGTERM");
  environment.server.stopped.resolve();
  assertEquals(await running, 0);
});

Deno.test("a stop kills a successor that has not taken over, and no successor is started after it", async () => {
  const { environment, running } = await serving();
  environment.signal("SIGUSR2");
  environment.signal("SIGTERM");
  await turn();
  assertEquals(environment.successors[0].dismissed, true);
  environment.signal("SIGUSR2");
  assertEquals(environment.successors.length, 1);
  assertMatch(environment.reported.at(-1)!, /cannot hand over, the server is stopping/);
  environment.server.stopped.resolve();
  assertEquals(await running, 0);
  assertEquals(environment.server.calls, ["prepare", "serve", "stop"]);
  assertEquals(environment.notified, ["READY=1", RELOADING, "STOPPING=1", "closed"]);
});

Deno.test("a SIGUSR2 or a SIGHUP before the server serves is reported, and does nothing", async () => {
  const environment = new FakeEnvironment();
  const prepared = Promise.withResolvers<void>();
  environment.server.prepare = () => prepared.promise;
  const running = run(["./app.ts"], environment);
  await turn();
  environment.signal("SIGUSR2");
  environment.signal("SIGHUP");
  prepared.resolve();
  await environment.server.serving.promise;
  assertEquals(environment.successors, []);
  assertEquals(environment.server.calls, ["serve"]);
  assertEquals(environment.reported.slice(0, 2), [
    "robusto: cannot hand over, the server is starting",
    "robusto: cannot reload, the server is starting",
  ]);
  environment.signal("SIGTERM");
  environment.server.stopped.resolve();
  assertEquals(await running, 0);
});

Deno.test("a successor listens on inherited sockets, reports that it is ready, and closes the unused ones", async () => {
  const environment = new FakeEnvironment();
  environment.inheritedSockets = {
    sockets: [["127.0.0.1:0", 3], ["unix:/run/a.sock", 4], ["81", 5]],
    readyFd: 6,
  };
  const running = run(["./app.ts", "--bind=0", "--bind=unix:/run/a.sock"], environment);
  await environment.server.serving.promise;
  await turn();
  assertEquals(environment.server.options.bind, ["fd:3", "fd:4=unix:/run/a.sock"]);
  assertEquals(environment.readyReports, [["fd:5"]]);
  environment.signal("SIGTERM");
  environment.server.stopped.resolve();
  assertEquals(await running, 0);
});

Deno.test("--print-config shows inherited sockets as the source of bind", async () => {
  const environment = new FakeEnvironment();
  environment.activation = { sockets: [{ fd: 3, name: "http" }], complaint: undefined };
  assertEquals(await run(["--print-config"], environment), 0);
  assertEquals(JSON.parse(environment.printed[0]).bind, { value: ["fd:3"], source: "inherited" });
});

Deno.test("a reload is reported to the service manager, whether it succeeds or not", async () => {
  const { environment, running } = await serving();
  const broken = Promise.reject(new Error("broken"));
  broken.catch(() => {}); // it is awaited later
  environment.server.reloads.push(Promise.resolve(), broken);
  for (let i = 0; i < 2; i++) {
    environment.signal("SIGHUP");
    await turn();
  }
  assertEquals(environment.notified, ["READY=1", RELOADING, "READY=1", RELOADING, "READY=1"]);
  environment.signal("SIGTERM");
  environment.server.stopped.resolve();
  assertEquals(await running, 0);
});

Deno.test("the watchdog gets messages only while the server is healthy", async () => {
  const sent: string[] = [];
  const waiting: (() => void)[] = [];
  const send = (message: string) => {
    sent.push(message);
    waiting.shift()?.();
  };
  const next = () => new Promise<void>((resolve) => waiting.push(resolve));
  let healthy = true;
  const service = new SystemdNotifier({ send, monotonic: () => 0n, close: () => {} }, 30);
  service.watch(() => healthy);
  for (let i = 0; i < 3; i++) await next();
  assertEquals(new Set(sent), new Set(["WATCHDOG=1"]));
  let asked = Promise.withResolvers<void>();
  healthy = false;
  const before = sent.length;
  const asking = new SystemdNotifier({ send, monotonic: () => 0n, close: () => {} }, 30);
  asking.watch(() => {
    asked.resolve();
    return false;
  });
  await asked.promise;
  asked = Promise.withResolvers<void>();
  await asked.promise; // a second time, by its timer
  assertEquals(sent.length, before);
  service.close();
  asking.close();
});

Deno.test("the main process of a container refuses to hand over, and serves on", async () => {
  const environment = new FakeEnvironment();
  const upgrade = createUpgrade(environment.server, ["127.0.0.1:0"], environment, () => "it ends");
  assertEquals(await upgrade.begin(), false);
  assertEquals([environment.successors, environment.notified], [[], []]);
  assertEquals(environment.reported, [
    "robusto: cannot hand over: it ends; start a new container",
  ]);
});
