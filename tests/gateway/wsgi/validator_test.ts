// validateWsgi: servers and applications that keep to PEP 3333 pass unchanged; each breach is named.

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  type StartResponse,
  validateWsgi,
  type WsgiApp,
  WsgiBreachError,
  type WsgiEnviron,
  type WsgiResult,
} from "../../../src/gateway/wsgi/mod.ts";
import { contentText, fieldValues } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";
import app, { awaiting } from "./fixtures/apps.ts";
import { get } from "./wsgi_site.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const PLAIN = [["Content-Type", "text/plain"]] as const;

function environ(changes: Record<string, unknown> = {}): WsgiEnviron {
  const none = () => new Uint8Array(0);
  return {
    REQUEST_METHOD: "GET",
    SCRIPT_NAME: "",
    PATH_INFO: "/",
    QUERY_STRING: "",
    SERVER_NAME: "a",
    SERVER_PORT: "80",
    SERVER_PROTOCOL: "HTTP/1.1",
    "wsgi.version": [1, 0],
    "wsgi.url_scheme": "http",
    "wsgi.input": { read: none, readline: none, readlines: () => [], *[Symbol.iterator]() {} },
    "wsgi.errors": { write() {}, writelines() {}, flush() {} },
    "wsgi.multithread": false,
    "wsgi.multiprocess": true,
    "wsgi.run_once": false,
    ...changes,
  } as unknown as WsgiEnviron;
}

const hello: WsgiApp = (_environ, start) => {
  start("200 OK", PLAIN);
  return [bytes("hello")];
};

const start: StartResponse = () => () => {};

/** Calls an application as a server does. */
function run(app: WsgiApp, given = environ()): void {
  const result = app(given, start) as WsgiResult & Iterable<Uint8Array>;
  try {
    for (const piece of result) assert(piece instanceof Uint8Array);
  } finally {
    result.close?.();
  }
}

Deno.test("a server that keeps to PEP 3333 passes", () => {
  run(validateWsgi(hello));
  run(validateWsgi(hello), environ({ SCRIPT_NAME: "/a", PATH_INFO: "", CONTENT_LENGTH: "3" }));
  run(validateWsgi(hello), environ({ "wsgi.version": ["u", 0], PATH_INFO: "/€" }));
});

const SERVERS: readonly [changes: Record<string, unknown>, says: string][] = [
  [{ REQUEST_METHOD: undefined }, "expected environ to have REQUEST_METHOD"],
  [{ "wsgi.input": undefined }, "expected environ to have wsgi.input"],
  [{ "wsgi.version": "1.0" }, "expected wsgi.version to be a pair, got string"],
  [{ HTTP_CONTENT_TYPE: "a" }, "expected environ to have CONTENT_TYPE"],
  [{ SERVER_PORT: 80 }, "expected SERVER_PORT to be text, got number"],
  [{ PATH_INFO: "/€" }, "a character for each octet"],
  [{ PATH_INFO: "x" }, "expected PATH_INFO to begin with a slash"],
  [{ SCRIPT_NAME: "/" }, "expected SCRIPT_NAME to be empty at the root"],
  [{ "wsgi.url_scheme": "ftp" }, "http or https"],
  [{ CONTENT_LENGTH: "+3" }, "expected CONTENT_LENGTH to be a decimal number"],
  [{ "wsgi.input": { read() {} } }, "expected wsgi.input to have readline()"],
  [{ "wsgi.errors": {} }, "expected wsgi.errors to have write()"],
];
for (const [changes, says] of SERVERS) {
  Deno.test(`a breach of the server is named: ${says}`, () => {
    assertThrows(() => run(validateWsgi(hello), environ(changes)), WsgiBreachError, says);
  });
}

const APPS: readonly [says: string, app: WsgiApp][] = [
  ["2 or 3 arguments", (_environ, start) => {
    (start as unknown as (status: string) => void)("200 OK");
    return [];
  }],
  ['expected a status such as "200 OK"', (_environ, start) => {
    start("OK", PLAIN);
    return [];
  }],
  ["hop-by-hop", (_environ, start) => {
    start("200 OK", [["Connection", "close"]]);
    return [];
  }],
  ["no Status header", (_environ, start) => {
    start("200 OK", [...PLAIN, ["Status", "200"]]);
    return [];
  }],
  ["ends with - or _", (_environ, start) => {
    start("200 OK", [...PLAIN, ["X-", "1"]]);
    return [];
  }],
  ["expected a Content-Type header", (_environ, start) => {
    start("200 OK", []);
    return [];
  }],
  ["expected no Content-Type header with status 204", (_environ, start) => {
    start("204 No Content", PLAIN);
    return [];
  }],
  ["expected no content with status 204", (_environ, start) => {
    start("204 No Content", []);
    return [bytes("x")];
  }],
  ["again with excInfo", (_environ, start) => {
    start("200 OK", PLAIN);
    start("200 OK", PLAIN);
    return [];
  }],
  ["startResponse before the first piece", () => [bytes("x")]],
  ["expected the application to call startResponse", () => []],
  ["expected the application to call startResponse", function* () {
    yield new Uint8Array(0);
  }],
  ["pieces of Uint8Array, got string", (_environ, start) => {
    start("200 OK", PLAIN);
    return ["x", "y"] as unknown as WsgiResult;
  }],
  ["pieces of Uint8Array, got number", (_environ, start) => {
    void start("200 OK", PLAIN)(1 as unknown as Uint8Array);
    return [];
  }],
  ["an iterable of pieces", (_environ, start) => {
    start("200 OK", PLAIN);
    return bytes("x") as unknown as WsgiResult;
  }],
  ["an iterable of pieces", (_environ, start) => {
    start("200 OK", PLAIN);
    return {} as unknown as WsgiResult;
  }],
  ["no more content than the declared length, 1", (_environ, start) => {
    start("200 OK", [...PLAIN, ["Content-Length", "1"]]);
    return [bytes("xy")];
  }],
  ["as much content as was declared, 3 octets, got 2", function* (_environ, start) {
    start("200 OK", [...PLAIN, ["Content-Length", "3"]]);
    yield bytes("xy");
  }],
  ["a size of octets to be a whole number", (environ, start) => {
    environ["wsgi.input"].read("all" as unknown as number);
    start("200 OK", PLAIN);
    return [];
  }],
];
for (const [says, app] of APPS) {
  Deno.test(`a breach of the application is named: ${says}`, () => {
    assertThrows(() => run(validateWsgi(app)), WsgiBreachError, says);
  });
}

Deno.test("a server may neither close twice nor iterate behind close()", () => {
  const several: WsgiApp = function* (_environ, start) {
    start("200 OK", PLAIN);
    yield bytes("a");
    yield bytes("b");
  };
  const open = () => validateWsgi(several)(environ(), start) as Iterable<Uint8Array> & WsgiResult;
  const twice = open();
  twice.close!();
  assertThrows(() => twice.close!(), WsgiBreachError, "close() once");
  const behind = open();
  const iterator = behind[Symbol.iterator]();
  iterator.next();
  behind.close!();
  assertThrows(() => iterator.next(), WsgiBreachError, "not to go on behind close()");
});

Deno.test("an application that awaits stays one, and is checked too", async () => {
  const wrapped = validateWsgi(async (_environ, start) => {
    await Promise.resolve();
    start("200 OK", PLAIN);
    return (async function* () {
      yield "text" as unknown as Uint8Array;
    })();
  });
  assertEquals(wrapped.constructor.name, "AsyncFunction");
  const result = await wrapped(environ(), start) as AsyncIterable<Uint8Array>;
  const all = () => Array.fromAsync(result);
  await assertRejects(all, WsgiBreachError, "pieces of Uint8Array");
  const promised = validateWsgi(() => Promise.resolve([bytes("x")]))(environ(), start);
  await assertRejects(() => promised as Promise<unknown>, WsgiBreachError, "startResponse before");
});

Deno.test("Robusto and applications that keep to PEP 3333 pass", async () => {
  await using site = new Site({ wsgi: validateWsgi(app.wsgi) });
  for (
    const path of ["/hello", "/pieces", "/late-start", "/write", "/no-content", "/errors", "/file"]
  ) {
    assertStringIncludes("200 201 204", String((await site.ask(get(path))).status), path);
  }
  assertEquals(fieldValues(await site.ask(get("/hello")), "content-length"), ["12"]);
  assertEquals((await site.ask("HEAD /hello HTTP/1.1|Host: a||")).status, 200);
  assert(site.events.every((event) => event === "wsgi-errors"), String(site.events));
  await using other = new Site({ wsgi: validateWsgi(awaiting.wsgi.bind(awaiting)) });
  const wire = "POST /verbs HTTP/1.1|Host: a|Content-Length: 8||abc\nde\nf";
  assertEquals(contentText(await other.ask(wire)), '["abc","\\n","de","\\n","f","",""]');
  assertEquals(other.events, []);
  assertEquals((await site.ask(get("/twice"))).status, 500);
  assertEquals(site.events.at(-1), "handler-failed");
});
