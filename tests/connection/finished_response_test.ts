// The one event that ends each response, with the application inline: one for each response, when its last
// octet is sent, with its outcome and octets.

import { assert, assertEquals } from "@std/assert";
import type { ApplicationValue } from "../../src/application/application.ts";
import type { FinishedResponse, Outcome } from "../../src/exchange/finished_response.ts";
import { endlessResponse } from "./endless_response.ts";
import { Client, get, hello, path, text, TICKS } from "./memory_client.ts";
import { Latch } from "../support/latch.ts";
import { contentText } from "../support/raw_client.ts";
import { settle } from "../support/scripted_stream.ts";
import { octets } from "../wire/row.ts";

/** The members that most tests compare. */
type Summary = [
  target: string | undefined,
  status: number | undefined,
  outcome: Outcome,
  contentIn: number,
  contentOut: number,
];

function summary(response: FinishedResponse): Summary {
  const { request: { head }, status, outcome, contentIn, contentOut } = response;
  return [head?.target.raw, status, outcome, contentIn, contentOut];
}

function summaries(client: Client): Summary[] {
  return client.server.finished.map(summary);
}

/** Closes, and expects exactly these responses to have finished. */
async function expectFinished(client: Client, ...expected: Summary[]): Promise<void> {
  client.close();
  await client.server.closed();
  assertEquals(summaries(client), expected);
}

const post = (length: number, content: string) =>
  `POST / HTTP/1.1|Host: a|Content-Length: ${length}||${content}`;
/** The length of the plain response to an error. */
const plain = (reason: string) => reason.length + 1;

Deno.test("a response finishes once, when its octets are with the system", async () => {
  await using client = new Client(text);
  await client.tell(post(3, "abc"));
  assertEquals(contentText(await client.read()), "abc");
  await settle();
  assertEquals(summaries(client), [["/", 200, "complete", 3, 3]]);
  await expectFinished(client, ["/", 200, "complete", 3, 3]);
});

Deno.test("a response is not finished while the client does not take it", async () => {
  await using client = new Client(() => new Response("x".repeat(3_000)), {}, 1_000);
  await client.send(octets(get("/")));
  await client.stream.peerBlocked();
  assertEquals(summaries(client), []);
  assertEquals((await client.read()).content.length, 3_000);
  await settle();
  assertEquals(summaries(client), [["/", 200, "complete", 0, 3_000]]);
});

Deno.test("pipelined responses finish once each, in order", async () => {
  await using client = new Client(path);
  await client.send(octets(get("/a") + get("/bb") + get("/ccc")));
  for (let i = 0; i < 3; i++) await client.read();
  await expectFinished(
    client,
    ["/a", 200, "complete", 0, 2],
    ["/bb", 200, "complete", 0, 3],
    ["/ccc", 200, "complete", 0, 4],
  );
});

Deno.test("each request over a connection has its own id", async () => {
  const ids: string[] = [];
  await using client = new Client((_request, info) => {
    ids.push(info.requestId);
    return new Response();
  });
  for (let i = 0; i < 3; i++) {
    await client.send(octets(get("/")));
    await client.read();
  }
  await client.send(octets("nonsense|"));
  await client.read();
  await settle();
  const finished = client.server.finished.map(({ request }) => request.requestId);
  assertEquals(finished.slice(0, 3), ids);
  assertEquals(new Set(finished).size, 4);
});

Deno.test("HEAD, 204 and 304 finish without content", async () => {
  const app: ApplicationValue = ({ url, method }) => {
    const status = Number(new URL(url).pathname.slice(1));
    return new Response(status === 200 && method === "HEAD" ? "hello" : null, { status });
  };
  await using client = new Client(app);
  await client.send(octets("HEAD /200 HTTP/1.1|Host: a||" + get("/204") + get("/304")));
  await client.read("HEAD");
  await client.read();
  await client.read();
  await expectFinished(
    client,
    ["/200", 200, "complete", 0, 0],
    ["/204", 204, "complete", 0, 0],
    ["/304", 304, "complete", 0, 0],
  );
});

Deno.test("a stream finishes with all of its octets, without their framing", async () => {
  await using client = new Client(() =>
    new Response(ReadableStream.from([octets("hello"), octets("world")]))
  );
  await client.send(octets(get("/")));
  await client.read();
  await expectFinished(client, ["/", 200, "complete", 0, 10]);
});

Deno.test("100 (Continue) and other interim responses have no event", async () => {
  await using client = new Client(async (request, info) => {
    await info.informational(103, { link: "</a>" });
    return new Response(await request.text());
  });
  await client.send(octets("POST / HTTP/1.1|Host: a|Content-Length: 2|Expect: 100-continue||"));
  await client.readAny();
  await client.readAny();
  await client.send(octets("ok"));
  await client.read();
  await expectFinished(client, ["/", 200, "complete", 2, 2]);
});

Deno.test("a response to a half-closed client finishes", async () => {
  await using client = new Client(path);
  await client.send(octets(get("/a") + get("/b")));
  await client.half();
  await client.read();
  await client.read();
  await expectFinished(client, ["/a", 200, "complete", 0, 2], ["/b", 200, "complete", 0, 2]);
});

Deno.test("content that is left is counted as far as it came with the response", async () => {
  await using client = new Client(hello);
  await client.send(octets(post(3, "abc")));
  await client.read();
  await client.send(octets(get("/next")));
  await client.read();
  client.close();
  await client.server.closed();
  const [first, second] = client.server.finished;
  assert(first.contentIn <= 3);
  assertEquals(summary(second), ["/next", 200, "complete", 0, 5]);
});

Deno.test("a connection without a request finishes nothing", async () => {
  await using client = new Client(hello);
  await client.pass(15_000 + TICKS);
  await client.expectClose();
  assertEquals(client.server.finished, []);
});

/** Requests that the connection rejects. */
const rejected: [name: string, wire: string, status: number, reason: string, target?: string][] = [
  ["malformed", "nonsense|", 400, "Bad Request"],
  ["without Host", "GET / HTTP/1.1||", 400, "Bad Request"],
  ["with a long target", `GET /${"x".repeat(9_000)} HTTP/1.1|`, 414, "URI Too Long"],
  [
    "with a large head",
    `GET / HTTP/1.1|A: ${"x".repeat(40_000)}|`,
    431,
    "Request Header Fields Too Large",
  ],
  ["with a long method", `${"X".repeat(40)} / HTTP/1.1|Host: a||`, 501, "Not Implemented"],
  ["of another version", "GET / HTTP/3.0|Host: a||", 505, "HTTP Version Not Supported"],
  [
    "with an unknown expectation",
    "GET /e HTTP/1.1|Host: a|Expect: b||",
    417,
    "Expectation Failed",
    "/e",
  ],
  [
    "with too large a content",
    "POST /c HTTP/1.1|Host: a|Content-Length: 999||",
    413,
    "Content Too Large",
    "/c",
  ],
];

for (const [name, wire, status, reason, target] of rejected) {
  Deno.test(`a request ${name} finishes as refused, with ${status}`, async () => {
    await using client = new Client(hello, { maxContentSize: 100 });
    await client.send(octets(get("/before") + wire));
    await client.read();
    assertEquals((await client.read()).status, status);
    await expectFinished(
      client,
      ["/before", 200, "complete", 0, 5],
      [target, status, "refused", 0, plain(reason)],
    );
    const [, { fault, cut, request }] = client.server.finished;
    assertEquals([fault?.status, cut], [status, false]);
    assertEquals(request.remoteAddr, { transport: "tcp", hostname: "127.0.0.1", port: 50_000 });
    assertEquals([request.scheme, request.tls], ["http", undefined]);
    assertEquals(client.server.counters.refused, 1);
  });
}

Deno.test("an incomplete head finishes as refused at the client's end, and as timed out at its deadline", async () => {
  await using ended = new Client(hello);
  await ended.tell("GET / HTTP/1.1|Ho");
  await ended.half();
  assertEquals((await ended.read()).status, 400);
  await expectFinished(ended, [undefined, 400, "refused", 0, plain("Bad Request")]);

  await using late = new Client(hello);
  await late.tell("GET / HTTP/1.1|Ho");
  await late.pass(15_000 + TICKS);
  assertEquals((await late.read()).status, 408);
  await expectFinished(late, [undefined, 408, "timed-out", 0, plain("Request Timeout")]);
  const [{ duration }] = late.server.finished;
  assert(duration >= 15_000 && duration <= 15_000 + TICKS, `${duration} ms`);
});

Deno.test("an incomplete head of a client that leaves has no response", async () => {
  await using client = new Client(hello);
  await client.tell("GET / HTTP/1.1|Ho");
  client.stream.reset();
  await client.server.closed();
  assertEquals(client.server.finished, []);
});

Deno.test("faulty content finishes as refused", async () => {
  await using client = new Client(text, { maxContentSize: 4 });
  await client.send(octets("POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||z|"));
  assertEquals((await client.read()).status, 400);
  await expectFinished(client, ["/", 400, "refused", 0, plain("Bad Request")]);
  assertEquals(client.server.counters.refused, 1);
});

Deno.test("content that does not come finishes as timed out", async () => {
  await using client = new Client(text, { minContentRate: 0 });
  await client.tell(post(5, "abc"));
  await client.pass(30_000 + TICKS);
  assertEquals((await client.read()).status, 408);
  await expectFinished(client, ["/", 408, "timed-out", 3, plain("Request Timeout")]);
});

Deno.test("an application that responds to faulty content itself completes its response", async () => {
  await using client = new Client(async (request) => {
    const content = await request.text().catch(() => "own");
    return new Response(content, { status: 422 });
  });
  await client.send(octets("POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||z|"));
  assertEquals((await client.read()).status, 422);
  await expectFinished(client, ["/", 422, "complete", 0, 3]);
});

const failing: [name: string, app: ApplicationValue][] = [
  ["throws", () => {
    throw new Error("own");
  }],
  ["rejects", () => Promise.reject(new Error("own"))],
  ["gives no Response", (() => 42) as unknown as ApplicationValue],
];

for (const [name, app] of failing) {
  Deno.test(`a handler that ${name} finishes as failed`, async () => {
    await using client = new Client(app);
    await client.send(octets(get("/")));
    assertEquals((await client.read()).status, 500);
    await expectFinished(client, ["/", 500, "failed", 0, plain("Internal Server Error")]);
    assertEquals([client.server.counters.refused, client.server.counters.aborted], [0, 0]);
  });
}

Deno.test("the response of onError finishes as failed", async () => {
  await using client = new Client(() => {
    throw new Error("own");
  }, { onError: () => new Response("sorry", { status: 418 }) });
  await client.send(octets(get("/")));
  await client.read();
  await expectFinished(client, ["/", 418, "failed", 0, 5]);
});

Deno.test("a 500 that the application chose is complete", async () => {
  await using client = new Client(() => new Response(null, { status: 500 }));
  await client.send(octets(get("/")));
  await client.read();
  await expectFinished(client, ["/", 500, "complete", 0, 0]);
});

Deno.test("a stream that fails finishes as failed and cut", async () => {
  let pieces = 0;
  await using client = new Client(() =>
    new Response(
      new ReadableStream({
        pull(controller) {
          if (pieces++ === 0) controller.enqueue(octets("hello"));
          else controller.error(new Error("own"));
        },
      }),
    )
  );
  await client.send(octets(get("/")));
  await client.expectCut();
  await expectFinished(client, ["/", 200, "failed", 0, 5]);
  assertEquals(client.server.finished[0].cut, true);
  assertEquals(client.server.counters.aborted, 1);
});

Deno.test("content shorter than declared finishes as failed and cut", async () => {
  await using client = new Client(() =>
    new Response("abc", { headers: { "content-length": "5" } })
  );
  await client.send(octets(get("/")));
  await client.expectCut();
  await expectFinished(client, ["/", 200, "failed", 0, 3]);
  assertEquals(client.server.finished[0].cut, true);
});

Deno.test("a client that leaves before the head finishes without a status", async () => {
  const called = new Latch();
  await using client = new Client(() => {
    called.open();
    return new Promise<Response>(() => {});
  });
  await client.tell(get("/"));
  await called.passed();
  client.stream.reset();
  await client.server.closed();
  assertEquals(summaries(client), [["/", undefined, "client-left", 0, 0]]);
  assertEquals(client.server.finished[0].cut, true);
});

Deno.test("a response that its client did not take to the end counts what the system has taken", async () => {
  await using client = new Client(() => new Response("x".repeat(30_000)), {}, 1_000);
  await client.send(octets(get("/")));
  await client.stream.peerBlocked();
  client.close();
  await client.server.closed();
  const [{ outcome, contentOut, cut }] = client.server.finished;
  assertEquals([outcome, cut, client.server.counters.aborted], ["client-left", true, 1]);
  assert(contentOut > 0 && contentOut < 1_000, `${contentOut} octets of content`);
});

Deno.test("a client that leaves while a response is sent finishes as client-left", async () => {
  await using whole = new Client(() => new Response("x".repeat(100_000)), {}, 1_000);
  await using stream = new Client(() => endlessResponse(), {}, 1_000);
  for (const client of [whole, stream]) {
    await client.send(octets(get("/")));
    await client.stream.peerBlocked();
    client.stream.reset();
    await client.server.closed();
    await settle();
    const [{ status, outcome, cut }] = client.server.finished;
    assertEquals([client.server.finished.length, status, outcome, cut], [
      1,
      200,
      "client-left",
      true,
    ]);
  }
});

Deno.test("a client that leaves with responses unsent finishes each of them", async () => {
  await using client = new Client(path, {}, 100);
  const sending = client.trySend(octets(get("/a") + get("/b") + get("/c")));
  await client.stream.peerBlocked();
  await settle();
  client.stream.reset();
  await sending;
  await client.server.closed();
  assertEquals(client.server.finished.map(({ outcome, cut }) => [outcome, cut]), [
    ["client-left", true],
    ["client-left", true],
    ["client-left", true],
  ]);
});

Deno.test("a client that stops reading finishes as timed out", async () => {
  await using client = new Client(() => endlessResponse(), {}, 1_000);
  await client.send(octets(get("/")));
  await client.stream.peerBlocked();
  await client.pass(60_000 + 2 * TICKS);
  await client.server.closed();
  const [{ status, outcome, cut }] = client.server.finished;
  assertEquals([client.server.finished.length, status, outcome, cut], [1, 200, "timed-out", true]);
});

Deno.test("a half-closed client whose handler gives up finishes as client-left", async () => {
  await using client = new Client(async ({ signal }) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    throw signal.reason;
  });
  await client.tell(get("/"));
  await client.half();
  await client.pass(1_000 + TICKS);
  await client.server.closed();
  assertEquals(summaries(client), [["/", undefined, "client-left", 0, 0]]);
});

Deno.test("a server that stops at once finishes what is under way as killed", async () => {
  await using client = new Client(() => endlessResponse(), {}, 1_000);
  await client.send(octets(get("/")));
  await client.stream.peerBlocked();
  client.server.abort();
  await client.server.closed();
  await settle();
  const [{ status, outcome, cut }] = client.server.finished;
  assertEquals([client.server.finished.length, status, outcome, cut], [1, 200, "killed", true]);
  assertEquals(client.server.counters.aborted, 1);
});

Deno.test("durations begin with the first octet, and the handler's time with the hand-over", async () => {
  const head = new Latch();
  const end = new Latch();
  await using client = new Client(async () => {
    await head.passed();
    return new Response(
      new ReadableStream({
        async pull(controller) {
          await end.passed();
          controller.close();
        },
      }),
    );
  });
  const { clock, finished } = client.server;
  await client.pass(500);
  const start = clock.now();
  await client.tell("GET / HTTP/1.1|");
  await client.pass(1_000);
  await client.tell("Host: a||");
  await client.pass(2_000);
  head.open();
  await settle();
  await client.pass(4_000);
  end.open();
  await client.read();
  await settle();
  const [response] = finished;
  assertEquals(response.start, start);
  assertEquals([response.duration, response.handlerTime, response.queueTime], [7_000, 2_000, 0]);
  assertEquals(response.workerId, undefined);
});

Deno.test("a rejected request has no handler's time", async () => {
  await using client = new Client(hello);
  await client.tell("GET / HTTP/1.1|");
  await client.pass(1_000);
  await client.tell("||");
  await client.read();
  await settle();
  const [{ duration, handlerTime }] = client.server.finished;
  assertEquals([duration, handlerTime], [1_000, 0]);
});
