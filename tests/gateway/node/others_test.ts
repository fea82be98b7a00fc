// Hapi, Polka and Restify give the same responses as under Node's own server, inline and in the pool.

import { assertEquals, assertNotEquals } from "@std/assert";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ModuleApp } from "../../../mod.ts";
import { stepsInLanes } from "../../support/in_lanes.ts";
import { Site } from "../../support/site.ts";
import * as apps from "./fixtures/others.ts";

const MODULE = new URL("fixtures/others.ts", import.meta.url);
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const JSON_TYPE = { "content-type": "application/json" };

const REQUESTS: readonly [path: string, init?: RequestInit][] = [
  ["/items/7"],
  ["/items/7", { method: "HEAD" }],
  ["/items/7", { method: "PUT", body: "a" }],
  ["/items/7", { method: "OPTIONS" }],
  ["/echo", { method: "POST", headers: JSON_TYPE, body: '{"a":1}' }],
  ["/echo", { method: "POST", headers: JSON_TYPE, body: '{"a":' }],
  ["/echo", { method: "POST", headers: FORM, body: "a=1&b=%20" }],
  ["/echo", { method: "POST", body: "x".repeat(200_000) }],
  ["/fail"],
  ["/redirect", { redirect: "manual" }],
  ["/missing"],
];

Deno.test("Hapi, Polka and Restify respond as under Node's server, inline and in the pool", async (t) => {
  const names = ["hapi", "polkaHandler", "restifyServer"] as const;
  await stepsInLanes(
    t,
    names.length,
    names.map((name) => [name, async () => {
      const own: Server = apps[name].node === undefined
        ? apps[name]
        : createServer(apps[name].node);
      await new Promise<void>((resolve) => own.listen(0, "127.0.0.1", resolve));
      const expected = await responses(`http://127.0.0.1:${(own.address() as AddressInfo).port}`);
      await new Promise((resolve) => own.close(resolve));
      assertNotEquals(expected[0][0], 500);
      await using inline = new Site(apps[name]);
      assertEquals(await responses(inline.url), expected);
      const module = new ModuleApp(MODULE, name);
      await using pool = new Site(module, { mode: "pool", minWorkers: 1, maxWorkers: 1 });
      assertEquals(await responses(pool.url), expected);
    }]),
  );
});

type Shown = [status: number, fields: Record<string, string>, content: string];

async function responses(url: string): Promise<Shown[]> {
  const shown: Shown[] = [];
  for (const [path, init] of REQUESTS) {
    const response = await fetch(url + path, init);
    const fields = Object.fromEntries(response.headers);
    for (const name of Object.keys(fields)) {
      const isServers = /^(date|connection|keep-alive|server|content-length|transfer-encoding)$/;
      if (isServers.test(name) || /request-id|response-time/.test(name)) delete fields[name];
    }
    shown.push([response.status, fields, await response.text()]);
  }
  return shown;
}
