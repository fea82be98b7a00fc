// The options that a server of several applications takes, and the options of a dedicated pool.

import { assertEquals, assertThrows } from "@std/assert";
import { type MountableApp, PathDispatcher } from "../../../src/application/path_dispatcher.ts";
import { resolveOptions } from "../../../src/options/resolve_options.ts";
import type { ServerOptions } from "../../../src/options/server_options.ts";
import { resolveDedicatedPool } from "../../../src/options/mount_pool_options.ts";
import { Server } from "../../../src/server/server.ts";
import type { PoolOptions } from "../../../src/options/server_options.ts";

const module = new URL("./fixtures/tell.ts", import.meta.url);
const value = () => new Response();
const own = (pool: unknown): MountableApp => ({ app: module, pool: pool as PoolOptions });

const values = { "/a": value };
const modules = { "/a": module, "/b": module };
const mixed = { "/a": value, "/b": module };
const pools = { "/a": module, "/reports": own({ minWorkers: 1 }) };

const refused: [
  name: string,
  apps: Record<string, MountableApp>,
  options: ServerOptions,
  says: string,
][] = [
  ["workers for values", values, { minWorkers: 2 }, 'Cannot use minWorkers in mode "inline"'],
  ["a pool for values", values, { mode: "pool" }, "cannot go to another thread"],
  ["onError for modules", modules, { onError: value }, 'Cannot use onError in mode "pool"'],
  ["workers in mode inline", modules, { mode: "inline", queueSize: 1 }, 'expected mode "pool"'],
  ["workers of a mixture in mode inline", mixed, { mode: "inline", queueSize: 1 }, "queueSize"],
  ["shards of values", mixed, { mode: "sharded" }, "cannot go to another thread"],
  [
    "own pools in mode inline",
    pools,
    { mode: "inline" },
    'Cannot use pool of /reports in mode "inline": there are no pools, expected mode "pool"',
  ],
  ["own pools in mode sharded", pools, { mode: "sharded" }, "Cannot use pool of /reports in mode"],
  [
    "two own pools for one path",
    {
      "/a/b": own({}),
      "/a": new PathDispatcher({ "/b": own({}) }),
    },
    {},
    "Cannot make pool of /a/b: expected one, got two",
  ],
  [
    "a pool of no workers",
    { "/": own({ minWorkers: 0 }) },
    {},
    "Cannot use minWorkers in the pool of /: expected a whole number from 1 to 1024, got 0",
  ],
  [
    "a timeout of the wrong type",
    { "/reports": own({ handlerTimeout: "5s" }) },
    {},
    "Cannot use handlerTimeout in the pool of /reports: expected a whole number of milliseconds",
  ],
  [
    "more workers at least than at most",
    { "/reports": own({ minWorkers: 3, maxWorkers: 2 }) },
    {},
    "Cannot use maxWorkers in the pool of /reports: expected at least minWorkers, which is 3, got 2",
  ],
  [
    "a misspelt option",
    { "/reports": own({ maxWorker: 1 }) },
    {},
    'Cannot use option "maxWorker" in the pool of /reports: no option about workers has this name, ' +
    "did you mean maxWorkers",
  ],
  [
    "an option that is not about workers",
    { "/reports": own({ headTimeout: 1 }) },
    {},
    'Cannot use option "headTimeout" in the pool of /reports: no option about workers',
  ],
  [
    "a heap without a bound",
    { "/reports": own({ maxWorkerHeap: 2 ** 26 }) },
    { workerKind: "web" },
    'Cannot use workerKind "web" together with maxWorkerHeap in the pool of /reports',
  ],
];
for (const [name, apps, options, says] of refused) {
  Deno.test(`a server of several applications refuses ${name}`, () => {
    assertThrows(() => new Server({ app: new PathDispatcher(apps), ...options }), Error, says);
  });
}

Deno.test("options about workers are taken where there is a module", () => {
  for (const apps of [modules, mixed, pools, { "/": own({}) }]) {
    new Server({ app: new PathDispatcher(apps), minWorkers: 1, handlerTimeout: 1_000 });
  }
});

Deno.test("onError is taken where there is a value beside modules", () => {
  new Server({ app: new PathDispatcher(mixed), onError: value });
});

Deno.test("a dedicated pool has the server's options where it has no own", () => {
  const server = resolveOptions({ minWorkers: 3, maxWorkers: 7, queueSize: 5 }, "module");
  const resolved = resolveDedicatedPool(
    { handlerTimeout: 9, queueTimeout: undefined },
    server,
    "/a",
  );
  const { minWorkers, maxWorkers, queueSize, handlerTimeout, queueTimeout } = resolved;
  assertEquals([minWorkers, maxWorkers, queueSize, handlerTimeout], [3, 7, 5, 9]);
  assertEquals(queueTimeout, server.queueTimeout);
});

Deno.test("minWorkers and maxWorkers of a pool follow each other when only one is set", () => {
  const server = resolveOptions({ minWorkers: 3, maxWorkers: 7 }, "module");
  const counts = (pool: PoolOptions) => {
    const { minWorkers, maxWorkers } = resolveDedicatedPool(pool, server, "/a");
    return [minWorkers, maxWorkers];
  };
  assertEquals(counts({ maxWorkers: 1 }), [1, 1]);
  assertEquals(counts({ minWorkers: 2 }), [2, 2]);
  assertEquals(counts({ minWorkers: 2, maxWorkers: 4 }), [2, 4]);
});
