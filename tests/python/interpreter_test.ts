// One interpreter in this thread, without a server: loading of applications, and exchanges with them.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { FieldSection } from "../../src/http1/field_section.ts";
import { ApplicationLoadError } from "../../src/application/application_load_error.ts";
import { loadPython } from "../../src/python/mod.ts";
import { loadPythonModule } from "../../src/application/python_module.ts";
import type { TlsInfo } from "../../src/tls/tls_info.ts";
import { FakeExchange } from "../pool/fake_exchange.ts";
import { BlockingFake, responseOf } from "./blocking_fake.ts";

const FIXTURES = new URL("fixtures/", import.meta.url);

const textOf = (name: string, exchange: BlockingFake) => responseOf("loading.py", name, exchange);

Deno.test("an application finds modules, packages and files beside itself", async () => {
  const url = new URL("folder/site.py", FIXTURES).href;
  const { app } = await loadPythonModule(url, "default", []);
  const exchange = new BlockingFake("/");
  await (app as { respond(exchange: unknown): unknown }).respond(exchange);
  assertEquals(exchange.text, "Hello inner INNER of a file site");
});

/** The modules that fail in their own code, which a traceback shows. */
const FAILS_ITSELF = /^(imports what|raises|exits)/;

const BROKEN: [name: string, source: string | undefined, traceback: RegExp][] = [
  ["is not there", undefined, /FileNotFoundError: .* No such file or directory: '.*app\.py'$/],
  [
    "has no such name",
    "other = print",
    /AttributeError: module 'app' has no attribute 'name'$/,
  ],
  [
    "has no callable of that name",
    "name = 42",
    /TypeError: expected name to be callable, got int$/,
  ],
  ["is no Python", "def (:", /File ".*app\.py", line 1\n.*\n.*\nSyntaxError: invalid syntax$/],
  [
    "imports what is not there",
    "import nowhere",
    /line 1, in <module>\n.*\nModuleNotFoundError: .*'$/,
  ],
  [
    "raises",
    "def f():\n  1/0\nf()",
    /line 3, in <module>\n.*line 2, in f\n.*ZeroDivisionError: .*$/s,
  ],
  [
    "has a function that makes the application",
    "def name(config=None): pass",
    /TypeError: expected name to take environ and start_response, got name\(config=None\); if it makes the application, use name\(\)$/,
  ],
  [
    "has such a function with two optional arguments",
    "def name(config=None, debug=False): pass",
    /got name\(config=None, debug=False\); if it makes the application, use name\(\)$/,
  ],
  [
    "has a function of one argument",
    "def name(environ): pass",
    /expected name to take environ and start_response, got name\(environ\)$/,
  ],
  [
    "has an ASGI application",
    "async def name(scope, receive, send): pass",
    /TypeError: expected name to be a WSGI application, got a coroutine function, as for ASGI$/,
  ],
  [
    "has an ASGI application that is an object",
    "class App:\n  async def __call__(self, scope, receive, send): pass\nname = App()",
    /got a coroutine function, as for ASGI$/,
  ],
  [
    "has an ASGI 2 application",
    "class name:\n  def __init__(self, scope): pass\n  async def __call__(self, receive, send): pass",
    /got a coroutine function, as for ASGI$/,
  ],
  ["exits", "import sys; sys.exit(3)", /SystemExit: 3$/],
];
for (const [what, source, traceback] of BROKEN) {
  Deno.test(`a module that ${what} cannot be loaded, and the error is Python's, without the server's own frames`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const path = `${folder}/app.py`;
      if (source !== undefined) await Deno.writeTextFile(path, source);
      const error = await assertRejects(
        () => loadPython(`file://${path}`, "name"),
        ApplicationLoadError,
      );
      const { stack } = error.cause as Error;
      assertMatch(stack!, traceback);
      assert(!stack!.includes("_robusto"), stack);
      assertEquals(
        stack!.startsWith("Traceback (most recent call last):\n"),
        FAILS_ITSELF.test(what),
        stack,
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("any callable of two arguments loads, and what a function makes", async () => {
  const folder = await Deno.makeTempDir();
  const source = `
import functools
def one(environ, start_response): return []
class Two:
    def __call__(self, environ, start_response, extra=None): return []
two = Two()
three = Two
def four(*args, **options): return []
five = functools.partial(lambda a, environ, start_response: [], 1)
six = functools.wraps(lambda request: None)(four)
seven = Two().__call__
eight = functools.partial
def nine(config=None): return one
`;
  try {
    await Deno.writeTextFile(`${folder}/callables.py`, source);
    const names = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine()"];
    for (const name of names) await loadPython(`file://${folder}/callables.py`, name);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a Python application at an http URL cannot be loaded", async () => {
  await assertRejects(
    () => loadPythonModule("http://127.0.0.1/app.py", "app", []),
    ApplicationLoadError,
    "Cannot load application: a Python application has to be a file",
  );
});

Deno.test("a pythonPath that does not exist is an error", async () => {
  await assertRejects(
    () => loadPython(new URL("loading.py", FIXTURES), "grow", ["/nowhere"]),
    ApplicationLoadError,
    "there is no /nowhere for pythonPath",
  );
});

Deno.test("any callable is an application", async () => {
  assertEquals(await textOf("Application", new BlockingFake("/a%0Ab%C3%BC")), "/a\nbü");
});

Deno.test("objects of an ended request have no effect on the next", async () => {
  const first = new BlockingFake("/", { kind: "chunked" }, ["first"]);
  assertEquals(await textOf("keep", first), "");
  const second = new BlockingFake("/", { kind: "chunked" }, ["second"]);
  assertEquals(
    await textOf("keep", second),
    "read: Cannot read content: the response is complete; " +
      "write: Cannot write: the response is complete",
  );
  assertEquals(first.text, "");
});

Deno.test("an interpreter that takes more memory continues to serve", async () => {
  for (let i = 0; i < 3; i++) assertEquals(await textOf("grow", new BlockingFake("/")), "grown");
});

Deno.test("start_response raises in the application's call for what PEP 3333 forbids", async () => {
  assertEquals(
    await textOf("headers", new BlockingFake("/")),
    "ValueError ValueError ValueError TypeError TypeError TypeError TypeError ValueError ValueError " +
      "UnicodeEncodeError ValueError ValueError",
  );
});

Deno.test("the length of a single piece that is larger than the buffer is declared", async () => {
  const exchange = new BlockingFake("/");
  assertEquals((await textOf("large", exchange)).length, 200_000);
  assertEquals(exchange.fields, [["Content-Length", "200000"]]);
});

Deno.test("a request head may be larger than the buffer", async () => {
  const exchange = new BlockingFake("/?HTTP_X");
  const value = "x".repeat(200_000);
  Object.assign(exchange.head, { fields: FieldSection.from([["X", value]]) });
  assertEquals(await textOf("show", exchange), `'${value}'`);
});

Deno.test("content of a known length is complete before the application runs", async () => {
  const exchange = new BlockingFake("/?wsgi.input", { kind: "length", length: 6 }, ["abc", "def"]);
  assertMatch(await textOf("show", exchange), /^<_io.BytesIO object/);
});

Deno.test("a value of the environ may have several lines; names beyond Latin-1 are native strings", async () => {
  const certificate = {
    version: 3,
    serialNumber: "1",
    subject: [["CN", "Łódź"]] as const,
    issuer: [["CN", "CA"]] as const,
    validFrom: 0,
    validTo: 1,
    subjectAltNames: [],
    pem: "-----BEGIN-----\nA\n-----END-----\n",
  };
  for (
    const [name, shown] of [
      ["SSL_SERVER_S_DN_CN", String.raw`'Å\x81Ã³dÅº'`],
      ["SSL_SERVER_CERT", String.raw`'-----BEGIN-----\nA\n-----END-----\n'`],
    ]
  ) {
    const exchange = new BlockingFake(`/?${name}`);
    exchange.tls = {
      serverCertificate: certificate,
      clientVerification: "none",
    } as unknown as TlsInfo;
    assertEquals(await textOf("show", exchange), shown);
  }
});

Deno.test("the gateway throws in a thread that must not block", async () => {
  const { gateway } = await loadPython(new URL("loading.py", FIXTURES), "grow");
  try {
    gateway.respond(new FakeExchange());
    throw new Error("expected an error");
  } catch (error) {
    assertMatch(String(error), /TypeError: Cannot serve Python application: it would block/);
  }
});
