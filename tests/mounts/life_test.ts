// How several applications are loaded, reloaded and stopped, and what is said of one that cannot be.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ModuleApp } from "../../src/application.ts";
import { PathDispatcher } from "../../src/gateway/path_dispatcher.ts";
import type { ServerOptions } from "../../src/options.ts";
import { ApplicationLoadError } from "../../src/pool/application_load_error.ts";
import { Server } from "../../src/server.ts";
import { KINDS, until } from "../pool/pool_site.ts";
import { listens } from "../server/serving.ts";
import { within } from "../support/latch.ts";
import { contentText } from "../support/raw_client.ts";
import { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";
import { fixture, get, named, text } from "./mounted_site.ts";

/** Modules that a test writes anew, and what they have noted. */
class Written implements AsyncDisposable {
  readonly folder: string = Deno.makeTempDirSync();

  url(name: string): URL {
    return new URL(`file://${this.folder}/${name}.ts`);
  }

  write(name: string, source: string): void {
    Deno.writeTextFileSync(`${this.folder}/next`, source);
    Deno.renameSync(`${this.folder}/next`, `${this.folder}/${name}.ts`);
  }

  writeVersion(name: string, version: string): void {
    this.write(
      name,
      `export default async () => { await null; return new Response("${version}"); };`,
    );
  }

  /** A module whose hooks note that they are called. */
  writeHooks(name: string, fails?: "onWorkerStart" | "onWorkerStop"): void {
    this.write(
      name,
      `
      const note = (text) =>
        Deno.writeTextFileSync(new URL("notes", import.meta.url), text + "\\n", { append: true });
      export function onWorkerStart() { note("start ${name}"); ${
        throwing(fails === "onWorkerStart")
      } }
      export function onWorkerStop() { note("stop ${name}"); ${throwing(fails === "onWorkerStop")} }
      export default () => new Response("${name}");
      export const other = () => new Response("other ${name}");`,
    );
  }

  get notes(): string[] {
    return Deno.readTextFileSync(`${this.folder}/notes`).trimEnd().split("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

const throwing = (fails: boolean) => fails ? 'throw new Error("own error");' : "";

for (const workerKind of KINDS) {
  Deno.test(`${workerKind}: not one request fails while all pools are reloaded under load`, async () => {
    await using modules = new Written();
    modules.writeVersion("shared", "1");
    modules.writeVersion("own", "1");
    const apps = new PathDispatcher({
      "/value": () => new Response("value"),
      "/shared": modules.url("shared"),
      "/own": { app: modules.url("own"), pool: { minWorkers: 1 } },
    });
    await using site = new Site(apps, { workerKind, minWorkers: 1 });
    const seen = new Set<string>();
    let over = false;
    const load = async (path: string) => {
      const client = await site.connect();
      while (!over) {
        await client.send(octets(get(path)));
        const answer = await client.read();
        assertEquals(answer.status, 200, path);
        seen.add(`${path} ${contentText(answer)}`);
      }
    };
    const clients = ["/shared", "/own", "/value", "/shared", "/own"].map(load);
    await until(() => seen.has("/shared 1") && seen.has("/own 1"));
    modules.writeVersion("shared", "2");
    modules.writeVersion("own", "2");
    await within(site.server.reload());
    await until(() => seen.has("/shared 2") && seen.has("/own 2"));
    over = true;
    await Promise.all(clients);
    assertEquals(site.events, []);
    const { pool, pools } = site.server.stats;
    assertEquals([pool?.spawned, pools["/own"].spawned], [2, 2]);
  });

  Deno.test(`${workerKind}: a pool that cannot be reloaded goes on, and the others are reloaded`, async () => {
    await using modules = new Written();
    for (const name of ["shared", "a", "b"]) modules.writeVersion(name, "old");
    const own = (name: string) => ({ app: modules.url(name), pool: {} });
    const apps = new PathDispatcher({ "/": modules.url("shared"), "/a": own("a"), "/b": own("b") });
    await using site = new Site(apps, { workerKind, minWorkers: 1 });
    assertEquals(await text(site, "/a"), "old");
    modules.write("shared", 'throw new Error("own error");');
    modules.write("a", "export const other = 1;");
    modules.writeVersion("b", "new");
    const error = await assertRejects(() => within(site.server.reload()), ApplicationLoadError);
    assertEquals(error.place, { path: "/", url: modules.url("shared").href });
    assertEquals([await text(site, "/"), await text(site, "/a")], ["old", "old"]);
    assertEquals(await text(site, "/b"), "new");
    const [logged] = site.log.filter(({ message }) => message.startsWith("Another pool"));
    assert((logged.error as Error).message.includes("application at /a, "));
  });

  Deno.test(`${workerKind}: the hooks of every module are called in order, once a worker`, async () => {
    await using modules = new Written();
    for (const name of ["a", "b", "c"]) modules.writeHooks(name);
    const apps = new PathDispatcher({
      "/long/prefix": modules.url("a"),
      "/b": modules.url("b"),
      "/b/again": new ModuleApp(modules.url("b"), "other"),
      "/": modules.url("c"),
    });
    const site = new Site(apps, { workerKind, minWorkers: 1 });
    assertEquals(await text(site, "/b/again"), "other b");
    await site[Symbol.asyncDispose]();
    const order = ["a", "b", "c"];
    assertEquals(modules.notes, [
      ...order.map((name) => `start ${name}`),
      ...order.map((name) => `stop ${name}`),
    ]);
    assertEquals(site.log, []);
  });

  Deno.test(`${workerKind}: a hook that fails at the stop keeps no other from being called`, async () => {
    await using modules = new Written();
    modules.writeHooks("a", "onWorkerStop");
    modules.writeHooks("b");
    const apps = new PathDispatcher({ "/a": modules.url("a"), "/b": modules.url("b") });
    const site = new Site(apps, { workerKind, minWorkers: 1 });
    assertEquals(await text(site, "/b"), "b");
    await site[Symbol.asyncDispose]();
    assertEquals(modules.notes, ["start a", "start b", "stop a", "stop b"]);
    assertEquals(site.events, ["worker-stop-failed"]);
  });
}

Deno.test("stop ends the workers of all pools, with their hooks", async () => {
  await using modules = new Written();
  for (const name of ["shared", "own"]) modules.writeHooks(name);
  const apps = new PathDispatcher({
    "/shared": modules.url("shared"),
    "/own": { app: modules.url("own"), pool: { minWorkers: 2 } },
  });
  const server = new Server({ app: apps, minWorkers: 1, port: 0, onListen: () => {} });
  await server.prepare();
  assertEquals(server.ready, true);
  await server.stop();
  assertEquals(modules.notes.toSorted(), [
    ...["start own", "start own", "start shared"],
    ...["stop own", "stop own", "stop shared"],
  ]);
  const { pool, pools } = server.stats;
  assertEquals([pool?.workers, pools["/own"].workers], [[], []]);
});

const broken = fixture("broken.ts");
const tell = fixture("tell.ts");
const failures: [
  name: string,
  apps: ConstructorParameters<typeof PathDispatcher>[0] | ModuleApp,
  options: ServerOptions,
  message: RegExp,
  place: string | undefined,
][] = [
  [
    "a module of the shared pool",
    { "/a": tell, "/b": broken },
    {},
    /^Cannot load application at \/b, file:\S+\/broken\.ts: its module failed$/,
    "/b",
  ],
  [
    "a module of an own pool",
    { "/a": tell, "/b": { app: broken, pool: {} } },
    {},
    /^Cannot load application at \/b, file:\S+\/broken\.ts: its module failed$/,
    "/b",
  ],
  [
    "a module beside values",
    { "/a": () => new Response(), "/": broken },
    {},
    /^Cannot load application at \/, file:\S+\/broken\.ts: its module failed$/,
    "/",
  ],
  [
    "a module in a nested dispatcher",
    { "/a": new PathDispatcher({ "/b": broken }) },
    {},
    /^Cannot load application at \/a\/b, file:\S+\/broken\.ts: its module failed$/,
    "/a/b",
  ],
  [
    "an export that is not there",
    { "/a": named("tell.ts", "tel") },
    {},
    /^Cannot load application at \/a, file:\S+: its module has no export "tel"/,
    "/a",
  ],
  [
    "a module inside of a module",
    { "/a": named("dispatcher.ts", "broken") },
    {},
    /application at \/a, file:\S+dispatcher\.ts: its application at \/a\/broken, \S+broken\.ts: its m/,
    "/a",
  ],
  [
    "a module inside of the only one",
    named("dispatcher.ts", "broken"),
    {},
    /^Cannot load application: its application at \/broken, file:\S+: its module failed$/,
    undefined,
  ],
  [
    "an own pool inside of a worker",
    named("dispatcher.ts", "pooled"),
    {},
    /its application at \/reports, file:\S+: it cannot have a pool of its own inside of the thread/,
    undefined,
  ],
  [
    "an own pool inside of a module in mode inline",
    { "/a": named("dispatcher.ts", "pooled") },
    { mode: "inline" },
    /its application at \/a\/reports, file:\S+: it cannot have a pool of its own/,
    "/a",
  ],
  [
    "a dispatcher that mounts itself",
    named("dispatcher.ts", "endless"),
    {},
    /its application at \/again, file:\S+dispatcher\.ts: it mounts itself$/,
    undefined,
  ],
  [
    "a module in mode inline",
    { "/a": tell, "/b": broken },
    { mode: "inline" },
    /^Cannot load application at \/b, /,
    "/b",
  ],
  [
    "a module in mode sharded",
    { "/a": tell, "/b": broken },
    { mode: "sharded", minWorkers: 1 },
    /^Cannot load application at \/b, /,
    "/b",
  ],
];
for (const [name, given, options, message, place] of failures) {
  Deno.test(`${name} that cannot be loaded is named, and nothing is left open`, async () => {
    const app = given instanceof ModuleApp ? given : new PathDispatcher(given);
    const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const { port } = listener.addr;
    listener.close();
    const server = new Server({ app, port, onLog: () => {}, ...options });
    const error = await assertRejects(() => within(server.prepare()), ApplicationLoadError);
    assert(message.test(error.message), error.message);
    assertEquals(error.place?.path, place);
    assertEquals(await listens({ transport: "tcp", hostname: "127.0.0.1", port }), false);
    await server.stop();
  });
}

for (const workerKind of KINDS) {
  Deno.test(`${workerKind}: a hook that fails at the start is named with its module`, async () => {
    await using modules = new Written();
    modules.writeHooks("a");
    modules.writeHooks("b", "onWorkerStart");
    const app = new PathDispatcher({ "/a": modules.url("a"), "/b": modules.url("b") });
    const server = new Server({ app, workerKind, minWorkers: 1, port: 0, onLog: () => {} });
    const error = await assertRejects(() => within(server.prepare()), ApplicationLoadError);
    assertEquals(error.reason, "its onWorkerStart failed");
    assertEquals(error.place, { path: "/b", url: modules.url("b").href });
    assertEquals(modules.notes, ["start a", "start b"]);
    await server.stop();
  });

  Deno.test(`${workerKind}: a worker of an own pool that ends while it loads is named too`, async () => {
    await using modules = new Written();
    modules.write("own", "Deno.exit(3);");
    const app = new PathDispatcher({
      "/a": tell,
      "/own": { app: modules.url("own"), pool: { minWorkers: 1 } },
    });
    const server = new Server({ app, workerKind, minWorkers: 1, port: 0, onLog: () => {} });
    const error = await assertRejects(() => within(server.prepare()), ApplicationLoadError);
    assertEquals(error.place, { path: "/own", url: modules.url("own").href });
    await server.stop();
  });
}
