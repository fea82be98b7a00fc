// The errors of an application that cannot be loaded, when there are several.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ModuleApp } from "../../../src/application/application.ts";
import { PathDispatcher } from "../../../src/application/path_dispatcher.ts";
import type { ServerOptions } from "../../../src/options/server_options.ts";
import { ApplicationLoadError } from "../../../src/application/application_load_error.ts";
import { Server } from "../../../src/server/server.ts";
import { KINDS } from "../../pool/pool_site.ts";
import { listens } from "../../server/serving.ts";
import { within } from "../../support/latch.ts";
import { fixture, named } from "./mounted_site.ts";
import { WrittenModules } from "./written_modules.ts";

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
  Deno.test(`${name} that cannot be loaded is named in the error, and nothing stays open`, async () => {
    const app = given instanceof ModuleApp ? given : new PathDispatcher(given);
    const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const { port } = listener.addr;
    listener.close();
    const server = new Server({ app, port, onLog: () => {}, ...options });
    const error = await assertRejects(() => within(server.prepare(), 20_000), ApplicationLoadError);
    assert(message.test(error.message), error.message);
    assertEquals(error.place?.path, place);
    assertEquals(await listens({ transport: "tcp", hostname: "127.0.0.1", port }), false);
    await server.stop();
  });
}

for (const workerKind of KINDS) {
  Deno.test(`${workerKind}: the error of a hook that fails at the start names its module`, async () => {
    await using modules = new WrittenModules();
    modules.writeHooks("a");
    modules.writeHooks("b", "onWorkerStart");
    const app = new PathDispatcher({ "/a": modules.url("a"), "/b": modules.url("b") });
    const server = new Server({ app, workerKind, minWorkers: 1, port: 0, onLog: () => {} });
    const error = await assertRejects(() => within(server.prepare(), 20_000), ApplicationLoadError);
    assertEquals(error.reason, "its onWorkerStart failed");
    assertEquals(error.place, { path: "/b", url: modules.url("b").href });
    assertEquals(modules.notes, ["start a", "start b"]);
    await server.stop();
  });

  Deno.test(`${workerKind}: the error names a module whose worker in a dedicated pool ends while it loads`, async () => {
    await using modules = new WrittenModules();
    modules.write("own", "Deno.exit(3);");
    const app = new PathDispatcher({
      "/a": tell,
      "/own": { app: modules.url("own"), pool: { minWorkers: 1 } },
    });
    const server = new Server({ app, workerKind, minWorkers: 1, port: 0, onLog: () => {} });
    const error = await assertRejects(() => within(server.prepare(), 20_000), ApplicationLoadError);
    assertEquals(error.place, { path: "/own", url: modules.url("own").href });
    await server.stop();
  });
}
