// The life of a server on real sockets: bind, accept, serve, stop in stages.

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { serve, Server, type ServerOptions } from "../mod.ts";
import type { LogEvent } from "../src/log.ts";
import { abortOf, Latch, within } from "./support/latch.ts";
import { isInstalled, Program, ROOT } from "./support/program.ts";
import { contentText, RawClient, saysClose } from "./support/raw_client.ts";
import { Site } from "./support/site.ts";
import { octets } from "./wire/row.ts";

const GET = "GET / HTTP/1.1|Host: a||";
const ANY = "127.0.0.1:0";

const hello = () => new Response("hello");

/** A server with nothing on standard error. */
function quiet(options: ServerOptions = {}): Server {
  return new Server({ app: hello, bind: ANY, onLog: () => {}, ...options });
}

async function textOf(server: Server): Promise<string> {
  return await (await fetch(`http://${server.bindAddr}/`)).text();
}

/** Whether something listens there. */
async function listens({ hostname, port }: Deno.NetAddr): Promise<boolean> {
  try {
    (await Deno.connect({ hostname, port })).close();
    return true;
  } catch (error) {
    // Reset: it was still in the queue of a listener that was being closed.
    const { ConnectionRefused, ConnectionReset } = Deno.errors;
    assert(error instanceof ConnectionRefused || error instanceof ConnectionReset);
    return false;
  }
}

// Life cycle -------------------------------------------------------------------------------------

Deno.test("a Server that is made opens nothing", () => {
  const server = quiet();
  assertEquals([server.ready, server.bindAddr, server.runtime()], [false, ANY, 0]);
  assertThrows(() => server.addr, TypeError, "nothing is bound");
  assertThrows(() => server.addrs, TypeError, "nothing is bound");
  assertEquals(server.interrupt, undefined);
});

Deno.test("prepare binds, and connections wait until serve", async () => {
  await using server = quiet();
  await server.prepare();
  assertEquals(server.ready, true);
  assert(server.addr.port > 0);
  assertEquals(server.addr, {
    transport: "tcp",
    hostname: "127.0.0.1",
    port: server.addr.port,
  });
  assertEquals(server.addrs, [server.addr]);
  assertEquals(server.bindAddr, `127.0.0.1:${server.addr.port}`);

  using client = new RawClient(await Deno.connect({ port: server.addr.port }));
  await client.send(octets(GET));
  assertEquals(server.stats.accepts, 0);
  const serving = server.serve();
  assertEquals(contentText(await client.read()), "hello");
  client.close();
  await within(server.stop());
  await within(serving);
  assertEquals(server.ready, false);
});

Deno.test("start is prepare and serve, until stop", async () => {
  await using server = quiet();
  const serving = server.start();
  assertEquals(server.ready, true);
  assertEquals(await textOf(server), "hello");
  await within(server.stop());
  await within(serving);
  await within(server.finished);
  assertEquals(await listens(server.addr), false);
});

Deno.test("a Server does each thing once and in order", async () => {
  await using server = quiet();
  await assertRejects(() => server.serve(), TypeError, "expected a server that is bound");
  await server.prepare();
  await assertRejects(() => server.prepare(), TypeError, "Cannot bind");
  await assertRejects(() => server.start(), TypeError, "Cannot bind");
  const serving = server.serve();
  await assertRejects(() => server.serve(), TypeError, "serving");
  await within(server.stop());
  await serving;
  await assertRejects(() => server.prepare(), TypeError, "stopped");
  await assertRejects(() => server.serve(), TypeError, "stopped");
  await assertRejects(() => server.start(), TypeError, "stopped");
});

Deno.test("a Server can be stopped before it was bound, before it serves, and twice", async () => {
  const unbound = quiet();
  await within(unbound.stop());
  await within(unbound.finished);
  await assertRejects(() => unbound.prepare(), TypeError);

  const bound = quiet();
  await bound.prepare();
  await within(Promise.all([bound.stop(), bound.shutdown(), bound.abort()]));
  await within(bound.stop());
  assertEquals(await listens(bound.addr), false);
});

Deno.test("serve() returns a server that is bound and accepts", async () => {
  const server = serve(hello, { bind: ANY, onLog: () => {} });
  assertEquals(server.ready, true);
  assertEquals(await textOf(server), "hello");
  await within(server.stop());
  await within(server.finished);
});

Deno.test("serve() takes hostname and port as Deno.serve does", async () => {
  await using server = serve({ fetch: hello }, { hostname: "localhost", port: 0, onLog: () => {} });
  assert(server.addr.port > 0);
  assertEquals(await textOf(server), "hello");
});

Deno.test("serve() keeps the this of an object with fetch()", async () => {
  const app = {
    greeting: "hi",
    fetch() {
      return new Response(this.greeting);
    },
  };
  await using server = serve(app, { bind: ANY, onLog: () => {} });
  assertEquals(await textOf(server), "hi");
});

Deno.test("await using stops a server", async () => {
  let address;
  {
    await using server = serve(hello, { bind: ANY, onLog: () => {} });
    address = server.addr;
    assertEquals(await listens(address), true);
  }
  assertEquals(await listens(address), false);
});

Deno.test("an aborted signal stops a server", async () => {
  const controller = new AbortController();
  const server = serve(hello, { bind: ANY, signal: controller.signal, onLog: () => {} });
  assertEquals(await textOf(server), "hello");
  controller.abort();
  assertEquals(server.ready, false);
  await within(server.finished);
  assertEquals(await listens(server.addr), false);
});

Deno.test("a signal that was aborted before keeps a server from binding", async () => {
  const reason = new Error("never mind");
  const signal = AbortSignal.abort(reason);
  assertStrictEquals(assertThrows(() => serve(hello, { bind: ANY, signal })), reason);
  const server = quiet({ signal });
  assertStrictEquals(await assertRejects(() => server.prepare()), reason);
  assertStrictEquals(await assertRejects(() => server.start()), reason);
  assertEquals(server.ready, false);
});

Deno.test("an error set as interrupt stops a server, and serve throws it", async () => {
  const server = quiet();
  const serving = server.start();
  const error = new Error("power failure");
  server.interrupt = error;
  assertStrictEquals(await within(assertRejects(() => serving)), error);
  assertStrictEquals(await within(assertRejects(() => server.finished)), error);
  await within(server.stop()); // whoever stops it is not told
  assertStrictEquals(server.interrupt, error);
  assertEquals(await listens(server.addr), false);
});

Deno.test("an interrupt that nobody waits for is no unhandled rejection", async () => {
  const server = serve(hello, { bind: ANY, onLog: () => {} });
  server.interrupt = new Error("power failure");
  await within(server.stop());
});

/** Starts a module of its own that imports the server. */
function startModule(code: string): Promise<Program> {
  const input = `import { serve, Server } from ${JSON.stringify(new URL("mod.ts", ROOT).href)};\n`;
  return Program.start(["run", "-A", "--no-check", "-"], { input: input + code });
}

Deno.test("safeStart stops cleanly at SIGINT and SIGTERM", async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    await using program = await startModule(`
      const server = new Server({ app: () => new Response("hello"), port: 0 });
      await server.safeStart();
      console.log("came to its end, ready: " + server.ready);
    `);
    assertEquals(await (await fetch(await program.url)).text(), "hello");
    assertEquals(await within(program.stop(signal)), 0, program.output);
    assertMatch(program.output, /came to its end, ready: false/);
  }
});

Deno.test("safeStart stops at once at a second signal", async () => {
  await using program = await startModule(`
    const server = new Server({
      app: () => { console.log("asked"); return new Promise(() => {}); },
      port: 0,
      shutdownTimeout: Infinity,
    });
    await server.safeStart();
    console.log("came to its end");
  `);
  const asking = fetch(await program.url).catch(() => {});
  while (!program.output.includes("asked")) await turn();
  Deno.kill(program.pid, "SIGINT");
  const { hostname, port } = new URL(await program.url);
  while (await listens({ transport: "tcp", hostname, port: Number(port) })) await turn();
  assertEquals(await within(program.stop("SIGINT")), 0, program.output);
  assertMatch(program.output, /came to its end/);
  await asking;
});

Deno.test("unref lets a process end, and ref keeps it", async () => {
  await using program = await startModule(`
    const server = serve(() => new Response("hello"), { port: 0 });
    server.unref();
    server.ref();
    const { hostname, port } = server.addr;
    const conns = [await Deno.connect({ hostname, port }), await Deno.connect({ hostname, port })];
    for (const [i, conn] of conns.entries()) {
      if (i === 1) server.unref(); // one connection before, one behind
      await conn.write(new TextEncoder().encode("GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"));
      await conn.read(new Uint8Array(1000));
    }
    console.log("idle connections:", server.stats.idleConnections);
  `);
  assertEquals(await within(program.stop()), 0, program.output);
  assertMatch(program.output, /idle connections: 2/);
});

// Addresses --------------------------------------------------------------------------------------

Deno.test("two servers serve side by side", async () => {
  await using one = serve(() => new Response("one"), { bind: ANY, onLog: () => {} });
  await using two = serve(() => new Response("two"), { bind: ANY, onLog: () => {} });
  assertEquals([await textOf(one), await textOf(two)], ["one", "two"]);
});

Deno.test("a port that is in use is AddrInUse, and leaves nothing open", async () => {
  await using one = serve(hello, { bind: ANY, onLog: () => {} });
  const bind = one.bindAddr;
  assertThrows(() => serve(hello, { bind, onLog: () => {} }), Deno.errors.AddrInUse);
  const two = quiet({ bind });
  await assertRejects(() => two.prepare(), Deno.errors.AddrInUse);
  assertEquals([two.ready, two.bindAddr], [false, bind]);

  await one.stop();
  await two.prepare(); // it may be tried again
  assertEquals(two.bindAddr, bind);
  await two.stop();
});

Deno.test("several addresses are bound in order, and all served", async () => {
  await using server = serve(hello, { bind: [ANY, "127.0.0.2:0"], onLog: () => {} });
  assertEquals(server.addrs.map(({ hostname }) => hostname), ["127.0.0.1", "127.0.0.2"]);
  assertEquals(server.addr, server.addrs[0]);
  assertEquals(server.bindAddr, `127.0.0.1:${server.addr.port}`);
  for (const { hostname, port } of server.addrs) {
    assertEquals(await (await fetch(`http://${hostname}:${port}/`)).text(), "hello");
  }
});

Deno.test("when one of several addresses cannot be bound, none is", async () => {
  await using other = serve(hello, { bind: ANY, onLog: () => {} });
  const free = serve(hello, { bind: ANY, onLog: () => {} });
  await free.stop();
  const bind = [free.bindAddr, other.bindAddr];
  const server = quiet({ bind });
  await assertRejects(() => server.prepare(), Deno.errors.AddrInUse);
  assertEquals(server.ready, false);
  assertThrows(() => server.addrs, TypeError);
  assertEquals(await listens(free.addr), false);
});

const hasIpv6 = (() => {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
})();

Deno.test({
  name: hasIpv6 ? "an IPv6 address is served" : "an IPv6 address is served (needs ::1)",
  ignore: !hasIpv6,
  async fn() {
    await using server = serve((request) => new Response(request.url), {
      bind: "[::1]:0",
      onLog: () => {},
    });
    const { port } = server.addr;
    assertEquals(server.bindAddr, `[::1]:${port}`);
    assertEquals(await textOf(server), `http://[::1]:${port}/`);
    using client = new RawClient(await Deno.connect({ hostname: "::1", port }));
    await client.send(octets("GET /x HTTP/1.0||"));
    assertEquals(contentText(await client.read()), `http://[::1]:${port}/x`);
  },
});

// Options ----------------------------------------------------------------------------------------

Deno.test("what is wrong with options or application is told before anything is opened", async () => {
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

Deno.test("without onListen each address is logged", async () => {
  const log: LogEvent[] = [];
  await using server = serve(hello, { bind: ANY, onLog: (event) => void log.push(event) });
  assertEquals(log, [{
    level: "info",
    event: "listening",
    message: `Listening on http://127.0.0.1:${server.addr.port}/`,
  }]);
});

Deno.test("onListen that throws is told, and leaves nothing open", async () => {
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

Deno.test("onLog that throws costs nobody an answer", async () => {
  await using server = serve(() => {
    throw new Error("secret");
  }, {
    bind: ANY,
    onLog() {
      throw new Error("disk full");
    },
  });
  for (let i = 0; i < 2; i++) {
    const response = await fetch(`http://${server.bindAddr}/`);
    assertEquals([response.status, await response.text()], [500, "Internal Server Error\n"]);
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

// Numbers ----------------------------------------------------------------------------------------

Deno.test("stats count what happens", async () => {
  await using site = new Site((request) => {
    if (request.url.endsWith("/bad")) throw new Error("secret");
    return new Response("hello");
  });
  const { server } = site;
  const client = await site.connect();
  await client.send(octets(GET + GET));
  await client.read();
  await client.read();
  let { stats } = server;
  assertEquals([stats.ready, stats.accepts, stats.connections], [true, 1, 1]);
  assertEquals([stats.requests, stats.refused, stats.aborted], [2, 0, 0]);
  assertEquals(stats.idleConnections, 1);

  await client.send(octets("nonsense|"));
  assertEquals((await client.read()).status, 400);
  await client.expectEnd();
  client.close();
  while (server.stats.connections > 0) await turn();
  ({ stats } = server);
  assertEquals([stats.connections, stats.idleConnections, stats.refused], [0, 0, 1]);
  assertEquals(stats.bytesRead, octets(GET + GET + "nonsense|").length);
  assert(stats.bytesWritten > 3 * 100);
  assertEquals(stats.socketErrors, 0);

  server.clearStats();
  stats = server.stats;
  assertEquals([stats.accepts, stats.requests, stats.refused, stats.bytesRead], [0, 0, 0, 0]);
  await site.ask(GET);
  assertEquals(server.stats.requests, 1);
});

Deno.test("runtime goes on while a server is ready", async () => {
  const server = quiet();
  assertEquals(server.runtime(), 0);
  await server.prepare();
  const before = server.runtime();
  await turn();
  const after = server.runtime();
  assert(after > before && before >= 0, `${before}, then ${after}`);
  await server.stop();
  const stopped = server.runtime();
  await turn();
  assertEquals([server.runtime(), server.stats.runtime], [stopped, stopped]);
});

// Stopping ---------------------------------------------------------------------------------------

Deno.test("stop closes idle connections, and refuses new ones", async () => {
  await using site = new Site(hello);
  const idle = await site.connect();
  await idle.send(octets(GET));
  await idle.read();
  const silent = await site.connect();
  await site.ask(GET); // all of them have been accepted
  const stopping = site.server.stop();
  assertEquals(site.server.ready, false);
  await idle.expectEnd();
  await silent.expectEnd();
  await within(stopping);
  assertEquals(await listens(site.server.addr), false);
  assertEquals(site.log, []);
});

Deno.test("stop lets what is in flight finish, and says close", async () => {
  const asked = new Latch();
  const answer = new Latch();
  await using site = new Site(async (request) => {
    asked.open();
    await answer.passed();
    return new Response(`aborted: ${request.signal.aborted}`);
  });
  const client = await site.connect();
  await client.send(octets(GET + GET));
  await asked.passed();
  let stopped = false;
  const stopping = site.server.stop().then(() => stopped = true);
  while (await listens(site.server.addr)) await turn();
  assertEquals(stopped, false);
  answer.open();
  const response = await client.read();
  assertEquals([contentText(response), saysClose(response)], ["aborted: false", true]);
  await client.expectEnd(); // the second request was not begun, and the client is told so
  client.close();
  await within(stopping);
  assertEquals(site.log, []);
});

Deno.test("stop waits for a request that is arriving", async () => {
  await using site = new Site(async (request) => new Response(await request.text()));
  const client = await site.connect();
  await client.send(octets("POST / HTTP/1.1|Host: a|Content-Le"));
  while (site.server.stats.connections < 1) await turn();
  await turn();
  const stopping = site.server.stop();
  await client.send(octets("ngth: 6||abc"));
  await client.send(octets("def"));
  const response = await client.read();
  assertEquals([contentText(response), saysClose(response)], ["abcdef", true]);
  client.close();
  await within(stopping);
});

Deno.test("stop closes a connection behind the answer that had begun before", async () => {
  const end = new Latch();
  await using site = new Site(() =>
    new Response(
      new ReadableStream({
        async start(controller) {
          controller.enqueue(octets("begun"));
          await end.passed();
          controller.close();
        },
      }),
    )
  );
  const client = await site.connect();
  await client.send(octets(GET));
  while (site.server.stats.requests < 1) await turn();
  await turn(); // the head has gone out, and says nothing of an end
  const stopping = site.server.stop();
  end.open();
  assertEquals(contentText(await client.read()), "begun");
  await client.expectEnd();
  client.close();
  await within(stopping, 3_000);
  assertEquals(site.log, []);
});

Deno.test("stop aborts what has not finished at shutdownTimeout", async () => {
  const told = new Latch<AbortSignal>();
  await using site = new Site((request) => {
    told.open(request.signal);
    return new Promise(() => {}); // it does not listen to its signal either
  }, { shutdownTimeout: 50 });
  const client = await site.connect();
  await client.send(octets(GET));
  const signal = await told.passed();
  const stopping = site.server.stop();
  assertEquals(signal.aborted, false);
  await within(stopping);
  assertEquals(signal.aborted, true);
  await client.expectEnd();
  assertEquals(site.events, ["shutdown-aborted"]);
  assertEquals(site.server.stats.aborted, 1);
});

Deno.test("stop with shutdownTimeout 0 does not wait", async () => {
  const told = new Latch<AbortSignal>();
  await using site = new Site((request) => {
    told.open(request.signal);
    return new Promise(() => {});
  }, { shutdownTimeout: 0 });
  const client = await site.connect();
  await client.send(octets(GET));
  const signal = await told.passed();
  await within(site.server.stop());
  assertEquals(signal.aborted, true);
  await client.expectEnd();
});

Deno.test("stop aborts a stream that does not end", async () => {
  const cancelled = new Latch<unknown>();
  await using site = new Site(
    () =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(octets("begun")),
          cancel: (reason) => cancelled.open(reason),
        }),
      ),
    { shutdownTimeout: 50 },
  );
  const client = await site.connect();
  await client.send(octets(GET));
  while (site.server.stats.requests < 1) await turn();
  await within(site.server.stop());
  await within(cancelled.passed());
  await assertRejects(() => client.read()); // it does not look whole
});

Deno.test("abort stops at once, also a server that is stopping", async () => {
  for (const stopFirst of [false, true]) {
    const told = new Latch<AbortSignal>();
    await using site = new Site((request) => {
      told.open(request.signal);
      return new Promise(() => {});
    }, { shutdownTimeout: Infinity });
    const client = await site.connect();
    await client.send(octets(GET));
    const signal = await told.passed();
    const stopping = stopFirst ? site.server.stop() : undefined;
    const aborting = site.server.abort();
    await within(Promise.all([aborting, stopping, abortOf(signal)]));
    await client.expectEnd();
  }
});

Deno.test("a handler may stop its server", async () => {
  let stopping: Promise<void> | undefined;
  await using site = new Site(() => {
    stopping = site.server.stop();
    return new Response("bye");
  });
  const response = await site.ask(GET);
  assertEquals([contentText(response), saysClose(response)], ["bye", true]);
  await within(stopping!);
});

Deno.test("stop waits for a client that takes a large answer", async () => {
  const content = "x".repeat(8_000_000);
  await using site = new Site(() => new Response(content));
  const client = await site.connect();
  await client.send(octets(GET));
  while (site.server.stats.requests < 1) await turn();
  const stopping = site.server.stop();
  assertEquals((await client.read()).content.length, content.length);
  client.close();
  await within(stopping);
  assertEquals(site.log, []);
});

// Many connections -------------------------------------------------------------------------------

Deno.test("maxConnections pauses accepting, and goes on when one closes", async () => {
  await using site = new Site(hello, { maxConnections: 2 });
  const [first, second, third] = [
    await site.connect(),
    await site.connect(),
    await site.connect(),
  ];
  for (const client of [first, second, third]) await client.send(octets(GET));
  assertEquals(contentText(await first.read()), "hello");
  assertEquals(contentText(await second.read()), "hello");
  assertEquals([site.server.stats.accepts, site.server.stats.connections], [2, 2]);
  first.close();
  assertEquals(contentText(await third.read()), "hello");
  assertEquals([site.server.stats.accepts, site.server.stats.connections], [3, 2]);
});

Deno.test("a server that has paused accepting can be stopped", async () => {
  const asked = new Latch();
  const answer = new Latch();
  await using site = new Site(async () => {
    asked.open();
    await answer.passed();
    return new Response("hello");
  }, { maxConnections: 1 });
  const client = await site.connect();
  await client.send(octets(GET));
  await asked.passed();
  const stopping = site.server.stop();
  answer.open();
  assert(saysClose(await client.read()));
  client.close();
  await within(stopping);
});

Deno.test("a thousand connections that say nothing delay nobody", async () => {
  await using site = new Site(hello);
  const silent: Deno.TcpConn[] = [];
  try {
    for (let i = 0; i < 10; i++) {
      silent.push(...await Promise.all(Array.from({ length: 100 }, () => site.dial())));
    }
    const begin = performance.now();
    for (let i = 0; i < 10; i++) assertEquals(contentText(await site.ask(GET)), "hello");
    const took = performance.now() - begin;
    assert(took < 2_000, `ten requests took ${took} ms`);
    assert(site.server.stats.connections >= 1_000);
  } finally {
    for (const conn of silent) conn.close();
  }
});

Deno.test("a client that leaves before it is looked at ends nothing", async () => {
  await using site = new Site(hello);
  for (let round = 0; round < 5; round++) {
    const conns = await Promise.all(Array.from({ length: 20 }, () => site.dial()));
    await Promise.all(conns.map((conn) => conn.write(octets("GET"))));
    for (const conn of conns) conn.close();
  }
  assertEquals(contentText(await site.ask(GET)), "hello");
  assertEquals(site.log.filter(({ level }) => level === "error"), []);
});

const hasShell = isInstalled("sh");

Deno.test({
  name: hasShell
    ? "a server that runs out of descriptors serves on when there are some"
    : "a server that runs out of descriptors serves on when there are some (needs sh)",
  ignore: !hasShell,
  async fn() {
    const code = `
      import { serve } from ${JSON.stringify(new URL("mod.ts", ROOT).href)};
      serve(() => new Response("hello"), { port: 0, onLog: ({ event, message, error }) =>
        console.log(event, message, error?.message) });
    `;
    const directory = await Deno.makeTempDir();
    const file = `${directory}/server.ts`;
    await Deno.writeTextFile(file, code);
    const conns: Deno.TcpConn[] = [];
    const child = new Deno.Command("sh", {
      args: ["-c", 'ulimit -n 64; exec "$0" run -A --no-check "$1"', Deno.execPath(), file],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const lines = new Lines(child.stdout);
    try {
      const { hostname, port } = new URL(/http:\S+/.exec(await lines.until("listening"))![0]);
      for (let i = 0; i < 80; i++) {
        conns.push(await Deno.connect({ hostname, port: Number(port) }));
      }
      assertMatch(await lines.until("accept-failed"), /EMFILE|os error 24|too many/i);
      for (const conn of conns.splice(0)) conn.close();
      const answer = await within(fetch(`http://${hostname}:${port}/`));
      assertEquals(await answer.text(), "hello");
    } finally {
      for (const conn of conns) conn.close();
      child.kill("SIGKILL");
      await lines.rest();
      await child.status;
      await Deno.remove(directory, { recursive: true });
    }
  },
});

/** Lines of a program's output, as they come. */
class Lines {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Waits for a line that has a word in it. */
  async until(word: string): Promise<string> {
    for (;;) {
      const found = this.#text.split("\n").slice(0, -1).find((line) => line.includes(word));
      if (found !== undefined) return found;
      const { done, value } = await within(this.#reader.read(), 20_000);
      if (done) throw new Error(`It ended without ${word}: ${this.#text}`);
      this.#text += value;
    }
  }

  /** Reads to the end. */
  async rest(): Promise<void> {
    while (!(await this.#reader.read()).done);
  }
}

/** Gives everybody a turn, sockets included; for waits whose end no latch tells. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
