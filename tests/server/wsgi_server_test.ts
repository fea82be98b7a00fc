// WsgiServer, and how applications of its kind are named.

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

/** Tells what it has been given. */
const telling: WsgiApp = (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  const { PATH_INFO, SERVER_NAME } = environ;
  const text = JSON.stringify([environ["wsgi.version"], PATH_INFO, SERVER_NAME]);
  return [new TextEncoder().encode(text)];
};

async function told(server: WsgiServer, path: string): Promise<unknown> {
  await server.prepare();
  const serving = server.serve();
  const answer = await fetch(`http://${server.bindAddr}${path}`);
  const told = answer.headers.get("content-type") === "text/plain"
    ? await answer.text()
    : await answer.json();
  await server.stop();
  await serving;
  return told;
}

Deno.test("WsgiServer serves a function in the version that is asked for", async () => {
  const plain = new WsgiServer("127.0.0.1:0", telling, { ...quiet, serverName: "me" });
  assertEquals(plain.wsgiVersion, "1.0");
  assertEquals(await told(plain, "/%C3%A4"), '[[1,0],"/\u00c3\u00a4","me"]');
  const options: WsgiServerOptions = { ...quiet, serverName: "me", wsgiVersion: "u.0" };
  const unicode = new WsgiServer(["127.0.0.1:0"], telling, options);
  assertEquals(unicode.wsgiVersion, "u.0");
  assertEquals(await told(unicode, "/%C3%A4"), '[["u",0],"/\u00e4","me"]');
});

Deno.test("WsgiServer serves a module from the pool", async () => {
  const url = new URL("../gateway/wsgi/fixtures/apps.ts", import.meta.url);
  const server = new WsgiServer("127.0.0.1:0", new ModuleApp(url, "unicode"), {
    ...quiet,
    minWorkers: 1,
  });
  assertEquals(server.wsgiVersion, undefined);
  const environ = await told(server, "/%C3%A4") as Record<string, unknown>;
  assertEquals([environ.PATH_INFO, environ["wsgi.multiprocess"]], ["/\u00e4", true]);
});

Deno.test("WsgiServer refuses what it cannot serve", () => {
  const make = (app: unknown, options: object = {}) => () =>
    new WsgiServer("127.0.0.1:0", app as WsgiApp, options);
  assertThrows(make("app"), TypeError, "expected a function or the URL of a module, got string");
  assertThrows(make({ wsgi: telling }), TypeError, "got object");
  assertThrows(
    make(telling, { wsgiVersion: "2.0" }),
    TypeError,
    'expected wsgiVersion "1.0" or "u.0"',
  );
  assertThrows(make(telling, { bind: "x" }), TypeError, "expected it as the first argument");
  assertThrows(make(telling, { minWorkers: 2 }), TypeError, "Cannot use minWorkers");
  const url = new URL("file:///app.ts");
  assertThrows(make(url, { wsgiVersion: "1.0" }), TypeError, "expected it beside wsgi");
});

Deno.test("gatewayMap leads from versions to gateways", () => {
  assertEquals([...gatewayMap()], [["1.0", WsgiGateway10], ["u.0", WsgiGatewayU0]]);
  for (const Gateway of gatewayMap().values()) assert(new Gateway(telling) instanceof WsgiGateway);
  assertThrows(() => createWsgiGateway(1 as unknown as WsgiApp), TypeError, "expected a function");
});

Deno.test("a gateway that is extended adds to environ and headers", async () => {
  class Own extends WsgiGateway10 {
    override getEnviron(...args: Parameters<WsgiGateway10["getEnviron"]>) {
      return { ...super.getEnviron(...args), SERVER_NAME: "own" };
    }

    override startResponse(...args: Parameters<WsgiGateway10["startResponse"]>): void {
      const [response, status, headers, excInfo] = args;
      super.startResponse(response, status, [...headers, ["X-Own", "1"]], excInfo);
    }
  }
  await using server = serve(new Own(telling), { port: 0, ...quiet });
  const answer = await fetch(`http://${server.bindAddr}/a`);
  assertEquals(answer.headers.get("x-own"), "1");
  assertEquals(await answer.json(), [[1, 0], "/a", "own"]);
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
