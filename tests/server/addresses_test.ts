// The addresses of a server: one or several, and all of them bound or not one.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { serve } from "../../mod.ts";
import { ANY, hello, listens, quiet, textOf } from "./serving.ts";
import { contentText, RawClient } from "../support/raw_client.ts";
import { octets } from "../wire/row.ts";

Deno.test("two servers serve side by side", async () => {
  await using one = serve(() => new Response("one"), { bind: ANY, onLog: () => {} });
  await using two = serve(() => new Response("two"), { bind: ANY, onLog: () => {} });
  assertEquals([await textOf(one), await textOf(two)], ["one", "two"]);
});

Deno.test("a port in use throws AddrInUse, and leaves no socket open", async () => {
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

Deno.test("several addresses are bound in order, and all are served", async () => {
  await using server = serve(hello, { bind: [ANY, "127.0.0.2:0"], onLog: () => {} });
  assertEquals(server.addrs.map(({ hostname }) => hostname), ["127.0.0.1", "127.0.0.2"]);
  assertEquals(server.addr, server.addrs[0]);
  assertEquals(server.bindAddr, `127.0.0.1:${server.addr.port}`);
  for (const { hostname, port } of server.addrs) {
    assertEquals(await (await fetch(`http://${hostname}:${port}/`)).text(), "hello");
  }
});

Deno.test("when one of several addresses cannot be bound, no address is", async () => {
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
