// Clients that leave or end their side, and event streams of a server that stops. Over real sockets, with
// the handler inline, in a pool of each kind and in shards.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { AccessRecord } from "../../src/access_log/access_record.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { Latch, until, within } from "../support/latch.ts";
import { contentText } from "../support/raw_client.ts";
import { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";
import { app, LEAVING_CHANNEL } from "./leaving_app.ts";

const MODULE = new URL("./leaving_app.ts", import.meta.url);
const MODES: Readonly<Record<string, ServerOptions>> = {
  "inline": {},
  "a pool of web workers": { mode: "pool", minWorkers: 1, maxWorkers: 1, workerKind: "web" },
  "a pool of killable workers": {
    mode: "pool",
    minWorkers: 1,
    maxWorkers: 1,
    workerKind: "killable",
  },
  "two shards": { mode: "sharded", minWorkers: 2, maxWorkers: 2, maxConnections: 100 },
};

/** The first message of the application, which says what it saw. */
class FirstReport implements Disposable {
  readonly #channel = new BroadcastChannel(LEAVING_CHANNEL);
  readonly #first = Promise.withResolvers<string>();

  constructor() {
    this.#channel.onmessage = ({ data }) => this.#first.resolve(data);
  }

  get first(): Promise<string> {
    return within(this.#first.promise, 3_000);
  }

  [Symbol.dispose](): void {
    this.#channel.close();
  }
}

for (const [where, options] of Object.entries(MODES)) {
  Deno.test(`a client that leaves a silent stream cancels it within a second, ${where}`, async () => {
    await using site = new Site(options.mode === undefined ? app : MODULE, options);
    using report = new FirstReport();
    const conn = await site.dial();
    await conn.write(octets("GET /silent HTTP/1.1|Host: a||"));
    await conn.read(new Uint8Array(1_000)); // the head, and perhaps the piece behind it
    await new Promise((resolve) => setTimeout(resolve, 100));
    const left = performance.now();
    conn.close();
    assertStringIncludes(await report.first, "The client has closed the connection");
    const took = performance.now() - left;
    assert(took < 1_500, `it took ${took} ms`);
    assertEquals(site.log, []);
  });

  Deno.test(`stop ends an event stream at once, ${where}`, async () => {
    await using site = new Site(options.mode === undefined ? app : MODULE, options);
    using report = new FirstReport();
    using conn = await site.dial();
    await conn.write(octets("GET /silent HTTP/1.1|Host: a||"));
    await conn.read(new Uint8Array(1_000));
    const stopping = site.server.stop();
    assertStringIncludes(await report.first, "The server is stopping");
    await within(stopping);
    assertEquals(site.log, []);
  });

  Deno.test(`a client that has ended its side gets all of a stream, and its content is read, ${where}`, async () => {
    await using site = new Site(options.mode === undefined ? app : MODULE, options);
    const client = await site.connect();
    await client.send(octets("GET /slow HTTP/1.1|Host: a||"));
    await client.half();
    // Its content can be read although the handler was told of the end.
    for (const content of ["Content-Length: 5||hello", "Transfer-Encoding: chunked||5|hello|0||"]) {
      const other = await site.connect();
      await other.send(octets(`POST /read-late HTTP/1.1|Host: a|${content}`));
      await other.half();
      assertEquals(contentText(await other.read()), "hello");
    }
    const cut = await site.connect();
    await cut.send(octets("POST /read-late HTTP/1.1|Host: a|Transfer-Encoding: chunked||5|he"));
    await cut.half();
    assertEquals((await cut.read()).status, 400);
    assertEquals(contentText(await client.read()), "one two three ");
    assertEquals(site.events, ["request-refused"]);
  });

  Deno.test(`a response that its client did not wait for has the outcome client-left, ${where}`, async () => {
    const outcomes: unknown[] = [];
    const ended = new Latch();
    const accessLog = ({ status, outcome, bytesOut }: AccessRecord) => {
      outcomes.push([status, outcome, bytesOut]);
      if (outcomes.length === 3) ended.open();
    };
    await using site = new Site(options.mode === undefined ? app : MODULE, {
      ...options,
      accessLog,
    });
    const late = octets("GET /late HTTP/1.1|Host: a||");
    const gone = await site.dial();
    await gone.write(late);
    await new Promise((resolve) => setTimeout(resolve, 20));
    gone.close();
    await until(() => outcomes.length === 1);
    const half = await site.connect(); // two requests, and its end at once
    await half.send(octets("GET /late HTTP/1.1|Host: a||GET /late HTTP/1.1|Host: a||"));
    await half.half();
    assertEquals(contentText(await half.read()), "late");
    assertEquals(contentText(await half.read()), "late");
    await ended.passed();
    assertEquals(outcomes, [
      [200, "client-left", 4],
      [200, "complete", 4],
      [200, "complete", 4],
    ]);
  });
}
