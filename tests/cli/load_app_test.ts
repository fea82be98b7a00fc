// Forms of APP that are parsed, found and loaded, and the errors of the others.

import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { ExitError } from "../../src/cli/settings/exit_error.ts";
import { ModuleApp } from "../../src/application/application.ts";
import { loadApp, loadFailure, locateApp } from "../../src/cli/load_app.ts";
import { parseAppReference } from "../../src/cli/settings/app_reference.ts";
import { ApplicationLoadError } from "../../src/application/application_load_error.ts";
import * as apps from "./fixtures/apps.ts";

const here = (path: string) => new URL(path, `file://${Deno.cwd()}/`).href;
const url = import.meta.resolve("./fixtures/apps.ts");

const references: [text: string, url: string, name: string][] = [
  ["./app.ts", here("app.ts"), "default"],
  ["app.ts", here("app.ts"), "default"],
  ["./app.ts:api", here("app.ts"), "api"],
  ["app.ts:api", here("app.ts"), "api"],
  ["../a/app.ts:default", here("../a/app.ts"), "default"],
  ["./my-app:my-export", here("my-app"), "my-export"],
  ["/srv/a b#1%.ts:x", "file:///srv/a%20b%231%25.ts", "x"],
  ["/srv/10:30/app.ts", "file:///srv/10:30/app.ts", "default"],
  ["/srv/a:b.ts:c", "file:///srv/a:b.ts", "c"],
  ["http://127.0.0.1:8000/app.ts", "http://127.0.0.1:8000/app.ts", "default"],
  ["http://127.0.0.1:8000/app.ts:api", "http://127.0.0.1:8000/app.ts", "api"],
  ["HTTPS://[::1]:8000/a/app.ts:api", "https://[::1]:8000/a/app.ts", "api"],
  ["http://localhost:8000", "http://localhost:8000/", "default"],
  ["http://localhost:8000/", "http://localhost:8000/", "default"],
  ["http://h/a:b/app.ts", "http://h/a:b/app.ts", "default"],
  ["http://h/app.ts?v=1:2", "http://h/app.ts?v=1:2", "default"],
  ["https://h/@s/a@1.0.0/mod.ts:x", "https://h/@s/a@1.0.0/mod.ts", "x"],
  ["file:///srv/app.ts:api", "file:///srv/app.ts", "api"],
  ["file:///srv/app.ts", "file:///srv/app.ts", "default"],
];
for (const [text, url, name] of references) {
  Deno.test(`parseAppReference reads ${text}`, () => {
    assertEquals(parseAppReference(text), { url, name });
  });
}

const refused: [text: string, reason: string][] = [
  ["", "expected the path of a module"],
  [":api", "expected the path of a module"],
  ["./app.ts:", "expected the name of an export behind the colon"],
  ["http://h/app.ts:", "expected the name of an export behind the colon"],
  ["http://[::1/app.ts", "expected a valid URL"],
  ["npm:hono", "expected a path or an http:, https: or file: URL"],
  ["jsr:@std/http", "expected a path or an http:, https: or file: URL"],
  ["data:text/javascript,", "expected a path or an http:, https: or file: URL"],
];
for (const [text, reason] of refused) {
  Deno.test(`parseAppReference refuses ${JSON.stringify(text)}`, () => {
    const message = `Cannot load ${text}: ${reason}`;
    assertEquals(assertThrows(() => parseAppReference(text), ExitError, message).exitCode, 3);
  });
}

Deno.test("loadApp takes the default export of a module", async () => {
  assertStrictEquals((await loadApp(url)).app, apps.default);
});

Deno.test("loadApp takes a named export, a bare function", async () => {
  assertStrictEquals((await loadApp(`${url}:handler`)).app, apps.handler);
});

Deno.test("loadApp takes a gateway whose class is from another copy of the module", async () => {
  assertStrictEquals((await loadApp(`${url}:gateway`)).app, apps.gateway);
});

Deno.test("loadApp returns onListen, which has the export as its this", async () => {
  const { onListen } = await loadApp(`${url}:listening`);
  const addr = { transport: "tcp" as const, hostname: "127.0.0.1", port: 1 };
  onListen?.(addr);
  assertEquals(apps.listening.addrs, [addr]);
});

Deno.test("loadApp reports an export that cannot be served", async () => {
  const reason = `Cannot load ${url}:empty: expected its export "empty" to be a function`;
  assertEquals((await assertRejects(() => loadApp(`${url}:empty`), ExitError, reason)).exitCode, 3);
});

Deno.test("loadApp reports a Fastify instance that fails to get ready", async () => {
  const reason = `Cannot load ${url}:unready: its application failed to get ready`;
  const error = await assertRejects(() => loadApp(`${url}:unready`), ExitError, reason);
  assertEquals([error.exitCode, (error.cause as Error).message], [3, "plugin failed"]);
});

Deno.test("locateApp finds a module and does not import it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/app.ts`, 'throw new Error("imported");');
    const app = await locateApp(`${folder}/app.ts:api`);
    assert(app instanceof ModuleApp);
    assertEquals([app.url, app.name], [`file://${folder}/app.ts`, "api"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (
  const [text, reason] of [["./nowhere/app.ts", "No such file"], ["./tests", "expected a file"]]
) {
  Deno.test(`locateApp refuses ${text}`, async () => {
    const message = `Cannot load ${text}: ${reason}`;
    assertEquals((await assertRejects(() => locateApp(text), ExitError, message)).exitCode, 3);
  });
}

Deno.test("loadFailure names the application and keeps its own error", () => {
  const own = new Error("own");
  const failure = loadFailure(
    [{ prefix: "", app: "./$&.ts" }],
    new ApplicationLoadError("it failed", own),
  );
  assertEquals(failure?.message, "Cannot load ./$&.ts: it failed");
  assertEquals(failure?.exitCode, 3);
  assertStrictEquals(failure?.cause, own);
  assertEquals(loadFailure([{ prefix: "", app: "./app.ts" }], own), undefined);
});

Deno.test("loadApp reports a missing file", async () => {
  const reason = "Cannot load ./nowhere/app.ts: No such file or directory";
  assertEquals(
    (await assertRejects(() => loadApp("./nowhere/app.ts"), ExitError, reason)).exitCode,
    3,
  );
});

Deno.test("loadApp reports that APP is a folder", async () => {
  await assertRejects(() => loadApp("./tests"), ExitError, "Cannot load ./tests: expected a file");
});

/** Writes a module, tries to load it, and returns the cause of the error. */
async function causeOfFailure(source: string): Promise<Error> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/app.ts`, source);
    const reason = `Cannot load ${folder}/app.ts: its module failed`;
    const error = await assertRejects(() => loadApp(`${folder}/app.ts`), ExitError, reason);
    assertEquals(error.exitCode, 3);
    return error.cause as Error;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("loadApp keeps the application's own error as the cause", async () => {
  const cause = await causeOfFailure('throw new RangeError("own error");');
  assertEquals(String(cause), "RangeError: own error");
  assert(cause.stack?.includes("/app.ts:1:"));
});

Deno.test("loadApp keeps a syntax error as the cause", async () => {
  const cause = await causeOfFailure("const x = ;");
  assert(cause.message.includes("/app.ts:1:11"));
});

Deno.test("loadApp keeps a missing import as the cause", async () => {
  const cause = await causeOfFailure('import "./missing.ts";');
  assert(cause.message.includes("missing.ts"));
});
