// The option `gateway`: a bare function of node:http in every mode, in a program and on the command line.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ModuleApp } from "../../mod.ts";
import { Site } from "../support/site.ts";

const MODULE = new URL("./fixtures/bare_functions.ts", import.meta.url);

for (const mode of ["inline", "pool", "sharded"] as const) {
  Deno.test(`gateway "node" serves a bare function of node:http in mode ${mode}`, async () => {
    const app = new ModuleApp(MODULE, "bare");
    await using site = new Site(app, {
      mode,
      gateway: "node",
      ...mode !== "inline" && { minWorkers: 1 },
    });
    assertEquals(await (await fetch(site.url)).text(), "GET / of node:http");
  });
}

Deno.test("gateway of a program: node for (req, res), fetch for a handler that looks like one", async () => {
  {
    const bare = (req: { url: string }, res: { end(text: string): void }) => res.end(req.url);
    await using site = new Site(bare as never, { gateway: "node" });
    assertEquals(await (await fetch(`${site.url}/a`)).text(), "/a");
  }
  const odd = (_: Request, info: { end?: () => void }) => info.end?.() ?? makeResponse();
  await using site = new Site(odd as never, { gateway: "fetch" });
  assertEquals(await (await fetch(site.url)).text(), "made");
});

Deno.test("on the command line a bare function of node:http names the flag, and is served with it", async () => {
  const command = (...words: string[]) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "mod.ts", "--check", `${MODULE.href}:bare`, ...words],
      stderr: "piped",
    }).output();
  const [refused, served] = await Promise.all([
    command("--mode", "inline"),
    command("--mode", "inline", "--gateway", "node"),
  ]);
  const says =
    'its export "bare" is a function (req, res) of node:http: serve it with --gateway node';
  assertStringIncludes(new TextDecoder().decode(refused.stderr), says);
  assertEquals([refused.code, served.code], [3, 0]);
  assert(served.success);
});

function makeResponse(): Response {
  return new Response("made");
}
