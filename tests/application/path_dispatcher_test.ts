// A dispatcher over real sockets in the accepting thread, and the applications that it refuses.

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Exchange,
  type FetchInfo,
  Gateway,
  type MountableApp,
  PathDispatcher,
} from "../../mod.ts";
import { mountsOf } from "../../src/application/application_tree.ts";
import { contentText } from "../support/raw_client.ts";
import { Site } from "../support/site.ts";
import { PATH_ROWS } from "../gateway/path/path_rows.ts";

const get = (target: string) => `GET ${target} HTTP/1.1|Host: a||`;

/** Responds with its name and its mountPath. */
const tell = (name: string) => (_request: Request, info: FetchInfo): Response =>
  new Response(`${name} ${info.mountPath}`);

async function textOf(site: Site, wire: string): Promise<string> {
  const response = await site.ask(wire);
  return response.status === 200 ? contentText(response) : String(response.status);
}

Deno.test("over a socket each path goes to the application that the table says", async () => {
  for (const { prefixes, path, place } of PATH_ROWS) {
    if (!path.startsWith("/")) continue; // no target of a request
    const app = new PathDispatcher(prefixes.map((prefix) => [prefix, tell("app")] as const));
    await using site = new Site(app);
    const expected = place === undefined ? "404" : `app ${place.mountPath}`;
    assertEquals(await textOf(site, get(path)), expected, `${prefixes}: ${path}`);
    assertEquals(site.log, []);
  }
});

class Echo extends Gateway {
  override respond(exchange: Exchange): void | Promise<void> {
    return exchange.respond({ status: 200, fields: [] }, `gateway ${exchange.mountPath}`);
  }
}

Deno.test("applications of every kind stand side by side", async () => {
  await using site = new Site(
    new PathDispatcher({
      "/function": tell("function"),
      "/object": { fetch: tell("object") },
      "/gateway": new Echo(),
      "/foreign": { respond: (exchange: Exchange) => new Echo().respond(exchange) },
      "/nested": new PathDispatcher([["/deep", tell("nested")], ["", new Echo()]]),
    }),
  );
  assertEquals(await textOf(site, get("/function/x")), "function /function");
  assertEquals(await textOf(site, get("/object")), "object /object");
  assertEquals(await textOf(site, get("/gateway?x=/function")), "gateway /gateway");
  assertEquals(await textOf(site, get("/foreign/")), "gateway /foreign");
  assertEquals(await textOf(site, get("/nested/deep/x")), "nested /nested/deep");
  assertEquals(await textOf(site, get("/%6eested/d%65ep/x")), "nested /%6eested/d%65ep");
  assertEquals(await textOf(site, get("/nested/deeper")), "gateway /nested");
  assertEquals(await textOf(site, get("/nested")), "gateway /nested");
});

Deno.test("a nested dispatcher without a root responds 404 itself", async () => {
  const nested = new PathDispatcher({ "/deep": tell("nested") });
  await using site = new Site(new PathDispatcher({ "/nested": nested, "/": tell("root") }));
  assertEquals(await textOf(site, get("/nested/deep")), "nested /nested/deep");
  assertEquals(await textOf(site, get("/nested/other")), "404");
  assertEquals(await textOf(site, get("/nested")), "404");
  assertEquals(await textOf(site, get("/nest")), "root ");
});

Deno.test("one dispatcher may have two prefixes", async () => {
  const twice = new PathDispatcher({ "/x": tell("x") });
  await using site = new Site(new PathDispatcher({ "/a": twice, "/b": twice }));
  assertEquals(await textOf(site, get("/a/x")), "x /a/x");
  assertEquals(await textOf(site, get("/b/x")), "x /b/x");
});

Deno.test("a path without a prefix gets a plain 404 on a connection that is kept", async () => {
  await using site = new Site(new PathDispatcher({ "/blog": tell("blog") }));
  const client = await site.connect();
  for (const method of ["GET", "HEAD", "POST", "DELETE"] as const) {
    const content = method === "POST" ? "Content-Length: 5||hello" : "|";
    await client.send(new TextEncoder().encode(
      `${method} /blogger HTTP/1.1|Host: a|${content}`.replaceAll("|", "\r\n"),
    ));
    const response = await client.read(method);
    assertEquals(response.status, 404);
    assertEquals(contentText(response), method === "HEAD" ? "" : "Not Found\n");
  }
  assertEquals(site.log, []);
});

Deno.test("OPTIONS * goes to the root, and gets 404 without one", async () => {
  const wire = "OPTIONS * HTTP/1.1|Host: a||";
  await using rooted = new Site(new PathDispatcher({ "/": tell("root"), "/a": tell("a") }));
  assertEquals(await textOf(rooted, wire), "root ");
  await using rootless = new Site(new PathDispatcher({ "/a": tell("a") }));
  assertEquals(await textOf(rootless, wire), "404");
});

Deno.test("an absolute-form target is compared by its path", async () => {
  await using site = new Site(new PathDispatcher({ "/a": tell("a"), "/b": tell("b") }));
  assertEquals(await textOf(site, "GET http://a/b/x HTTP/1.1|Host: a||"), "b /b");
  assertEquals(await textOf(site, "GET http://a?/a HTTP/1.1|Host: a||"), "404");
});

Deno.test("a Fetch handler gets the whole URL, and can cut it by mountPath", async () => {
  const app = (request: Request, info: FetchInfo) => {
    const { pathname, search } = new URL(request.url);
    return new Response(pathname.slice(info.mountPath.length) + search);
  };
  await using site = new Site(new PathDispatcher({ "/caf\u00e9": app }));
  assertEquals(await textOf(site, get("/c%61f%C3%A9/today/%2F?a=b")), "/today/%2F?a=b");
});

Deno.test("onError responds for the values, and onError beside fetch for its own application", async () => {
  const fail = () => {
    throw new Error("own error");
  };
  const apps = new PathDispatcher({
    "/a": fail,
    "/b": { fetch: fail, onError: () => new Response("own") } as MountableApp,
  });
  await using site = new Site(apps, { onError: () => new Response("server's") });
  assertEquals(await textOf(site, get("/a")), "server's");
  assertEquals(await textOf(site, get("/b")), "own");
});

Deno.test("a module of a dispatcher that no server has loaded counts as a fault of the gateway", async () => {
  const dispatcher = new PathDispatcher({ "/a": new URL("./app.ts", import.meta.url) });
  class Wrapped extends Gateway {
    override respond(exchange: Exchange): void | Promise<void> {
      return dispatcher.respond(exchange);
    }
  }
  await using site = new Site(new Wrapped());
  assertEquals((await site.ask(get("/a"))).status, 500);
  assert(String(site.log[0].error).includes("a module is loaded by the server"));
});

const module = new URL("./app.ts", import.meta.url);
const refused: [name: string, apps: unknown, says: string][] = [
  ["nothing", {}, "Cannot make PathDispatcher: expected at least one application, got none"],
  ["no record", 42, "expected a record or a list of [prefix, app], got number"],
  ["null", null, "expected a record or a list of [prefix, app]"],
  ["a prefix without a slash", { blog: tell("a") }, 'begins with "/"'],
  [
    "a prefix twice",
    [["/a", tell("a")], ["/a/", tell("b")]],
    "Cannot mount at /a: expected one application there, got two",
  ],
  ["two roots", { "": tell("a"), "/": tell("b") }, "Cannot mount at /: expected one application"],
  [
    "a number",
    { "/a": 42 },
    "Cannot mount at /a: expected a function, an object with fetch()",
  ],
  ["undefined", { "/a": undefined }, "Cannot mount at /a: expected a function"],
  ["null as an application", { "/a": null }, "Cannot mount at /a: expected a function"],
  [
    "text",
    { "/a": "./app.ts" },
    'Cannot mount at /a: expected the URL of a module, such as new URL("./app.ts", import.meta.url)',
  ],
  [
    "a pool for a function",
    { "/a": { app: tell("a"), pool: {} } },
    "Cannot mount at /a: expected as the app beside pool the URL of a module or a ModuleApp",
  ],
  [
    "a number as a pool",
    { "/a": { app: module, pool: 2 } },
    "Cannot mount at /a: expected as the pool beside app an object with options",
  ],
  [
    "an app without a pool",
    { "/a": { app: module } },
    "Cannot mount at /a: expected as the pool beside app an object with options",
  ],
];
for (const [name, apps, says] of refused) {
  Deno.test(`PathDispatcher refuses ${name}`, () => {
    type Apps = ConstructorParameters<typeof PathDispatcher>[0];
    assertThrows(() => new PathDispatcher(apps as Apps), TypeError, says);
  });
}

Deno.test("PathDispatcher can be extended, but respond cannot be overridden", async () => {
  class Named extends PathDispatcher {
    constructor() {
      super({ "/a": tell("a") });
    }
  }
  await using site = new Site(new Named());
  assertEquals(await textOf(site, get("/a")), "a /a");
  class Counting extends Named {
    override respond(exchange: Exchange): void | Promise<void> {
      return super.respond(exchange);
    }
  }
  assertThrows(() => new Counting(), TypeError, "Cannot override respond of PathDispatcher");
});

Deno.test("PathDispatcher takes a record, a list and a Map", () => {
  const app = tell("a");
  const expected = [{ prefix: "/a", app: { kind: "value", app } }, {
    prefix: "",
    app: { kind: "module", url: module.href, name: "default" },
  }];
  for (const apps of [{ "/a": app, "/": module }, [["/a", app], ["/", module]] as const]) {
    assertEquals(JSON.stringify(mountsOf(new PathDispatcher(apps))), JSON.stringify(expected));
  }
  const map = new Map<string, MountableApp>([["/a/", app], ["", module]]);
  assertEquals(JSON.stringify(mountsOf(new PathDispatcher(map))), JSON.stringify(expected));
});
