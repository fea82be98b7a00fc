// Unchanged frameworks are served: Flask with Werkzeug and Jinja, Bottle, CherryPy. They are Debian's
// packages for Python 3.11. Some of them import `cgi`, which later versions of Python no longer have; it is
// copied from 3.11, as the package legacy-cgi does.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ModuleApp, PathDispatcher } from "../../mod.ts";
import type { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";
import { expectLog, fieldOf, PYTHON_KINDS, started, textOf } from "./python_site.ts";

const PACKAGES = "/usr/lib/python3/dist-packages";
const CGI = "/usr/lib/python3.11/cgi.py";
const needed = [`${PACKAGES}/flask`, `${PACKAGES}/bottle.py`, `${PACKAGES}/cherrypy`, CGI];
const missing = needed.filter((path) => !exists(path)).join(", ");

for (const { name, python, ignore } of PYTHON_KINDS) {
  Deno.test(
    `${name}: Flask, Bottle and CherryPy are served${missing && ` (missing: ${missing})`}`,
    { ignore: ignore || missing !== "" },
    (t) => serveAll(python, t),
  );
}

async function serveAll(python: string, t: Deno.TestContext): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const cgi = await Deno.readTextFile(CGI);
    await Deno.writeTextFile(`${folder}/cgi.py`, cgi.replace(/^warnings\._deprecated.*$/m, ""));
    await using site = await serveFrameworks(python, folder);
    await t.step("Flask: a template, with URLs below its mount", () => useTemplate(site));
    await t.step("Flask: a form with a file", () => sendForm(site));
    await t.step("Flask: JSON", () => sendJson(site));
    await t.step("Flask: a session", () => visit(site));
    await t.step("Flask: a hashed password", () => checkPassword(site));
    await t.step("Flask: a stream", () => stream(site));
    await t.step("Flask: an exception is in the log", () => fail(site));
    await t.step("Flask: content that is too large is 413, not its own 500", () => exceed(site));
    await t.step("Bottle: a route, a form, a file", () => useBottle(site));
    await t.step("CherryPy: a page, an upload", () => useCherryPy(site));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function serveFrameworks(python: string, folder: string): Promise<Site> {
  const url = new URL("fixtures/frameworks.py", import.meta.url);
  const apps = new PathDispatcher({
    "/flask": new ModuleApp(url, "flask_app"),
    "/bottle": new ModuleApp(url, "bottle_app"),
    "/cherrypy": new ModuleApp(url, "cherrypy_app"),
  });
  const pythonPath = python === "embedded" ? [folder, PACKAGES] : [];
  return started(apps, { python, pythonPath, maxContentSize: 100_000 });
}

async function useTemplate(site: Site): Promise<void> {
  const response = await site.ask("GET /flask/?name=%3Cworld%3E HTTP/1.1|Host: a||");
  assertEquals(textOf(response), "<p>Hello &lt;world&gt;, see /flask/hello/you</p>");
  const other = await site.ask("GET /flask/hello/J%C3%BCrgen HTTP/1.1|Host: a||");
  assertEquals(textOf(other), "Hello Jürgen");
  expectLog(site);
}

async function sendForm(site: Site): Promise<void> {
  const body = new FormData();
  body.append("name", "value");
  body.append("file", new File(["content of the file"], "name.txt"));
  const response = await fetch(`${site.url}/flask/form`, { method: "POST", body });
  assertEquals(await response.json(), {
    form: { name: "value" },
    files: { file: "content of the file" },
  });
}

async function sendJson(site: Site): Promise<void> {
  const response = await fetch(`${site.url}/flask/json`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: new Blob(['{"a": [1, "ü"]}']).stream(),
  });
  assertEquals(await response.json(), { a: [1, "ü"] });
}

async function visit(site: Site): Promise<void> {
  const first = await site.ask("GET /flask/visits HTTP/1.1|Host: a||");
  const cookie = fieldOf(first, "set-cookie")!.split(";")[0];
  const second = await site.ask(`GET /flask/visits HTTP/1.1|Host: a|Cookie: ${cookie}||`);
  assertEquals([first, second].map(textOf), ["1", "2"]);
}

async function checkPassword(site: Site): Promise<void> {
  const response = await site.ask("GET /flask/password HTTP/1.1|Host: a||");
  assertEquals(textOf(response), "pbkdf2 True False");
  expectLog(site);
}

async function stream(site: Site): Promise<void> {
  const response = await site.ask("GET /flask/stream HTTP/1.1|Host: a||");
  assertEquals(textOf(response), "0\n1\n2\n3\n4\n");
  assertEquals(response.chunks, [2, 2, 2, 2, 2]);
  expectLog(site);
}

async function fail(site: Site): Promise<void> {
  const response = await site.ask("GET /flask/fail HTTP/1.1|Host: a||");
  assertEquals(response.status, 500);
  const [{ event, message, error }] = site.log.splice(0);
  assertEquals(event, "wsgi-errors");
  assertMatch(message, /ERROR in app: Exception on \/fail \[GET\]$/);
  assertMatch((error as Error).stack!, /^Traceback .*\nLookupError: in a view$/s);
}

async function exceed(site: Site): Promise<void> {
  using client = await site.connect();
  await client.send(octets("POST /flask/size HTTP/1.1|Host: a|Transfer-Encoding: chunked||30d40|"));
  await client.trySend(new Uint8Array(200_000));
  assertEquals((await client.read()).status, 413);
  site.log.length = 0;
}

async function useBottle(site: Site): Promise<void> {
  const page = await site.ask("GET /bottle/hello/you HTTP/1.1|Host: a||");
  assertEquals(textOf(page), "<b>Hello you</b>");
  const form = await site.ask(
    "POST /bottle/form HTTP/1.1|Host: a|Content-Length: 7|" +
      "Content-Type: application/x-www-form-urlencoded||a=1&b=2",
  );
  assertEquals(JSON.parse(textOf(form)), { a: "1", b: "2" });
  const file = await site.ask("GET /bottle/file HTTP/1.1|Host: a||");
  assertEquals(
    textOf(file),
    await Deno.readTextFile(new URL("fixtures/frameworks.py", import.meta.url)),
  );
  expectLog(site);
}

async function useCherryPy(site: Site): Promise<void> {
  const page = await site.ask("GET /cherrypy/?name=you HTTP/1.1|Host: a||");
  assertEquals(textOf(page), "Hello you!");
  assert(fieldOf(page, "server")!.startsWith("CherryPy/"));
  const body = new FormData();
  body.append("file", new File(["x".repeat(70_000)], "name.txt"));
  const response = await fetch(`${site.url}/cherrypy/upload`, { method: "POST", body });
  assertEquals(await response.text(), "70000");
  expectLog(site);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
