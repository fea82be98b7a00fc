// A server and its process: signals, ref and unref.

import { assertEquals, assertMatch } from "@std/assert";
import { listens, startModule } from "./serving.ts";
import { turn, within } from "../support/latch.ts";

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
  await new Promise((resolve) => setTimeout(resolve, 150)); // sooner it counts as an echo
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
