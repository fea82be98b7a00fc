// The admin listener of servers on real sockets: its endpoints in every mode, and that it responds while all
// else is taken up.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { serve } from "../../mod.ts";
import { errorText } from "../../src/log/error_text.ts";
import { fieldValues } from "../support/raw_client.ts";
import { turn, until } from "../support/latch.ts";
import { Site } from "../support/site.ts";
import { poolSite } from "../pool/pool_site.ts";
import { GET } from "../server/serving.ts";
import { octets } from "../wire/row.ts";
import {
  ADMIN,
  adminText,
  askAdmin,
  eventually,
  metricsOf,
  requestsOf,
  valueOf,
} from "./admin_site.ts";

/** The server's own response in the tests below. */
const app = async (request: Request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/fail") throw new Error("its own");
  if (pathname === "/hang") await new Promise(() => {});
  return new Response("hello", { status: pathname === "/teapot" ? 418 : 200 });
};

/** Checks that each event about the end of a request names it. */
function assertNamed(site: Site, target: string): void {
  const named = site.log.filter((event) => event.target === target);
  assertEquals(named.map(({ event, method }) => [event, method]).sort(), [
    ["admin-action", "GET"],
    ["request-killed", "GET"],
  ]);
}

Deno.test("health, statistics and fields of an admin listener", async () => {
  await using site = new Site(app, ADMIN);
  await until(() => site.server.adminAddr !== undefined);
  assertEquals(await adminText(site, "GET /livez"), "ok\n");
  assertEquals(await adminText(site, "GET /readyz"), "ok\n");
  await site.ask(GET);
  const stats = JSON.parse(await adminText(site, "GET /stats"));
  assertEquals([stats.ready, stats.requests, stats.addresses], [true, 1, [
    site.server.bindAddr,
  ]]);
  const page = await askAdmin(site, "GET /");
  assertEquals(fieldValues(page, "content-type"), ["text/html; charset=utf-8"]);
  assertStringIncludes(fieldValues(page, "content-security-policy")[0], "default-src 'none'");
  for (const path of ["/", "/livez", "/readyz", "/stats", "/metrics", "/requests"]) {
    const response = await askAdmin(site, `GET ${path}`);
    assertEquals(fieldValues(response, "x-content-type-options"), ["nosniff"], path);
    assertEquals(fieldValues(response, "cache-control"), ["no-store"], path);
    assertEquals((await askAdmin(site, `HEAD ${path}`)).status, 200, path);
    const wrong = await askAdmin(site, `POST ${path}`);
    assertEquals([wrong.status, fieldValues(wrong, "allow")], [405, ["GET, HEAD"]], path);
  }
  for (const path of ["/reload", "/drain", "/requests/a-1/kill"]) {
    const wrong = await askAdmin(site, `GET ${path}`);
    assertEquals([wrong.status, fieldValues(wrong, "allow")], [405, ["POST"]], path);
  }
  for (const path of ["/nothing", "/livez/", "/requests/a/b/kill", "//"]) {
    assertEquals((await askAdmin(site, `GET ${path}`)).status, 404, path);
  }
  await adminText(site, "POST /requests/a-1/kill", 404);
  assertEquals((await askAdmin(site, "GET /stats", "Host: evil.example|")).status, 421);
  const cross = "Host: localhost|Origin: http://evil.example|";
  assertEquals((await askAdmin(site, "POST /drain", cross)).status, 403);
  assertEquals(await adminText(site, "GET /readyz"), "ok\n");
});

Deno.test("there is no admin listener by default", async () => {
  await using site = new Site(app);
  assertEquals(site.server.adminAddr, undefined);
});

Deno.test("metrics count responses by method and status, and no name that a client made up", async () => {
  await using site = new Site(app, ADMIN);
  for (const wire of [GET, GET, "GET /teapot HTTP/1.1|Host: a||", "BREW / HTTP/1.1|Host: a||"]) {
    await site.ask(wire);
  }
  await site.ask("GET /fail HTTP/1.1|Host: a||");
  await site.ask("nonsense||");
  const metrics = await metricsOf(site);
  const series = metrics.get("http_server_request_duration_seconds")!.samples
    .filter(({ name }) => name.endsWith("_count"))
    .map(({ labels, value }) => [...Object.values(labels), value]);
  assertEquals(series.sort(), [
    ["GET", "200", 2],
    ["GET", "418", 1],
    ["GET", "500", 1],
    ["_OTHER", "200", 1],
    ["_OTHER", "400", 1],
  ]);
  const outcome = (name: string) => valueOf(metrics, "robusto_responses_total", { outcome: name });
  assertEquals([outcome("complete"), outcome("failed"), outcome("refused")], [4, 1, 1]);
  assertEquals(valueOf(metrics, "robusto_requests_refused_total"), 1);
  assertEquals(valueOf(metrics, "robusto_build_info", { mode: "inline" }), 1);
  assert(valueOf(metrics, "process_resident_memory_bytes")! > 1e7);
});

Deno.test("promtool accepts the metrics of a pool", {
  ignore: !new Deno.Command("sh", { args: ["-c", "command -v promtool"], stdout: "null" })
    .outputSync().success, // Debian's package prometheus
}, async () => {
  await using site = poolSite("faults.ts", ADMIN);
  await until(() => site.server.ready);
  await site.ask("GET /ok HTTP/1.1|Host: a||");
  const check = new Deno.Command("promtool", {
    args: ["check", "metrics"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = check.stdin.getWriter();
  await input.write(new TextEncoder().encode(await adminText(site, "GET /metrics")));
  await input.close();
  const { code, stderr } = await check.output();
  assertEquals(new TextDecoder().decode(stderr), "");
  assertEquals(code, 0);
});

Deno.test("an operator ends a request of the accepting thread: its connection closes", async () => {
  await using site = new Site(app, ADMIN);
  const client = await site.connect();
  await client.send(octets("GET /hang?a=1 HTTP/1.1|Host: a||"));
  await eventually(async () => (await requestsOf(site)).length === 1);
  const [request] = await requestsOf(site);
  const { id, method, target, phase, workerId } = request;
  assertEquals([method, target, phase, workerId], ["GET", "/hang?a=1", "head", null]);
  assert(request.elapsed >= 0);
  assertEquals(JSON.parse(await adminText(site, `POST /requests/${id}/kill`)), { killed: id });
  await client.expectEnd();
  assertEquals(await requestsOf(site), []);
  assertNamed(site, "/hang?a=1");
  const metrics = await metricsOf(site);
  assertEquals(valueOf(metrics, "robusto_responses_total", { outcome: "killed" }), 1);
});

Deno.test("it responds while all workers compute, the queue is full and maxConnections is reached", async () => {
  await using site = poolSite("faults.ts", {
    ...ADMIN,
    minWorkers: 1,
    queueSize: 1,
    maxConnections: 2,
    workerKind: "killable",
  });
  await until(() => site.server.ready);
  const [computing, waiting] = [await site.connect(), await site.connect()];
  await computing.send(octets("GET /loop HTTP/1.1|Host: a||"));
  await eventually(async () => (await requestsOf(site)).some(({ phase }) => phase === "head"));
  await waiting.send(octets("GET /ok HTTP/1.1|Host: a||"));
  await eventually(async () => (await requestsOf(site)).length === 2);
  await eventually(async () => {
    const { elapsed, queueTime } = (await requestsOf(site)).find(({ phase }) =>
      phase === "queued"
    )!;
    return queueTime > 0 && queueTime <= elapsed + 1;
  });
  using _third = await site.dial(); // waits in the kernel
  assertEquals(await adminText(site, "GET /livez"), "ok\n");
  assertEquals(await adminText(site, "GET /readyz", 503), "the queue is full\n");
  const metrics = await metricsOf(site);
  assertEquals(valueOf(metrics, "robusto_queue_length"), 1);
  assertEquals(valueOf(metrics, "robusto_workers", { state: "busy" }), 1);
  assertEquals(valueOf(metrics, "http_server_active_requests"), 2);

  const requests = await requestsOf(site);
  const queued = requests.find(({ phase }) => phase === "queued")!;
  assertEquals([queued.target, queued.workerId], ["/ok", null]);
  await adminText(site, `POST /requests/${queued.id}/kill`);
  assertEquals((await waiting.read()).status, 504);
  const held = requests.find(({ phase }) => phase === "head")!;
  assertEquals([held.target, held.workerId], ["/loop", 1]);
  await adminText(site, `POST /requests/${held.id}/kill`);
  assertEquals((await computing.read()).status, 504);
  await eventually(async () => (await askAdmin(site, "GET /readyz")).status === 200);
  await eventually(async () =>
    valueOf(await metricsOf(site), "robusto_worker_restarts_total", { reason: "timeout" }) === 1
  );
  const after = await metricsOf(site);
  assertEquals(valueOf(after, "robusto_responses_total", { outcome: "killed" }), 2);
  assertNamed(site, "/ok");
  assertNamed(site, "/loop");
});

Deno.test("reload by the admin listener starts new workers, and says why it cannot", async () => {
  await using site = poolSite("faults.ts", { ...ADMIN, minWorkers: 1 });
  await until(() => site.server.ready);
  assertEquals(JSON.parse(await adminText(site, "POST /reload")), { reloaded: true });
  assertEquals(site.server.stats.pool!.spawned, 2);
  const events = site.events.filter((event) => event !== "admin-listening");
  assertEquals(events, ["admin-action", "reloading", "reloaded"]);
  await using inline = new Site(app, ADMIN);
  const failed = JSON.parse(await adminText(inline, "POST /reload", 500));
  assertEquals(failed.reloaded, false);
  assertStringIncludes(failed.error, "use mode pool");
  const { event, error } = inline.log.at(-1)!;
  assertEquals(event, "reload-failed");
  assertStringIncludes(errorText(error), "use mode pool");
  assert(!errorText(error).includes(" at "), errorText(error)); // the stack would be the server's own
});

Deno.test("drain: not ready any more, every response closes its connection, and serving continues", async () => {
  await using site = new Site(app, ADMIN);
  const kept = await site.connect();
  await kept.send(octets(GET));
  assertEquals(fieldValues(await kept.read(), "connection"), ["keep-alive"]);
  await adminText(site, "POST /drain");
  assertEquals(await adminText(site, "GET /readyz", 503), "the server is draining\n");
  await kept.send(octets(GET));
  assertEquals(fieldValues(await kept.read(), "connection"), ["close"]);
  await kept.expectEnd();
  assertEquals((await site.ask(GET)).status, 200);
  assertEquals(site.server.ready, true);
  assert(site.events.includes("admin-action"));
});

Deno.test("stopDelay: a stop serves on for so long, and /readyz says that it is stopping", async () => {
  const site = new Site(app, { ...ADMIN, stopDelay: 60_000 });
  await site.ask(GET);
  const stopping = site.server.stop();
  assertEquals(await adminText(site, "GET /readyz", 503), "the server is stopping\n");
  assertEquals((await site.ask(GET)).status, 200);
  assertEquals(await adminText(site, "GET /livez"), "ok\n");
  await site.server.abort(); // as a second signal
  await stopping;
  await site[Symbol.asyncDispose]();
});

Deno.test("stopDelay ends by itself", async () => {
  const site = new Site(app, { stopDelay: 50 });
  await site.ask(GET);
  const before = performance.now();
  await site.server.stop();
  assert(performance.now() - before >= 45);
  assert(site.events.includes("stop-delayed"));
  await site[Symbol.asyncDispose]();
});

Deno.test("it listens on a UNIX socket, whose file is gone after the stop", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/admin.sock`;
  const server = serve(app, {
    ...{ port: 0, onListen: () => {}, onLog: () => {} },
    admin: `unix:${path}`,
  });
  await until(() => server.ready);
  await until(() => server.adminAddr !== undefined);
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  assertEquals(await (await fetch("http://robusto/livez", { client })).text(), "ok\n");
  client.close();
  await server.stop();
  assertEquals([...Deno.readDirSync(folder)], []);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("an address that is taken is an error of the start, and nothing stays open", () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  let message = "";
  try {
    serve(app, { port: 0, onListen: () => {}, onLog: () => {}, admin: `127.0.0.1:${port}` });
  } catch (error) {
    message = (error as Error).message;
  }
  assertStringIncludes(message, `Cannot listen on 127.0.0.1:${port}`);
});

Deno.test("event streams: a view a second, at most eight of them, and a stop ends them", async () => {
  const site = new Site(app, ADMIN);
  await site.ask("GET /fail HTTP/1.1|Host: a||");
  const { hostname, port } = site.server.adminAddr as Deno.NetAddr;
  const streams = await Promise.all(
    Array.from({ length: 9 }, () => fetch(`http://${hostname}:${port}/events`)),
  );
  const statuses = streams.map(({ status }) => status).sort();
  assertEquals(statuses, [200, 200, 200, 200, 200, 200, 200, 200, 503]);
  const open = streams.find(({ status }) => status === 200)!;
  const reader = open.body!.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  assert(value!.startsWith("data: ") && value!.endsWith("\n\n"));
  const view = JSON.parse(value!.slice("data: ".length));
  assertEquals([view.unreadiness, view.active, view.outcomes.failed], [null, 0, 1]);
  assertStringIncludes(view.warnings.join(), "Handler failed");
  await site.server.stop();
  for (const stream of streams) {
    if (!stream.body!.locked) await stream.body!.cancel().catch(() => {});
  }
  await reader.cancel().catch(() => {});
  await site[Symbol.asyncDispose]();
  assertEquals(site.events.filter((event) => event === "gateway-failed"), []);
});

Deno.test("mode sharded: the main thread tells of all shards, ends their requests, and drains them", async () => {
  const url = new URL("./fixtures/app.ts", import.meta.url);
  await using site = new Site(url, { ...ADMIN, mode: "sharded", minWorkers: 2 });
  await until(() => site.server.ready);
  assertEquals((await site.ask(GET)).status, 200);
  const client = await site.connect();
  await client.send(octets("GET /hang HTTP/1.1|Host: a||"));
  await eventually(async () => (await requestsOf(site)).length === 1);
  const [{ id, target, workerId }] = await requestsOf(site);
  assertEquals(target, "/hang");
  assert(workerId === 1 || workerId === 2);
  await adminText(site, `POST /requests/${id}/kill`);
  await client.expectEnd();
  await until(() => site.events.includes("request-killed"));
  assertNamed(site, "/hang");
  await eventually(async () =>
    valueOf(await metricsOf(site), "robusto_responses_total", { outcome: "killed" }) === 1
  );
  const metrics = await metricsOf(site);
  assertEquals(valueOf(metrics, "robusto_shards"), 2);
  const labels = { http_response_status_code: "200" };
  assertEquals(valueOf(metrics, "http_server_request_duration_seconds_count", labels), 1);
  await adminText(site, "POST /drain");
  await turn();
  await eventually(async () => fieldValues(await site.ask(GET), "connection")[0] === "close");
  assertEquals(await adminText(site, "GET /readyz", 503), "the server is draining\n");
});
