// resolveExport: the export that is the application, and the errors for others.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { toTree } from "../../src/application/application_tree.ts";
import { Client } from "../connection/memory_client.ts";
import { contentText } from "../support/raw_client.ts";
import { moduleFailure, resolveExport } from "../../src/application/application_export.ts";
import * as apps from "../cli/fixtures/apps.ts";

for (const name of ["default", "handler", "gateway", "listening", "wsgi", "unicode"] as const) {
  Deno.test(`resolveExport takes ${name} as it is`, () => {
    assertStrictEquals(resolveExport(apps, name).app, apps[name]);
  });
}

const unfit: [name: string, says: string][] = [
  ["nosuch", 'its module has no export "nosuch"'],
  ["handle", 'its module has no export "handle", did you mean handler'],
  ["toString", 'its module has no export "toString"'],
  ["App", "got a class instead of an instance"],
  [
    "text",
    'expected its export "text" to be a function, an object with a fetch, wsgi or node function, an Express, Connect, Koa or Fastify instance, an http.Server or a Gateway, got string',
  ],
  ["nothing", "got null"],
  ["empty", "got an object without one"],
  [
    "misversioned",
    'expected wsgiVersion of its export "misversioned" to be "1.0" or "u.0", got "2.0"',
  ],
  ["numbered", 'expected wsgiVersion of its export "numbered" to be "1.0" or "u.0", got number'],
  ["both", "got an object with both"],
  ["uncallable", "got an object without one"],
  ["deaf", 'expected onListen of its export "deaf" to be a function'],
];
for (const [name, says] of unfit) {
  Deno.test(`resolveExport refuses ${name}`, () => {
    assertThrows(() => resolveExport(apps, name), TypeError, says);
  });
}

Deno.test("resolveExport lists the exports of a module without a default one", () => {
  const says = "its module has no default export, its exports are api, web";
  assertThrows(() => resolveExport({ api: 1, web: 2 }, "default"), TypeError, says);
  assertThrows(() => resolveExport({}, "default"), TypeError, "it exports nothing");
});

Deno.test("moduleFailure says what to do with a CommonJS module that is loaded as an ES module", () => {
  for (const name of ["require", "module", "exports"]) {
    const says = moduleFailure(new ReferenceError(`${name} is not defined`));
    assertEquals(
      says,
      `its module failed: it is loaded as an ES module, which has no ${name}; ` +
        'a CommonJS file ends in .cjs, or its package.json says "type": "commonjs"',
    );
  }
  for (const error of [new ReferenceError("other is not defined"), "require is not defined"]) {
    assertEquals(moduleFailure(error), "its module failed");
  }
});

Deno.test("resolveExport says what to do with a bare handler of node:http and a server that listens", () => {
  const bare = (_req: unknown, res: { end(): void }) => res.end();
  const says =
    "is a function (req, res) of node:http: serve it with --gateway node, or export { node: handler }";
  assertThrows(() => resolveExport({ default: bare }, "default"), TypeError, says);
  const served = (gateway: "node" | "fetch") =>
    resolveExport({ default: bare }, "default", gateway).app;
  assertEquals([served("node"), served("fetch")], [{ node: bare }, { fetch: bare }] as never[]);
  const server = { listen() {}, emit() {}, _events: { request() {} }, listening: true };
  const listens = "your module starts a server of its own: export it instead";
  assertThrows(() => resolveExport({ default: server }, "default"), TypeError, listens);
  const denos = { finished: Promise.resolve(), addr: {}, shutdown() {}, ref() {} };
  assertThrows(() => resolveExport({ default: denos }, "default"), TypeError, listens);
});

Deno.test("resolveExport gives onListen its this", () => {
  const seen: unknown[] = [];
  const app = { fetch: () => new Response(), onListen: (addr: unknown) => void seen.push(addr) };
  const addr = { transport: "tcp" as const, hostname: "127.0.0.1", port: 1 };
  resolveExport({ default: app }, "default").onListen?.(addr);
  assertEquals(seen, [addr]);
});

/** As itty-router makes its routers: any name but its own registers a route. */
function router(): { fetch(): Response } {
  const register = () => {
    throw new TypeError("A route was registered");
  };
  const everything = new Proxy({}, { get: () => register });
  return { __proto__: everything, fetch: () => new Response("routed") } as never;
}

Deno.test("a router whose prototype is a Proxy is a Fetch application and nothing else", async () => {
  const app = router();
  const loaded = resolveExport({ default: app }, "default");
  assertEquals([loaded.app, loaded.onListen], [app, undefined]);
  const tree = toTree(app);
  assertEquals(tree.kind, "value");
  await using client = new Client(app);
  await client.tell("GET / HTTP/1.1|Host: a||");
  assertEquals(contentText(await client.read()), "routed");
});
