// The story of a connection, without sockets and with time that stands still until it is moved.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Application, gatewayFor } from "../src/application.ts";
import { Connection } from "../src/connection.ts";
import type { ConnectionContext } from "../src/connection_context.ts";
import type { FetchInfo } from "../src/gateway/fetch_handler.ts";
import { ClosingLines } from "../src/http1/closing_lines.ts";
import { ResponseHeadWriter } from "../src/http1/response_head.ts";
import type { LogEvent } from "../src/log.ts";
import { resolveOptions, type ServerOptions } from "../src/options.ts";
import { InlineExecutor } from "../src/pool/inline_executor.ts";
import { Counters } from "../src/stats.ts";
import { abortOf, Latch } from "./support/latch.ts";
import { headLimitsOf, MemoryServer } from "./support/memory_server.ts";
import type { MemoryStream } from "./support/memory_stream.ts";
import { contentText, RawClient, saysClose } from "./support/raw_client.ts";
import { ScriptedStream, settle, stateOf } from "./support/scripted_stream.ts";
import { octets } from "./wire/row.ts";

/** A deadline is late by two ticks at most, and no tick is longer than this. */
const TICKS = 1_000;
const STEP = 250;

const hello: Application = () => new Response("hello");
const path: Application = (request) => new Response(new URL(request.url).pathname);

/** A client of a server of its own. */
class Client extends RawClient implements AsyncDisposable {
  readonly server: MemoryServer;
  readonly stream: MemoryStream;

  constructor(app: Application, options: ServerOptions = {}, capacity?: number) {
    const server = new MemoryServer(app, options);
    const stream = server.connect(capacity);
    super(stream);
    this.server = server;
    this.stream = stream;
  }

  /** Sends a request and waits until the server has taken it and wants more. */
  async tell(wire: string): Promise<void> {
    await this.send(octets(wire));
    await this.stream.peerStarved();
  }

  /** Moves time step by step, and lets happen what follows from each step. */
  async pass(duration: number): Promise<void> {
    for (let left = duration; left > 0; left -= STEP) {
      this.server.clock.advance(Math.min(left, STEP));
      await settle();
    }
  }

  /** Names of what was logged. */
  get events(): string[] {
    return this.server.log.map(({ event }) => event);
  }

  /** Codes of what was refused. */
  get codes(): (string | undefined)[] {
    return this.server.log.map(({ code }) => code);
  }

  /** Reads the end, and sees the server close for good. */
  async expectClose(): Promise<void> {
    await this.expectEnd();
    this.close();
    await this.server.closed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.server[Symbol.asyncDispose]();
    assertEquals(this.server.clock.running, 0, "the sweep goes on without connections");
    assertEquals(this.server.idle, 0, "idle connections were miscounted");
  }
}

// Heads ------------------------------------------------------------------------------------------

Deno.test("an incomplete head is answered 408 at its deadline", async () => {
  await using client = new Client(hello);
  await client.tell("GET / HTTP/1.1|Host: a|");
  await client.pass(14_000);
  assertEquals(client.server.connections, 1);
  await client.pass(1_000 + TICKS);
  const response = await client.read();
  assertEquals([response.status, saysClose(response)], [408, true]);
  await client.expectClose();
  assertEquals(client.codes, ["head-timeout"]);
});

Deno.test("octets that keep dripping in do not put off the deadline of a head", async () => {
  await using client = new Client(hello);
  await client.tell("GET / HTTP/1.1|X-Drip: ");
  for (let i = 0; i < 15; i++) {
    await client.tell("x");
    await client.pass(1_000);
  }
  await client.pass(TICKS);
  assertEquals((await client.read()).status, 408);
  await client.expectClose();
});

Deno.test("what comes behind a 408 is not served", async () => {
  let served = 0;
  await using client = new Client(() => new Response(`${++served}`));
  await client.tell("GET / HTTP/1.1|Host: a|");
  await client.pass(15_000 + TICKS);
  await client.trySend(octets("|GET /more HTTP/1.1|Host: a||"));
  assertEquals((await client.read()).status, 408);
  await client.expectClose();
  assertEquals(served, 0);
});

Deno.test("a connection on which nothing comes is closed in silence", async () => {
  await using client = new Client(hello);
  await client.stream.peerStarved();
  await client.pass(15_000 + TICKS);
  await client.expectClose();
  assertEquals(client.server.log, []);
});

Deno.test("a connection on which only an empty line comes is closed in silence", async () => {
  await using client = new Client(hello);
  await client.tell("|");
  await client.pass(15_000 + TICKS);
  await client.expectClose();
  assertEquals(client.server.log, []);
});

Deno.test("an idle connection is closed in silence at keepAliveTimeout", async () => {
  await using client = new Client(hello);
  await client.tell("GET / HTTP/1.1|Host: a||");
  assertEquals(contentText(await client.read()), "hello");
  assertEquals(client.server.idle, 1);
  await client.pass(64_000);
  assertEquals(client.server.connections, 1);
  await client.pass(1_000 + TICKS);
  await client.expectClose();
  assertEquals(client.server.log, []);
});

Deno.test("a request puts off keepAliveTimeout", async () => {
  await using client = new Client(hello);
  for (let i = 0; i < 3; i++) {
    await client.tell("GET / HTTP/1.1|Host: a||");
    assertEquals((await client.read()).status, 200);
    await client.pass(60_000);
  }
  assertEquals(client.server.connections, 1);
});

Deno.test("the head of a later request has a deadline of its own", async () => {
  await using client = new Client(hello);
  await client.tell("GET / HTTP/1.1|Host: a||");
  await client.read();
  await client.pass(60_000);
  await client.tell("GET / HTTP/1.1|");
  await client.pass(14_000);
  await client.tell("Host: a||");
  assertEquals((await client.read()).status, 200);
  await client.tell("GET / HTTP/1.1|");
  await client.pass(15_000 + TICKS);
  assertEquals((await client.read()).status, 408);
  await client.expectClose();
});

Deno.test("a client that ends its side in the middle of a head is answered 400", async () => {
  await using client = new Client(hello);
  await client.tell("GET / HTTP/1.1|Host: a|");
  await client.half();
  const response = await client.read();
  assertEquals([response.status, saysClose(response)], [400, true]);
  await client.expectClose();
  assertEquals(client.codes, ["incomplete-head"]);
});

Deno.test("a client that ends its side before a head is no fault", async () => {
  await using client = new Client(hello);
  await client.half();
  await client.expectClose();
  assertEquals(client.server.log, []);
});

Deno.test("a client that resets the connection is no fault", async () => {
  for (const wire of ["", "GET / HTTP/1.1|", "GET / HTTP/1.1|Host: a||"]) {
    await using client = new Client(hello);
    await client.tell(wire);
    client.stream.reset();
    await client.server.closed();
    assertEquals(client.server.log, []);
    assertEquals(client.server.counters.socketErrors, 0);
  }
});

// Content ----------------------------------------------------------------------------------------

const text: Application = async (request) => new Response(await request.text());

Deno.test("content that stops coming is answered 408 at contentTimeout", async () => {
  await using client = new Client(text, { minContentRate: 0 });
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 10||abc");
  await client.pass(29_000);
  await client.tell("d"); // a new gap begins
  await client.pass(29_000);
  assertEquals(client.server.connections, 1);
  await client.pass(1_000 + TICKS);
  const response = await client.read();
  assertEquals([response.status, saysClose(response)], [408, true]);
  await client.expectClose();
  assertEquals(client.events, ["request-refused"]);
});

Deno.test("chunked content that stops coming is answered 408 at contentTimeout", async () => {
  await using client = new Client(text, { minContentRate: 0 });
  await client.tell("POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||5|abc");
  await client.pass(30_000 + TICKS);
  const response = await client.read();
  assertEquals([response.status, saysClose(response)], [408, true]);
  await client.expectClose();
});

Deno.test("content that comes too slowly is answered 408", async () => {
  await using client = new Client(text);
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 1000000||");
  let passed = 0;
  for (; client.server.log.length === 0 && passed < 30_000; passed += 250) {
    await client.trySend(octets("x"));
    await client.pass(250);
  }
  assertEquals((await client.read()).status, 408);
  assert(passed >= 5_000 && passed <= 6_000, `took ${passed} ms`);
  await client.expectClose();
});

Deno.test("content that takes longer than requestTimeout is answered 408", async () => {
  await using client = new Client(text, { minContentRate: 0, requestTimeout: 20_000 });
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 100||");
  for (let i = 0; i < 19; i++) {
    await client.tell("x");
    await client.pass(1_000);
  }
  assertEquals(client.server.log, []);
  await client.pass(1_000 + TICKS);
  assertEquals((await client.read()).status, 408);
  await client.expectClose();
});

Deno.test("content that the application does not ask for has no deadline meanwhile", async () => {
  const go = new Latch();
  await using client = new Client(async (request) => {
    await go.passed();
    return new Response(await request.text());
  });
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 5||ab");
  await client.pass(400_000);
  go.open();
  await settle();
  await client.send(octets("cde"));
  const response = await client.read();
  assertEquals([response.status, contentText(response)], [200, "abcde"]);
});

Deno.test("a handler that catches the timeout of its content has the last word", async () => {
  await using client = new Client(async (request) => {
    try {
      await request.text();
    } catch {
      return new Response("never mind");
    }
    return new Response("it came");
  });
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 10||abc");
  await client.pass(30_000 + TICKS);
  const response = await client.read();
  assertEquals([response.status, contentText(response)], [200, "never mind"]);
  assert(saysClose(response));
  await client.expectClose();
});

Deno.test("a client that leaves while its content is read is no fault of the handler", async () => {
  const signalled = new Latch<AbortSignal>();
  await using client = new Client(async (request) => {
    signalled.open(request.signal);
    const pieces: Uint8Array[] = [];
    for await (const piece of request.body!) pieces.push(piece);
    return new Response("it came");
  });
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 100||");
  const signal = await signalled.passed();
  await client.tell("abc"); // read by the handler, which asks for more
  client.stream.reset();
  await settle();
  assertEquals(signal.aborted, true);
  await client.server.closed();
  assertEquals(client.server.log.filter(({ level }) => level === "error"), []);
});

Deno.test("a client that ends its side within its content is answered 400", async () => {
  await using client = new Client(text);
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 10||abc");
  await client.half();
  const response = await client.read();
  assertEquals([response.status, saysClose(response)], [400, true]);
  await client.expectClose();
});

// 100 (Continue) ---------------------------------------------------------------------------------

const EXPECTING = "POST / HTTP/1.1|Host: a|Content-Length: 3|Expect: 100-continue||";

Deno.test("100 (Continue) is sent when the content is asked for, and not before", async () => {
  const go = new Latch();
  await using client = new Client(async (request) => {
    await go.passed();
    return new Response(await request.text());
  });
  await client.tell(EXPECTING);
  const interim = client.readAny();
  assertEquals(await stateOf(interim), "pending");
  go.open();
  assertEquals((await interim).status, 100);
  await client.send(octets("abc"));
  const response = await client.read();
  assertEquals([response.status, contentText(response)], [200, "abc"]);
  assert(!saysClose(response));
  assertEquals(response.interim.length, 0); // it was sent once
});

Deno.test("100 (Continue) is left out when the handler ignores the content", async () => {
  await using client = new Client(() => new Response("no, thanks", { status: 403 }));
  await client.tell(EXPECTING);
  const response = await client.read();
  assertEquals([response.status, response.interim.length], [403, 0]);
  // Nobody knows whether the content will come, so no further request can be found.
  assert(saysClose(response));
  await client.expectClose();
});

Deno.test("100 (Continue) is left out when content is there already", async () => {
  await using client = new Client(text);
  await client.tell(EXPECTING + "ab");
  await client.send(octets("c"));
  const response = await client.read();
  assertEquals([contentText(response), response.interim.length], ["abc", 0]);
});

Deno.test("100 (Continue) is left out for HTTP/1.0", async () => {
  await using client = new Client(text);
  await client.tell("POST / HTTP/1.0|Content-Length: 3|Expect: 100-continue||");
  await client.send(octets("abc"));
  const response = await client.read();
  assertEquals([contentText(response), response.interim.length], ["abc", 0]);
});

Deno.test("100 (Continue) is left out when there is no content", async () => {
  await using client = new Client(text);
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 0|Expect: 100-continue||");
  const response = await client.read();
  assertEquals([response.status, response.interim.length], [200, 0]);
  assert(!saysClose(response));
});

Deno.test("100 (Continue) is left out when the answer has begun", async () => {
  await using client = new Client((request) => {
    const { readable, writable } = new TransformStream();
    const echo = async () => {
      const writer = writable.getWriter();
      await writer.write(octets("got "));
      await writer.write(octets(await request.text()));
      await writer.close();
    };
    echo().catch(() => {});
    return new Response(readable);
  });
  await client.tell(EXPECTING);
  await client.send(octets("abc"));
  const response = await client.read();
  const interim = response.interim.map(({ status }) => status);
  assertEquals(contentText(response), "got abc");
  assert(interim.length <= 1, `interim responses: ${interim}`);
});

// Several requests -------------------------------------------------------------------------------

const get = (target: string) => `GET ${target} HTTP/1.1|Host: a||`;

Deno.test("pipelined requests are answered in order, one after the other", async () => {
  const latches = new Map(["/a", "/b", "/c"].map((name) => [name, new Latch()]));
  const begun: string[] = [];
  await using client = new Client(async (request) => {
    const { pathname } = new URL(request.url);
    begun.push(pathname);
    await latches.get(pathname)!.passed();
    return new Response(pathname);
  });
  await client.tell(get("/a") + get("/b") + get("/c"));
  latches.get("/c")!.open();
  latches.get("/b")!.open();
  await settle();
  assertEquals(begun, ["/a"]);
  latches.get("/a")!.open();
  for (const name of ["/a", "/b", "/c"]) assertEquals(contentText(await client.read()), name);
  assertEquals(begun, ["/a", "/b", "/c"]);
});

Deno.test("pipelined requests are all answered although the client reads nothing meanwhile", async () => {
  const requests = 500;
  await using client = new Client(path, {}, 1_024);
  const sending = client.send(octets(
    Array.from({ length: requests }, (_, i) => get(`/${i}`)).join(""),
  ));
  for (let i = 0; i < requests; i++) assertEquals(contentText(await client.read()), `/${i}`);
  await sending;
});

Deno.test("an earlier answer does not wait for a later one", async () => {
  const go = new Latch();
  await using client = new Client(async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/slow") await go.passed();
    return new Response(pathname);
  });
  await client.send(octets(get("/quick") + get("/slow")));
  assertEquals(contentText(await client.read()), "/quick");
  go.open();
  assertEquals(contentText(await client.read()), "/slow");
});

Deno.test("an error comes behind the answers to the requests before it, and nothing behind it", async () => {
  const served: string[] = [];
  await using client = new Client((request) => {
    served.push(new URL(request.url).pathname);
    return new Response("ok");
  });
  await client.send(octets(get("/a") + get("/b") + "GET /c HTTP/1.1||" + get("/d")));
  const responses = [await client.read(), await client.read(), await client.read()];
  assertEquals(responses.map(({ status }) => status), [200, 200, 400]);
  assertEquals(responses.map(saysClose), [false, false, true]);
  await client.expectClose();
  assertEquals(served, ["/a", "/b"]);
  assertEquals(client.codes, ["missing-host"]);
});

Deno.test("nothing behind a request that asks to close is served", async () => {
  const served: string[] = [];
  await using client = new Client((request) => {
    served.push(new URL(request.url).pathname);
    return new Response("ok");
  });
  await client.send(octets("GET /a HTTP/1.1|Host: a|Connection: close||" + get("/b")));
  assert(saysClose(await client.read()));
  await client.expectClose();
  assertEquals(served, ["/a"]);
});

Deno.test("maxRequestsPerConnection makes the last answer say close", async () => {
  await using client = new Client(path, { maxRequestsPerConnection: 3 });
  await client.send(octets(get("/1") + get("/2") + get("/3") + get("/4")));
  const said = [];
  for (let i = 0; i < 3; i++) said.push(saysClose(await client.read()));
  assertEquals(said, [false, false, true]);
  await client.expectClose();
});

Deno.test("keepAliveLimit makes an answer say close while so many connections idle", async () => {
  await using client = new Client(path, { keepAliveLimit: 1 });
  const other = new RawClient(client.server.connect());
  await client.tell(get("/1"));
  assertEquals(saysClose(await client.read()), false);
  await client.stream.peerStarved();
  assertEquals(client.server.idle, 1);

  await other.send(octets(get("/2")));
  assertEquals(saysClose(await other.read()), true);
  await other.expectEnd();
  other.close();

  await client.send(octets(get("/3"))); // it does not stand in its own way
  assertEquals(saysClose(await client.read()), false);
});

Deno.test("keepAliveLimit 0 keeps no connection", async () => {
  await using client = new Client(path, { keepAliveLimit: 0 });
  await client.send(octets(get("/1")));
  assertEquals(saysClose(await client.read()), true);
  await client.expectClose();
});

Deno.test("exchanges on many connections never mix", async () => {
  const app: Application = async (request) => {
    const { pathname } = new URL(request.url);
    const content = await request.text();
    return new Response(`${pathname} ${content.length} ${content}`);
  };
  await using server = new MemoryServer(app);
  const talk = async (name: number) => {
    const capacity = 1 + name * 7;
    using client = new RawClient(server.connect(capacity));
    for (let round = 0; round < 5; round++) {
      const content = `${name}.${round};`.repeat(1 + (name * 31 + round * 17) % 60);
      const sending = client.send(octets(
        `POST /${name}/${round} HTTP/1.1|Host: a|Content-Length: ${content.length}||${content}`,
      ));
      const [response] = await Promise.all([client.read(), sending]);
      assertEquals(contentText(response), `/${name}/${round} ${content.length} ${content}`);
    }
  };
  await Promise.all(Array.from({ length: 20 }, (_, name) => talk(name)));
});

// Unread content ---------------------------------------------------------------------------------

Deno.test("content that the handler leaves is read past, and the connection kept", async () => {
  for (
    const body of [
      "Content-Length: 11||hello world",
      "Transfer-Encoding: chunked||5|hello|6| world|0|X-Trailer: 1||",
    ]
  ) {
    await using client = new Client(path);
    await client.send(octets(`POST /1 HTTP/1.1|Host: a|${body}` + get("/2")));
    const first = await client.read();
    assertEquals([contentText(first), saysClose(first)], ["/1", false]);
    assertEquals(contentText(await client.read()), "/2");
  }
});

Deno.test("content that comes behind the answer is read past", async () => {
  await using client = new Client(path);
  await client.tell("POST /1 HTTP/1.1|Host: a|Content-Length: 12||");
  assertEquals(contentText(await client.read()), "/1");
  await client.send(octets("GET /evil HTTP/1.1||".slice(0, 5)));
  await client.send(octets("/evil|" + get("/2").slice(0, 3)));
  // "GET /" and "/evil|" are twelve octets of content, what follows is the next request.
  await client.send(octets(get("/2").slice(3)));
  const second = await client.read();
  assertEquals([second.status, contentText(second)], [200, "/2"]);
});

Deno.test("content that was read in part is read past", async () => {
  await using client = new Client(async (request) => {
    const reader = request.body!.getReader();
    const { value } = await reader.read();
    reader.releaseLock();
    return new Response(`${value!.length > 0}`);
  });
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 11||hello");
  assertEquals(contentText(await client.read()), "true");
  await client.send(octets(" world" + "POST / HTTP/1.1|Host: a|Content-Length: 1||x"));
  assertEquals(contentText(await client.read()), "true");
});

Deno.test("content that was cancelled is read past", async () => {
  await using client = new Client(async (request) => {
    await request.body?.cancel();
    return new Response(new URL(request.url).pathname);
  });
  await client.send(octets("POST /1 HTTP/1.1|Host: a|Content-Length: 5||hello" + get("/2")));
  assertEquals(contentText(await client.read()), "/1");
  assertEquals(contentText(await client.read()), "/2");
});

Deno.test("content of a known length over drainLimit makes the answer say close", async () => {
  for (const [length, closes] of [[10, false], [11, true]] as const) {
    await using client = new Client(path, { drainLimit: 10 });
    await client.tell(`POST /1 HTTP/1.1|Host: a|Content-Length: ${length}||`);
    const response = await client.read();
    assertEquals([contentText(response), saysClose(response)], ["/1", closes]);
    if (closes) await client.expectClose();
  }
});

Deno.test("content without a known length is read past up to drainLimit, then the connection closes", async () => {
  const served: string[] = [];
  await using client = new Client((request) => {
    served.push(new URL(request.url).pathname);
    return new Response("ok");
  }, { drainLimit: 100 });
  const chunk = "a|" + "x".repeat(10) + "|";
  await client.send(octets(
    "POST /1 HTTP/1.1|Host: a|Transfer-Encoding: chunked||" + chunk.repeat(20) + "0||" + get("/2"),
  ));
  assertEquals((await client.read()).status, 200);
  await client.expectClose();
  assertEquals(served, ["/1"]);
});

Deno.test("content that nobody reads and that does not come closes the connection after 2 s", async () => {
  await using client = new Client(path);
  await client.tell("POST /1 HTTP/1.1|Host: a|Content-Length: 10||abc");
  assertEquals(contentText(await client.read()), "/1");
  await client.pass(1_500);
  assertEquals(client.server.connections, 1);
  await client.pass(500 + TICKS);
  await client.expectClose();
});

Deno.test("broken content that nobody reads closes the connection behind the answer", async () => {
  const served: string[] = [];
  await using client = new Client((request) => {
    served.push(new URL(request.url).pathname);
    return new Response("ok");
  });
  await client.send(octets(
    "POST /1 HTTP/1.1|Host: a|Transfer-Encoding: chunked||zz|" + get("/2"),
  ));
  assertEquals((await client.read()).status, 200);
  await client.expectClose();
  assertEquals(served, ["/1"]);
});

// Closing ----------------------------------------------------------------------------------------

const CLOSING = "GET / HTTP/1.1|Host: a|Connection: close||";

Deno.test("a closing connection ends its side and waits for the client's end", async () => {
  await using client = new Client(hello);
  await client.tell(CLOSING);
  assertEquals(contentText(await client.read()), "hello");
  await client.expectEnd();
  assertEquals(client.server.connections, 1);
  await client.half();
  await client.server.closed();
});

Deno.test("a closing connection does not wait longer than 2 s", async () => {
  await using client = new Client(hello);
  await client.tell(CLOSING);
  await client.read();
  await client.expectEnd();
  await client.pass(1_500);
  assertEquals(client.server.connections, 1);
  await client.pass(500 + TICKS);
  await client.server.closed();
});

Deno.test("a closing connection does not read on for ever", async () => {
  await using client = new Client(hello, { lingerLimit: 1_000 });
  await client.tell(CLOSING);
  await client.read();
  await client.expectEnd();
  await client.trySend(new Uint8Array(10_000));
  await client.server.closed();
});

Deno.test("a refusal reaches a client that is still sending", async () => {
  await using client = new Client(hello, { maxContentSize: 100 }, 1_000);
  const sending = client.trySend(octets(
    "POST / HTTP/1.1|Host: a|Content-Length: 50000||" + "x".repeat(50_000),
  ));
  const response = await client.read();
  assertEquals([response.status, saysClose(response)], [413, true]);
  await sending;
  await client.expectClose();
});

// Clients that stop reading, end their side or leave -----------------------------------------------

Deno.test("a client that stops reading is cut off at writeTimeout", async () => {
  const told = new Latch<{ signal: AbortSignal; completed: Promise<void> }>();
  await using client = new Client(
    (request, info) => {
      told.open({ signal: request.signal, completed: info.completed });
      return new Response("x".repeat(100_000));
    },
    {},
    1_000,
  );
  await client.send(octets(get("/")));
  const { signal, completed } = await told.passed();
  const failed = assertRejects(() => completed);
  await client.stream.peerBlocked();
  await client.pass(59_000);
  assertEquals(signal.aborted, false);
  await client.pass(1_000 + TICKS);
  assertEquals(signal.aborted, true);
  await client.server.closed();
  await failed;
  assertEquals(client.events, ["write-timeout"]);
});

Deno.test("a client that stops reading a stream is cut off, and the stream cancelled", async () => {
  const cancelled = new Latch<unknown>();
  await using client = new Client(
    () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(1_000)),
          cancel: (reason) => cancelled.open(reason),
        }),
      ),
    {},
    1_000,
  );
  await client.send(octets(get("/")));
  await client.stream.peerBlocked();
  await client.pass(1_000);
  await client.pass(60_000 + TICKS);
  await cancelled.passed();
  await client.server.closed();
  assertEquals(client.events, ["write-timeout"]);
});

Deno.test("a client that reads slowly is not cut off", async () => {
  await using client = new Client(() => new Response("x".repeat(3_000)), {}, 1_000);
  await client.send(octets(get("/")));
  for (let i = 0; i < 3; i++) {
    await client.stream.peerBlocked();
    await client.pass(59_000);
    await client.stream.read(new Uint8Array(500));
    await settle();
  }
  assertEquals(client.server.log, []);
  assertEquals(client.server.connections, 1);
});

Deno.test("a stream is asked for no more than its client takes", async () => {
  let pulls = 0;
  await using client = new Client(
    () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            pulls++;
            controller.enqueue(new Uint8Array(1_000));
          },
        }, { highWaterMark: 0 }),
      ),
    { writeBufferSize: 4_000 },
    1_000,
  );
  await client.send(octets(get("/")));
  await client.stream.peerBlocked();
  await settle();
  assert(pulls < 15, `${pulls} pulls`);
});

Deno.test("a half-closed client is answered, and its signal is not aborted at once", async () => {
  const told = new Latch<AbortSignal>();
  const go = new Latch();
  await using client = new Client(async (request) => {
    told.open(request.signal);
    await go.passed();
    return new Response(`aborted: ${request.signal.aborted}`);
  });
  await client.send(octets(get("/")));
  await client.half();
  const signal = await told.passed();
  await settle();
  assertEquals(signal.aborted, false);
  go.open();
  assertEquals(contentText(await client.read()), "aborted: false");
  await client.expectClose();
  assertEquals(client.server.log, []);
});

Deno.test("a half-closed client's requests are all answered", async () => {
  await using client = new Client(path);
  await client.send(octets(get("/1") + get("/2")));
  await client.half();
  assertEquals(contentText(await client.read()), "/1");
  assertEquals(contentText(await client.read()), "/2");
  await client.expectClose();
  assertEquals(client.server.log, []);
});

Deno.test("the signal of a half-closed client that gets no answer is aborted after a second", async () => {
  const told = new Latch<AbortSignal>();
  const go = new Latch();
  await using client = new Client(async (request) => {
    told.open(request.signal);
    await go.passed();
    return new Response("late");
  });
  await client.send(octets(get("/")));
  await client.half();
  const signal = await told.passed();
  await settle();
  await client.pass(750);
  assertEquals(signal.aborted, false);
  await client.pass(1_000);
  assertEquals(signal.aborted, true);
  go.open();
  assertEquals(contentText(await client.read()), "late"); // it may have been waiting after all
  await client.expectClose();
  assertEquals(client.server.log, []);
});

Deno.test("a half-closed client gets a long stream to its end", async () => {
  let pieces = 0;
  const told = new Latch<AbortSignal>();
  await using client = new Client(
    (request) => {
      told.open(request.signal);
      return new Response(
        new ReadableStream({
          pull(controller) {
            if (pieces++ < 40) controller.enqueue(new Uint8Array(1_000));
            else controller.close();
          },
        }),
      );
    },
    {},
    1_000,
  );
  await client.send(octets(get("/")));
  await client.half();
  await told.passed();
  const reading = client.read();
  for (let i = 0; i < 20; i++) await client.pass(250);
  assertEquals((await reading).content.length, 40_000);
  await client.expectClose();
  assertEquals(client.server.log, []);
});

Deno.test("a client that resets the connection aborts the signal", async () => {
  const told = new Latch<AbortSignal>();
  await using client = new Client(async (request) => {
    told.open(request.signal);
    await abortOf(request.signal);
    throw request.signal.reason;
  });
  await client.tell(get("/"));
  const signal = await told.passed();
  assertEquals(signal.aborted, false);
  client.stream.reset();
  await abortOf(signal);
  assertEquals((signal.reason as Error).name, "AbortError");
  await client.server.closed();
  assertEquals(client.server.log, []);
});

Deno.test("a client that resets the connection behind pipelined requests aborts the signal", async () => {
  const told = new Latch<AbortSignal>();
  const served: string[] = [];
  await using client = new Client(async (request) => {
    served.push(new URL(request.url).pathname);
    told.open(request.signal);
    await abortOf(request.signal);
    return new Response("nobody reads this");
  });
  await client.tell(get("/1") + get("/2"));
  const signal = await told.passed();
  client.stream.reset();
  await abortOf(signal);
  await client.server.closed();
  assertEquals(client.server.log, []);
});

Deno.test("a client that resets the connection while an answer is sent is no fault", async () => {
  const size = 100_000;
  const octetsGiven = new Uint8Array(size);
  const answers: Record<string, () => Response | Promise<Response>> = {
    "text at once": () => new Response("x".repeat(size)),
    "text later": () => Promise.resolve(new Response("x".repeat(size))),
    "bytes at once": () => new Response(octetsGiven),
    "a stream": () => new Response(new Blob([octetsGiven])),
    "a stream later": () => Promise.resolve(new Response(new Blob([octetsGiven]))),
  };
  for (const [name, answer] of Object.entries(answers)) {
    const told = new Latch<FetchInfo>();
    await using client = new Client(
      (_request, info) => {
        told.open(info);
        return answer();
      },
      {},
      1_000,
    );
    await client.send(octets(get("/")));
    await client.stream.peerBlocked();
    const { completed } = await told.passed();
    client.stream.reset();
    await client.server.closed();
    assertEquals(client.events, [], name);
    await assertRejects(() => completed, Error);
  }
});

Deno.test("a stream whose source never settles its cancellation does not hold the connection", async () => {
  const never = new Promise<void>(() => {});
  await using client = new Client(
    () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(1_000)),
          cancel: () => never,
        }),
      ),
    {},
    1_000,
  );
  await client.send(octets(get("/")));
  await client.stream.peerBlocked();
  client.stream.reset();
  await settle();
  assertEquals(client.server.connections, 0);
});

Deno.test("HEAD with a stream whose source never settles its cancellation is answered", async () => {
  const never = new Promise<void>(() => {});
  await using client = new Client(() => new Response(new ReadableStream({ cancel: () => never })));
  await client.send(octets("HEAD / HTTP/1.1|Host: a||"));
  const reading = client.read("HEAD");
  assertEquals(await stateOf(reading), "done");
  await reading;
});

Deno.test("a stream that gives more than was declared is cut and cancelled", async () => {
  let pulls = 0;
  const cancelled = new Latch();
  await using client = new Client(() =>
    new Response(
      new ReadableStream({
        pull(controller) {
          if (++pulls > 1_000) controller.close(); // an endless one, bounded for the test's sake
          else controller.enqueue(octets("abcd"));
        },
        cancel: () => cancelled.open(),
      }),
      { headers: { "content-length": "10" } },
    )
  );
  await client.send(octets(get("/") + get("/")));
  assertEquals(contentText(await client.read()), "abcdabcdab");
  await settle();
  assert(pulls < 100, `${pulls} pulls`);
  await cancelled.passed();
  assertEquals(client.events[0], "content-too-long");
});

// Interim responses ------------------------------------------------------------------------------

Deno.test("an interim response cannot get into an answer that is being sent", async () => {
  const told = new Latch<FetchInfo>();
  await using client = new Client(
    (_request, info) => {
      told.open(info);
      return new Response("x".repeat(100_000));
    },
    {},
    1_000,
  );
  await client.send(octets(get("/")));
  const info = await told.passed();
  await client.stream.peerBlocked();
  const [response] = await Promise.all([
    client.read(),
    assertRejects(() => info.informational(103, { link: "</a.css>" }), TypeError),
  ]);
  assertEquals(contentText(response), "x".repeat(100_000));
});

Deno.test("an interim response is refused behind the answer", async () => {
  const told = new Latch<FetchInfo>();
  await using client = new Client((_request, info) => {
    told.open(info);
    return new Response("done");
  });
  await client.send(octets(get("/")));
  const info = await told.passed();
  await client.read();
  await assertRejects(() => info.informational(103), TypeError, "final answer");
  await client.send(octets(get("/")));
  assertEquals((await client.read()).interim.length, 0);
});

// Stopping ---------------------------------------------------------------------------------------

Deno.test("answers say close when the server is stopping", async () => {
  await using client = new Client(path);
  await client.send(octets(get("/1")));
  assertEquals(saysClose(await client.read()), false);
  client.server.stopping = true;
  await client.send(octets(get("/2")));
  assertEquals(saysClose(await client.read()), true);
  await client.expectClose();
});

Deno.test("a connection whose answer had begun when the server stopped closes behind it", async () => {
  const end = new Latch();
  await using client = new Client(() =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          controller.enqueue(octets("begun"));
          await end.passed();
          controller.close();
        },
      }, { highWaterMark: 0 }),
    )
  );
  await client.tell(get("/"));
  client.server.stopping = true;
  end.open();
  assertEquals(contentText(await client.read()), "begun");
  await settle();
  assertEquals(client.server.idle, 0);
  await client.expectClose();
});

// Failures of the socket -------------------------------------------------------------------------

Deno.test("a write that fails while the next request arrives is no unhandled rejection", async () => {
  const stream = new ScriptedStream();
  const log: LogEvent[] = [];
  const connection = scriptedConnection(stream, log);
  const serving = connection.serve();
  await stream.arrive("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  assertEquals([stream.writing, stream.reading], [true, true]);
  await stream.failWrite(new Deno.errors.BrokenPipe("Broken pipe"));
  if (stream.reading) await stream.arrive("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  if (stream.reading) await stream.arrive(null);
  await serving;
  assertEquals(stream.closed, true);
  assertEquals(log, []);
});

Deno.test("a connection that is told to stop gives the answer that is on its way", async () => {
  const stream = new ScriptedStream();
  const log: LogEvent[] = [];
  const connection = scriptedConnection(stream, log);
  const serving = connection.serve();
  await stream.arrive("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  assertEquals([stream.writing, stream.reading], [true, true]);
  connection.stop();
  assertEquals(stream.closed, false);
  await stream.take(10);
  assertEquals(stream.closed, false);
  await stream.take();
  if (stream.reading) await stream.arrive(null); // where it lingers
  await serving;
  assertEquals(stream.closed, true);
  assertEquals(log, []);
});

/** A connection whose socket does only what the test says; its application answers at once. */
function scriptedConnection(stream: ScriptedStream, log: LogEvent[]): Connection {
  const options = resolveOptions();
  const context: ConnectionContext = {
    options,
    headLimits: headLimitsOf(options),
    executor: new InlineExecutor(gatewayFor(hello, undefined)),
    headWriter: new ResponseHeadWriter("HTTP/1.1", new ClosingLines("", Infinity)),
    counters: new Counters(),
    idle: 0,
    stopping: false,
    canAddKeepAlive: true,
    wallClock: () => 0,
    log: (event) => void log.push(event),
  };
  const address = { transport: "tcp", hostname: "127.0.0.1", port: 8070 } as const;
  const ends = { scheme: "http", localAddr: address, remoteAddr: address } as const;
  return new Connection(stream, ends, context);
}
