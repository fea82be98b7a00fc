// Spans and metrics of requests, received by a collector that the test plays.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Program } from "../support/program.ts";
import { noPki, Pki } from "../tls/pki.ts";
import { spansOf } from "./otlp_protobuf.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CLIENT_SPAN = "b7ad6b7169203331";
const APP = "tests/telemetry/traced_app.ts";

/** What a value of an attribute is in OTLP as JSON. */
type Value = Readonly<Record<string, unknown>>;

interface Attribute {
  readonly key: string;
  readonly value: Value;
}

interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code: number };
}

interface CollectedMetric {
  readonly name: string;
  readonly unit: string;
  readonly histogram?: { readonly dataPoints: readonly { count: string; sum: number }[] };
  readonly sum?: { readonly dataPoints: readonly { asInt?: string; asDouble?: number }[] };
}

/** A collector of OTLP over HTTP: spans and metrics in JSON, and spans in protobuf. */
class Collector implements AsyncDisposable {
  readonly spans: CollectedSpan[] = [];
  readonly metrics: CollectedMetric[] = [];
  /** Values of `traceparent` that reached it as another server. */
  readonly traceparents: (string | null)[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#take(request));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Variables that make Deno export to it. */
  get env(): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_DENO_CONSOLE: "ignore",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: this.url,
    };
  }

  /** The spans of a kind; 2 is a server's, 3 a client's. */
  ofKind(kind: number): CollectedSpan[] {
    return this.spans.filter((span) => span.kind === kind);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #take(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith("/v1/")) {
      this.traceparents.push(request.headers.get("traceparent"));
      return new Response();
    }
    if (request.headers.get("content-type") === "application/x-protobuf") {
      const message = await request.bytes();
      if (pathname === "/v1/traces") this.spans.push(...spansOf(message));
      return new Response();
    }
    const { resourceSpans = [], resourceMetrics = [] } = await request.json();
    for (const { scopeSpans } of resourceSpans) {
      for (const { spans } of scopeSpans) this.spans.push(...spans);
    }
    for (const { scopeMetrics } of resourceMetrics) {
      for (const { scope, metrics } of scopeMetrics) {
        if (scope.name === "robusto") this.metrics.push(...metrics);
      }
    }
    return Response.json({});
  }
}

function attributesOf(span: CollectedSpan): Record<string, unknown> {
  return Object.fromEntries(
    span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]),
  );
}

/** The access log on standard output. */
const LOG_FLAGS = ["--access-log", "-", "--access-log-format", "{target} is {traceId} {spanId}"];

const MODES: [name: string, flags: string[]][] = [
  ["inline", ["--mode", "inline"]],
  ["pool, killable", ["--workers", "1"]],
  ["pool, web", ["--workers", "1", "--worker-kind", "web"]],
  ["sharded", ["--mode", "sharded", "--workers", "1"]],
];

for (const [name, flags] of MODES) {
  Deno.test(`mode ${name}: a request is a span of its client's trace, with the application's below it`, async () => {
    await using collector = new Collector();
    let port: string;
    let output: string;
    {
      await using program = await Program.start(
        ["run", "-A", "mod.ts", APP, "--bind", "127.0.0.1:0", ...flags, ...LOG_FLAGS],
        { env: collector.env },
      );
      port = new URL(await program.url).port;
      const headers = {
        traceparent: `00-${TRACE}-${CLIENT_SPAN}-01`,
        tracestate: "a=b",
        "user-agent": "test/1",
      };
      const url = `http://127.0.0.1:${port}`;
      const upstream = encodeURIComponent(collector.url);
      await (await fetch(`${url}/a/b?upstream=${upstream}`, { headers })).text();
      await (await fetch(`${url}/fail`, { headers })).text();
      await program.stop("SIGTERM");
      output = program.output;
    }
    const servers = collector.ofKind(2);
    assertEquals(servers.map(({ name, parentSpanId }) => [name, parentSpanId]), [
      ["GET", CLIENT_SPAN],
      ["GET", CLIENT_SPAN],
    ]);
    const [first, failed] = servers;
    assertStringIncludes(output, `/fail is ${TRACE} ${failed.spanId}\n`);
    assertStringIncludes(output, `trace ${TRACE}`);
    const {
      "robusto.request.id": id,
      "robusto.worker.id": _worker,
      "robusto.queue.duration": queue,
      "url.query": query,
      ...attributes
    } = attributesOf(first);
    assertEquals(attributes, {
      "http.request.method": "GET",
      "url.scheme": "http",
      "url.path": "/a/b",
      "network.protocol.version": "1.1",
      "server.address": "127.0.0.1",
      "server.port": `${port}`,
      "client.address": "127.0.0.1",
      "user_agent.original": "test/1",
      "http.response.status_code": "200",
    });
    assertEquals(`${query}`.startsWith("upstream="), true);
    assertEquals(typeof id, "string");
    assertEquals(typeof queue, name.startsWith("pool") ? "number" : "undefined");
    assertEquals(attributesOf(failed)["error.type"], "500");
    assertEquals([first.status.code, failed.status.code], [0, 2]);

    const own = collector.spans.find((span) => span.name === "own work");
    assertEquals([own?.traceId, own?.parentSpanId], [TRACE, first.spanId]);
    const [client] = collector.ofKind(3);
    assertEquals([client.traceId, client.parentSpanId], [TRACE, first.spanId]);
    assertEquals(collector.traceparents, [`00-${TRACE}-${client.spanId}-01`]);

    const durations = collector.metrics.findLast(({ name }) =>
      name === "http.server.request.duration"
    );
    const counts = durations?.histogram?.dataPoints.map(({ count }) => Number(count));
    assertEquals([durations?.unit, counts], ["s", [1, 1]]);
    const active = collector.metrics.findLast(({ name }) => name === "http.server.active_requests");
    const [{ asInt, asDouble }] = active!.sum!.dataPoints;
    assertEquals(Number(asInt ?? asDouble), 0);
  });
}

Deno.test("without OTEL_DENO nothing is exported", async () => {
  await using collector = new Collector();
  await using program = await Program.start(
    ["run", "-A", "mod.ts", "examples/pool_app.ts", "--bind", "127.0.0.1:0", "--workers", "1"],
    { env: { ...collector.env, OTEL_DENO: "false" } },
  );
  await (await fetch(await program.url)).text();
  assertEquals(await program.stop("SIGTERM"), 0);
  assertEquals([collector.spans, collector.metrics], [[], []]);
});

Deno.test("a request that the connection rejects is a span too", async () => {
  await using collector = new Collector();
  await using program = await Program.start(
    [
      "run",
      "-A",
      "mod.ts",
      APP,
      "--bind",
      "127.0.0.1:0",
      "--mode",
      "inline",
      "--max-content-size",
      "1",
    ],
    { env: collector.env },
  );
  const response = await fetch(await program.url, { method: "POST", body: "abc" });
  await response.body?.cancel();
  await program.stop("SIGTERM");
  const [{ name, attributes }] = collector.ofKind(2);
  assertEquals(name, "POST");
  assert(attributes.some(({ value }) => value.intValue === "413"), JSON.stringify(attributes));
});

Deno.test(
  "over TLS, at a mount, in protobuf: the span of a request whose worker is killed ends with an error",
  { ignore: noPki !== undefined },
  async () => {
    await using collector = new Collector();
    const { tlsCertificate, tlsPrivateKey } = Pki.shared.files();
    const words = [
      ...["run", "-A", "mod.ts", "--mount", `/deep=${APP}`, "--bind", "127.0.0.1:0"],
      ...["--tls-certificate", tlsCertificate, "--tls-private-key", tlsPrivateKey],
      ...["--workers", "1", "--handler-timeout", "200ms"],
    ];
    const env = { ...collector.env, OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf" };
    await using program = await Program.start(words, { env });
    using client = Deno.createHttpClient({ caCerts: [Pki.shared.root] });
    const headers = { traceparent: `00-${TRACE}-${CLIENT_SPAN}-01` };
    for (const [path, status] of [["deep/loop", 504], ["deep/a", 200], ["b", 404]] as const) {
      const response = await fetch(`${await program.url}/${path}`, { client, headers });
      await response.text();
      assertEquals(response.status, status, path);
    }
    assertEquals(await program.stop("SIGTERM"), 0, program.output);

    const servers = collector.ofKind(2);
    const shown = servers.map((span) => {
      const attributes = attributesOf(span);
      return [
        span.parentSpanId,
        span.status.code,
        attributes["url.scheme"],
        attributes["url.path"],
        attributes["http.response.status_code"],
        attributes["error.type"],
      ];
    });
    assertEquals(shown, [
      [CLIENT_SPAN, 2, "https", "/deep/loop", "504", "504"],
      [CLIENT_SPAN, 0, "https", "/deep/a", "200", undefined],
      [CLIENT_SPAN, 0, "https", "/b", "404", undefined],
    ]);
    const own = collector.spans.filter(({ name }) => name === "own work");
    assertEquals(own.map(({ parentSpanId }) => parentSpanId), [servers[1].spanId]);
  },
);
