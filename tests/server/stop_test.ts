// Stopping in stages: idle connections close, responses under way finish, and the rest is aborted.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { GET, hello, listens } from "./serving.ts";
import { abortOf, Latch, turn, within } from "../support/latch.ts";
import { contentText, saysClose } from "../support/raw_client.ts";
import { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";

Deno.test("stop closes idle connections, and accepts no new ones", async () => {
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

Deno.test("stop serves a request that is on its way over an idle connection", async () => {
  await using site = new Site(hello);
  const clients = await Promise.all(Array.from({ length: 5 }, () => site.connect()));
  for (const client of clients) {
    await client.send(octets(GET));
    await client.read();
  }
  const stopping = site.server.stop();
  for (const client of clients) await client.send(octets(GET));
  for (const client of clients) {
    assertEquals(saysClose(await client.read()), true);
    await client.expectEnd();
    client.close();
  }
  await within(stopping);
  assertEquals(site.server.stats.requests, 10);
});

Deno.test("handOver serves the next request of clients that think for a while", async () => {
  await using site = new Site(hello);
  const clients = await Promise.all(Array.from({ length: 5 }, () => site.connect()));
  for (const client of clients) {
    await client.send(octets(GET));
    await client.read();
  }
  const left = site.server.handOver();
  for (const client of clients.slice(1)) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await client.send(octets(GET));
    assertEquals(saysClose(await client.read()), true);
    await client.expectEnd();
    client.close();
  }
  await clients[0].expectEnd(); // idle for a second
  await within(left);
  assertEquals(site.server.stats.requests, 9);
  assertEquals(site.log, []);
});

Deno.test("handOver ends at once when the last connection has closed", async () => {
  await using site = new Site(hello);
  const client = await site.connect();
  await client.send(octets(GET));
  await client.read();
  const start = performance.now();
  const left = site.server.handOver();
  client.close();
  await within(left);
  assert(performance.now() - start < 900);
});

Deno.test("stop lets responses under way finish, and they say close", async () => {
  const asked = new Latch();
  const release = new Latch();
  await using site = new Site(async (request) => {
    asked.open();
    await release.passed();
    return new Response(`aborted: ${request.signal.aborted}`);
  });
  const client = await site.connect();
  await client.send(octets(GET + GET));
  await asked.passed();
  let stopped = false;
  const stopping = site.server.stop().then(() => stopped = true);
  while (await listens(site.server.addr)) await turn();
  assertEquals(stopped, false);
  release.open();
  const response = await client.read();
  assertEquals([contentText(response), saysClose(response)], ["aborted: false", true]);
  await client.expectEnd(); // the second request was not begun, and the client learns it
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

/** A response that begins at once and ends when the latch is opened. */
function begun(end: Latch): Response {
  return new Response(
    new ReadableStream({
      async start(controller) {
        controller.enqueue(octets("begun"));
        await end.passed();
        controller.close();
      },
    }),
  );
}

/** Connects a client whose response has begun: the head has gone out, and does not say close. */
async function withBegunResponse(site: Site): Promise<Awaited<ReturnType<Site["connect"]>>> {
  const client = await site.connect();
  await client.send(octets(GET));
  while (site.server.stats.requests < 1) await turn();
  await turn();
  return client;
}

for (const way of ["stop", "handOver"] as const) {
  Deno.test(`${way} serves the request behind a response that had begun before`, async () => {
    const end = new Latch();
    await using site = new Site(() => begun(end));
    const client = await withBegunResponse(site);
    const stopping = site.server[way]();
    while (await listens(site.server.addr)) await turn();
    end.open();
    const response = await client.read();
    assertEquals([contentText(response), saysClose(response)], ["begun", false]);
    await client.send(octets(GET));
    assertEquals(saysClose(await client.read()), true);
    await client.expectEnd();
    client.close();
    await within(stopping, 3_000);
    assertEquals(site.log, []);
  });
}

Deno.test("stop closes a connection behind the response that had begun before", async () => {
  const end = new Latch();
  await using site = new Site(() => begun(end));
  const client = await withBegunResponse(site);
  const stopping = site.server.stop();
  end.open();
  assertEquals(contentText(await client.read()), "begun");
  await client.expectEnd();
  client.close();
  await within(stopping, 3_000);
  assertEquals(site.log, []);
});

Deno.test("stop aborts responses that have not finished at shutdownTimeout", async () => {
  const called = new Latch<AbortSignal>();
  await using site = new Site((request) => {
    called.open(request.signal);
    return new Promise(() => {}); // it does not listen to its signal either
  }, { shutdownTimeout: 50 });
  const client = await site.connect();
  await client.send(octets(GET));
  const signal = await called.passed();
  const stopping = site.server.stop();
  assertEquals(signal.aborted, false);
  await within(stopping);
  assertEquals(signal.aborted, true);
  await client.expectEnd();
  assertEquals(site.events, ["shutdown-aborted"]);
  assertEquals(site.server.stats.aborted, 1);
});

Deno.test("stop with shutdownTimeout 0 does not wait", async () => {
  const called = new Latch<AbortSignal>();
  await using site = new Site((request) => {
    called.open(request.signal);
    return new Promise(() => {});
  }, { shutdownTimeout: 0 });
  const client = await site.connect();
  await client.send(octets(GET));
  const signal = await called.passed();
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

/** A response that sends one event and does not end. */
function endless(type: string, cancelled: Latch<unknown>): Response {
  return new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(octets("data: 1|")),
      cancel: (reason) => cancelled.open(reason),
    }),
    { headers: { "content-type": type } },
  );
}

Deno.test("stop ends event streams at once, and tells their applications why", async () => {
  const called = new Latch<AbortSignal>();
  const cancelled = new Latch<unknown>();
  await using site = new Site((request) => {
    called.open(request.signal);
    return endless("Text/Event-Stream; charset=utf-8", cancelled);
  });
  const client = await site.connect();
  await client.send(octets(GET));
  const signal = await called.passed();
  await turn();
  const begin = performance.now();
  await Promise.all([within(site.server.stop()), client.expectCut()]);
  assert(performance.now() - begin < 3_000);
  assertEquals(String(signal.reason), "AbortError: The server is stopping");
  assertEquals(await cancelled.passed(), signal.reason);
  assertEquals(site.log, []);
});

Deno.test("stop ends an event stream that begins while the server stops", async () => {
  const called = new Latch<AbortSignal>();
  const go = new Latch();
  const cancelled = new Latch<unknown>();
  await using site = new Site(async (request) => {
    called.open(request.signal);
    await go.passed();
    return endless("text/event-stream", cancelled);
  });
  const client = await site.connect();
  await client.send(octets(GET));
  await called.passed();
  const stopping = site.server.stop();
  await turn();
  go.open();
  await within(cancelled.passed(), 3_000);
  await Promise.all([within(stopping), client.expectCut()]);
});

Deno.test("stop leaves the signals of other streams alone", async () => {
  const called = new Latch<AbortSignal>();
  const cancelled = new Latch<unknown>();
  await using site = new Site((request) => {
    called.open(request.signal);
    return endless("application/octet-stream", cancelled);
  }, { shutdownTimeout: 600 });
  const client = await site.connect();
  await client.send(octets(GET));
  const signal = await called.passed();
  await turn();
  const stopping = site.server.stop();
  await new Promise((resolve) => setTimeout(resolve, 400)); // more than a tick of the sweep
  assertEquals(signal.aborted, false);
  await within(stopping);
  assertEquals(String(signal.reason), "AbortError: The server stopped");
});

Deno.test("abort stops at once, also a server that is stopping", async () => {
  for (const stopFirst of [false, true]) {
    const called = new Latch<AbortSignal>();
    await using site = new Site((request) => {
      called.open(request.signal);
      return new Promise(() => {});
    }, { shutdownTimeout: Infinity });
    const client = await site.connect();
    await client.send(octets(GET));
    const signal = await called.passed();
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

Deno.test("stop waits for a client that reads a large response", async () => {
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
