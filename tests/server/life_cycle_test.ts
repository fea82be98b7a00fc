// The life of a server: bind, accept, serve, stop; each once and in order.

import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { serve } from "../../mod.ts";
import { ANY, GET, hello, listens, quiet, textOf } from "./serving.ts";
import { within } from "../support/latch.ts";
import { contentText, RawClient } from "../support/raw_client.ts";
import { octets } from "../wire/row.ts";

Deno.test("the constructor of Server opens nothing", () => {
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

Deno.test("a signal that was aborted before keeps a server from binding, and throws nothing", async () => {
  const signal = AbortSignal.abort(new Error("never mind"));
  const events: string[] = [];
  const onLog = ({ event }: { event: string }) => void events.push(event);
  const begun = serve(hello, { bind: ANY, signal, onLog });
  await within(begun.finished);
  assertThrows(() => begun.addr, TypeError);
  const server = quiet({ signal, onLog });
  await server.prepare();
  await within(server.serve());
  await within(quiet({ signal, onLog }).start());
  assertEquals([server.ready, begun.ready, events], [false, false, []]);
});

Deno.test("an error set as interrupt stops a server, and serve throws it", async () => {
  const server = quiet();
  const serving = server.start();
  const error = new Error("power failure");
  server.interrupt = error;
  assertStrictEquals(await within(assertRejects(() => serving)), error);
  assertStrictEquals(await within(assertRejects(() => server.finished)), error);
  await within(server.stop()); // stop() does not throw the interrupt
  assertStrictEquals(server.interrupt, error);
  assertEquals(await listens(server.addr), false);
});

Deno.test("an interrupt without a wait for it is no unhandled rejection", async () => {
  const server = serve(hello, { bind: ANY, onLog: () => {} });
  server.interrupt = new Error("power failure");
  await within(server.stop());
});
