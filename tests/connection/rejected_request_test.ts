// What the logs tell of requests that the connection rejects: the parts of the request line that were found,
// and the trace.

import { assertEquals } from "@std/assert";
import { FinishedRecord } from "../../src/access_log/access_record.ts";
import { Client, hello } from "./memory_client.ts";
import { settle } from "../support/scripted_stream.ts";
import { octets } from "../wire/row.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const LONG = "/" + "a".repeat(3_000);
const SHORTENED = LONG.slice(0, 1_000) + "...";

interface Row {
  readonly wire: string;
  readonly status: number;
  readonly method?: string;
  readonly target?: string;
  readonly protocol?: string;
}

const ROWS: readonly Row[] = [
  { wire: "GET /a HTTP/1.1||", status: 400, method: "GET", target: "/a", protocol: "HTTP/1.1" },
  {
    wire: "GET /a HTTP/1.1|Host: a|bad field||",
    ...{ status: 400, method: "GET", target: "/a", protocol: "HTTP/1.1" },
  },
  {
    wire: `GET /a?b HTTP/1.0|Host: a|x: ${"y".repeat(2_000)}||`,
    ...{ status: 431, method: "GET", target: "/a?b", protocol: "HTTP/1.0" },
  },
  {
    wire: `GET ${LONG} HTTP/1.1|`,
    status: 414,
    method: "GET",
    target: SHORTENED,
    protocol: "HTTP/1.1",
  },
  {
    wire: "PRI * HTTP/2.0||SM||",
    ...{ status: 505, method: "PRI", target: "*", protocol: "HTTP/2.0" },
  },
  {
    wire: "CONNECT a:1 HTTP/1.1|Host: a:1||",
    ...{ status: 405, method: "CONNECT", target: "a:1", protocol: "HTTP/1.1" },
  },
  {
    wire: "POST /a HTTP/1.1|Host: a|Transfer-Encoding: br, chunked||",
    ...{ status: 501, method: "POST", target: "/a", protocol: "HTTP/1.1" },
  },
  { wire: `${"X".repeat(40)} / HTTP/1.1||`, status: 501 },
  {
    wire: "GET /a\x01b HTTP/1.1|",
    status: 400,
    method: "GET",
    target: "/a\x01b",
    protocol: "HTTP/1.1",
  },
  { wire: "GET|", status: 400 },
  { wire: "GET |", status: 400, method: "GET" },
  { wire: "nonsense|", status: 400 },
  { wire: "\x16\x03\x01\x02", status: 400 },
  {
    wire: "POST /a HTTP/1.1|Host: a|Expect: a-miracle|Content-Length: 1||",
    ...{ status: 417, method: "POST", target: "/a", protocol: "HTTP/1.1" },
  },
];

for (const { wire, status, method, target, protocol } of ROWS) {
  Deno.test(`a rejected request in the logs: ${JSON.stringify(wire.slice(0, 50))}`, async () => {
    await using client = new Client(hello, { maxRequestLineSize: 2_000, maxHeadSize: 1_000 });
    await client.trySend(octets(wire));
    assertEquals((await client.read()).status, status);
    await settle();
    const { log, finished } = client.server;
    const record = new FinishedRecord(finished[0], Date.now());
    assertEquals([record.method, record.target, record.protocol], [method, target, protocol]);
    const { event, requestId } = log[0];
    assertEquals([event, log[0].method, log[0].target], ["request-refused", method, target]);
    assertEquals(requestId, record.requestId);
  });
}

Deno.test("the start of a head whose rest does not come is told with its 408", async () => {
  await using client = new Client(hello, { headTimeout: 1_000 });
  await client.send(octets("GET /slow HTTP/1.1|Host"));
  await client.pass(3_000);
  assertEquals((await client.read()).status, 408);
  await settle();
  const { method, target, status } = client.server.log[0];
  assertEquals([method, target, status], ["GET", "/slow", 408]);
});

Deno.test("a trace that the client began is told, and no other value of traceparent", async () => {
  const valid = `00-${TRACE}-${SPAN}-01`;
  const values: readonly (readonly [traceparent: string, isValid: boolean])[] = [
    [valid, true],
    [`01-${TRACE}-${SPAN}-00-more`, true],
    [`${valid}-more`, false],
    [`ff-${TRACE}-${SPAN}-01`, false],
    [`00-${"0".repeat(32)}-${SPAN}-01`, false],
    [`00-${TRACE}-${"0".repeat(16)}-01`, false],
    [`00-${TRACE.toUpperCase()}-${SPAN}-01`, false],
    ["nonsense", false],
  ];
  for (const [traceparent, isValid] of values) {
    await using client = new Client(() => {
      throw new Error("its own");
    });
    await client.send(octets(`GET / HTTP/1.1|Host: a|traceparent: ${traceparent}||`));
    await client.read();
    await settle();
    const expected = isValid ? [TRACE, SPAN] : [undefined, undefined];
    const { traceId, spanId } = new FinishedRecord(client.server.finished[0], Date.now());
    assertEquals([traceId, spanId], expected, traceparent);
    const event = client.server.log[0];
    assertEquals([event.event, event.traceId, event.spanId], ["handler-failed", ...expected]);
  }
});
