// WsgiServer, its versions, and gateways derived from its own.

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  gatewayMap,
  ModuleApp,
  serve,
  WsgiGateway,
  WsgiGateway10,
  WsgiGatewayU0,
  WsgiServer,
  type WsgiServerOptions,
} from "../../mod.ts";
import type { WsgiApp } from "../../src/gateway/wsgi/mod.ts";
import { createWsgiGateway } from "../../src/gateway/wsgi/versions.ts";

const quiet = { onListen: () => {} };

/** Responds with members of its environ. */
const environApp: WsgiApp = (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  const { PATH_INFO, SERVER_SOFTWARE } = environ;
  const text = JSON.stringify([environ["wsgi.version"], PATH_INFO, SERVER_SOFTWARE]);
  return [new TextEncoder().encode(text)];
};

async function environOf(server: WsgiServer, path: string): Promise<unknown> {
  await server.prepare();
  const serving = server.serve();
  const response = await fetch(`http://${server.bindAddr}${path}`);
  const environ = response.headers.get("content-type") === "text/plain"
    ? await response.text()
    : await response.json();
  await server.stop();
  await serving;
  return environ;
}

Deno.test("WsgiServer serves a function in the given version", async () => {
  const plain = new WsgiServer("127.0.0.1:0", environApp, { ...quiet, software: "me" });
  assertEquals(plain.wsgiVersion, "1.0");
  assertEquals(await environOf(plain, "/%C3%A4"), '[[1,0],"/\u00c3\u00a4","me"]');
  const options: WsgiServerOptions = { ...quiet, software: "me", wsgiVersion: "u.0" };
  const unicode = new WsgiServer(["127.0.0.1:0"], environApp, options);
  assertEquals(unicode.wsgiVersion, "u.0");
  assertEquals(await environOf(unicode, "/%C3%A4"), '[["u",0],"/\u00e4","me"]');
});

Deno.test("WsgiServer serves a module from the pool", async () => {
  const url = new URL("../gateway/wsgi/fixtures/apps.ts", import.meta.url);
  const server = new WsgiServer("127.0.0.1:0", new ModuleApp(url, "unicode"), {
    ...quiet,
    minWorkers: 1,
    software: "me",
  });
  assertEquals(server.wsgiVersion, undefined);
  const environ = await environOf(server, "/%C3%A4") as Record<string, unknown>;
  assertEquals([environ.PATH_INFO, environ["wsgi.multiprocess"]], ["/\u00e4", true]);
  assertEquals([environ.SERVER_NAME, environ.SERVER_SOFTWARE], ["127.0.0.1", "me"]);
});

Deno.test("WsgiServer throws for what it cannot serve", () => {
  const make = (app: unknown, options: object = {}) => () =>
    new WsgiServer("127.0.0.1:0", app as WsgiApp, options);
  assertThrows(make("app"), TypeError, "expected a function or the URL of a module, got string");
  assertThrows(make({ wsgi: environApp }), TypeError, "got object");
  assertThrows(
    make(environApp, { wsgiVersion: "2.0" }),
    TypeError,
    'expected wsgiVersion "1.0" or "u.0"',
  );
  assertThrows(make(environApp, { bind: "x" }), TypeError, "expected it as the first argument");
  assertThrows(make(environApp, { minWorkers: 2 }), TypeError, "Cannot use minWorkers");
  const url = new URL("file:///app.ts");
  assertThrows(make(url, { wsgiVersion: "1.0" }), TypeError, "expected it beside wsgi");
});

Deno.test("gatewayMap leads from versions to gateways", () => {
  assertEquals([...gatewayMap()], [["1.0", WsgiGateway10], ["u.0", WsgiGatewayU0]]);
  for (const Gateway of gatewayMap().values()) {
    assert(new Gateway(environApp) instanceof WsgiGateway);
  }
  assertThrows(() => createWsgiGateway(1 as unknown as WsgiApp), TypeError, "expected a function");
});

Deno.test("a gateway that is extended adds to environ and headers", async () => {
  class Own extends WsgiGateway10 {
    override getEnviron(...args: Parameters<WsgiGateway10["getEnviron"]>) {
      return { ...super.getEnviron(...args), SERVER_SOFTWARE: "own" };
    }

    override startResponse(...args: Parameters<WsgiGateway10["startResponse"]>): void {
      const [response, status, headers, excInfo] = args;
      super.startResponse(response, status, [...headers, ["X-Own", "1"]], excInfo);
    }
  }
  await using server = serve(new Own(environApp), { port: 0, ...quiet });
  const response = await fetch(`http://${server.bindAddr}/a`);
  assertEquals(response.headers.get("x-own"), "1");
  assertEquals(await response.json(), [[1, 0], "/a", "own"]);
});

Deno.test("{ wsgi } keeps its this", async () => {
  const app = {
    text: "mine",
    wsgi(...[_environ, startResponse]: Parameters<WsgiApp>) {
      startResponse("200 OK", [["Content-Type", "text/plain"]]);
      return [new TextEncoder().encode(this.text)];
    },
  };
  await using server = serve(app, { port: 0, ...quiet });
  assertEquals(await (await fetch(`http://${server.bindAddr}/`)).text(), "mine");
});
