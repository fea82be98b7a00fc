// Options of a server: wrong ones, and callbacks that throw.

import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { serve, Server } from "../../mod.ts";
import type { LogEvent } from "../../src/log/log_event.ts";
import { ANY, hello, listens, quiet } from "./serving.ts";

Deno.test("a wrong option or application throws before anything is opened", async () => {
  await using other = serve(hello, { bind: ANY, onLog: () => {} });
  const bind = other.bindAddr; // binding it would be AddrInUse
  const wrong: [object, typeof TypeError | typeof RangeError][] = [
    [{ headTimeout: -1 }, RangeError],
    [{ headTimeout: "10s" }, TypeError],
    [{ maxConnections: 0 }, RangeError],
    [{ headTimeoutt: 1 }, TypeError],
    [{ onLog: "console" }, TypeError],
    [{ signal: {} }, TypeError],
  ];
  for (const [options, kind] of wrong) {
    assertThrows(() => serve(hello, { bind, onLog: () => {}, ...options }), kind);
  }
  for (const app of [undefined, null, "app", {}, { fetch: 1 }, []]) {
    assertThrows(() => serve(app as never, { bind, onLog: () => {} }), TypeError);
  }
  assertThrows(() => serve(hello, { bind: "nonsense:x", onLog: () => {} }), RangeError);
  assertThrows(() => serve(hello, { bind, port: 80, onLog: () => {} }), TypeError);
});

Deno.test("onListen is called with each address instead of the log", async () => {
  const heard: Deno.NetAddr[] = [];
  const log: LogEvent[] = [];
  await using server = serve(hello, {
    bind: [ANY, "127.0.0.2:0"],
    onListen: (addr) => void heard.push(addr),
    onLog: (event) => void log.push(event),
  });
  assertEquals(heard, [...server.addrs]);
  assertEquals(log, []);
});

Deno.test("without onListen each address is logged, and the end", async () => {
  const log: LogEvent[] = [];
  const server = serve(hello, { bind: ANY, onLog: (event) => void log.push(event) });
  assertEquals(log.splice(0), [{
    level: "info",
    event: "listening",
    message: `Listening on http://127.0.0.1:${server.addr.port}/`,
  }]);
  await server.stop();
  assertEquals(log, [{
    ...{ level: "info", event: "stopped", message: "Stopped, no request was cut", cutRequests: 0 },
  }]);
});

Deno.test("onListen that throws fails the start, and leaves nothing open", async () => {
  const failure = new Error("no, thanks");
  let address: Deno.NetAddr | undefined;
  const onListen = (addr: Deno.NetAddr) => {
    address = addr;
    throw failure;
  };
  assertStrictEquals(
    assertThrows(() => serve(hello, { bind: ANY, onListen, onLog: () => {} })),
    failure,
  );
  assertEquals(await listens(address!), false);

  await using server = quiet({ onListen });
  assertStrictEquals(await assertRejects(() => server.start()), failure);
});

Deno.test("onLog that throws, or whose promise rejects, costs no response", async () => {
  const sinks = [() => {
    throw new Error("disk full");
  }, () => Promise.reject(new Error("disk full"))];
  for (const onLog of sinks) {
    await using server = serve(() => {
      throw new Error("secret");
    }, { bind: ANY, onLog });
    for (let i = 0; i < 2; i++) {
      const response = await fetch(`http://${server.bindAddr}/`);
      assertEquals([response.status, await response.text()], [500, "Internal Server Error\n"]);
    }
  }
});

Deno.test("errorLog puts a message into the log", async () => {
  const log: LogEvent[] = [];
  const error = new Error("cause");
  await using server = new Server({ app: hello, onLog: (event) => void log.push(event) });
  server.errorLog("something happened");
  server.errorLog("something went wrong", "error", error);
  assertEquals(log, [
    { level: "info", event: "application", message: "something happened" },
    { level: "error", event: "application", message: "something went wrong", error },
  ]);
});
