// classifyApplication: the kind of every value that is given as an application.

import { assertEquals } from "@std/assert";
import { classifyApplication } from "../../src/application/classify_application.ts";

const fn = () => new Response();
const fn2 = (...values: unknown[]) => values;
interface Res {
  statusCode: number;
  end(): void;
}
const url = new URL("./app.ts", import.meta.url);

/** Gives a function for every name, as the prototype of itty-router's routers. */
const everything = new Proxy({}, { get: () => fn });

const rows: [name: string, value: unknown, kind: string][] = [
  ["a function", fn, "handler"],
  ["an async function", async () => await fn(), "handler"],
  ["a class", class App {}, "class"],
  ["an object with respond", { respond: fn }, "gateway"],
  ["an object with respond and fetch", { respond: fn, fetch: fn }, "gateway"],
  ["an object with fetch", { fetch: fn }, "fetch"],
  ["an object with fetch and wsgi", { fetch: fn, wsgi: fn }, "fetch"],
  ["an object with node", { node: fn }, "node"],
  ["an Express or Connect application", Object.assign(() => {}, { handle: fn, use: fn }), "node"],
  ["a Koa application", { callback: fn, use: fn, middleware: [] }, "node"],
  ["a Fastify instance", { routing: fn, ready: fn, inject: fn, server: {} }, "node"],
  ["a function (req, res)", (_req: unknown, res: Res) => res.end(), "node-handler"],
  ["one of other names", async (_a: unknown, b: Res) => await b.end(), "node-handler"],
  ["one that passes res on", (_req: unknown, res: unknown) => fn2(_req, res), "node-handler"],
  ["one with a next", (_req: unknown, res: Res, _next: unknown) => res.end(), "node-handler"],
  [
    "a method (req, res)",
    {
      f(_req: unknown, res: Res) {
        res.statusCode = 1;
      },
    }.f,
    "node-handler",
  ],
  [
    "a Fetch handler that calls info res",
    (_req: unknown, res: unknown) => new Response(`${res}`),
    "handler",
  ],
  ["a Fetch handler without use for its res", (_req: unknown, _res: unknown) => fn(), "handler"],
  [
    "one that uses members of info",
    (_req: unknown, res: { remoteAddr: string }) => fn2(res.remoteAddr),
    "handler",
  ],
  ["a function (request, info)", (_request: unknown, info: unknown) => info, "handler"],
  ["an object with wsgi", { wsgi: fn }, "wsgi"],
  ["an object with wsgi and a fetch that is no function", { wsgi: fn, fetch: 1 }, "wsgi"],
  ["an object with an inherited fetch", Object.create({ fetch: fn }), "fetch"],
  ["a router with fetch whose prototype is a Proxy", { __proto__: everything, fetch: fn }, "fetch"],
  ["a Proxy that gives a function for every name", everything, "fetch"],
  ["a module with a pool", { app: url, pool: {} }, "dedicated-pool"],
  ["a module without its pool", { app: url }, "dedicated-pool"],
  ["an object with app and a fetch that is no function", { app: url, fetch: 1 }, "unknown"],
  ["an empty object", {}, "unknown"],
  ["an array", [fn], "unknown"],
  ["a URL", url, "unknown"],
  ["null", null, "unknown"],
  ["undefined", undefined, "unknown"],
  ["text", "./app.ts", "unknown"],
];
for (const [name, value, kind] of rows) {
  Deno.test(`classifyApplication: ${name} is of kind ${kind}`, () => {
    assertEquals(classifyApplication(value).kind, kind);
  });
}
