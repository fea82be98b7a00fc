// Options that `resolveOptions` completes, and those that it refuses.

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { logToStandardError } from "../../src/log/event_log.ts";
import { checkOption } from "../../src/options/check_option.ts";
import { OPTION_RULES } from "../../src/options/option_rules.ts";
import { resolveOptions } from "../../src/options/resolve_options.ts";
import { DEFAULTS } from "../../src/options/defaults.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { VERSION } from "../../src/version.ts";
import { POOL_OPTIONS } from "../../src/options/worker_options.ts";

/** Resolves options that a program without types may give. */
function resolve(options: Record<string, unknown>) {
  return resolveOptions(options as ServerOptions);
}

Deno.test("resolveOptions gives every default when nothing is given", () => {
  assertEquals(resolveOptions(), {
    ...DEFAULTS,
    mode: "inline",
    maxWorkers: DEFAULTS.minWorkers,
    exchangesPerBlockingWorker: 1,
    queueGrows: true,
    chdir: undefined,
    socketOwner: undefined,
    socketGroup: undefined,
    bind: [{ transport: "tcp", hostname: "127.0.0.1", port: 8070 }],
    tls: undefined,
    accessLog: undefined,
    captureOutput: false,
    admin: undefined,
    adminTokenFile: undefined,
    signal: undefined,
    onListen: undefined,
    onError: undefined,
    onLog: logToStandardError,
  });
});

Deno.test("shards listen on TCP sockets only", () => {
  for (const bind of ["unix:/run/a.sock", "unix:@a", "fd:3"]) {
    assertThrows(
      () => resolveOptions({ mode: "sharded", bind: ["80", bind] }, "module"),
      TypeError,
      `Cannot use bind ${bind} in mode "sharded"`,
    );
  }
});

Deno.test("peerCredentials is for UNIX and inherited sockets, socketOwner for sockets with a file", () => {
  for (const bind of ["unix:/run/a.sock", "unix:@a", "fd:3"]) {
    assertEquals(resolveOptions({ bind, peerCredentials: "names" }).peerCredentials, "names");
  }
  assertEquals(
    resolveOptions({ bind: ["80", "unix:/a"], socketOwner: "www-data" }).socketMode,
    0o660,
  );
  assertEquals(resolveOptions({ peerCredentials: "off" }).peerCredentials, "off");
});

Deno.test("exchangesPerWorker, if given, also holds for applications that block", () => {
  const { exchangesPerWorker, exchangesPerBlockingWorker } = resolveOptions({
    exchangesPerWorker: 64,
  }, "module");
  assertEquals([exchangesPerWorker, exchangesPerBlockingWorker], [64, 64]);
});

Deno.test("DEFAULTS and resolved options are frozen", () => {
  assert(Object.isFrozen(DEFAULTS));
  assert(Object.isFrozen(resolveOptions()));
  assert(Object.isFrozen(resolveOptions().bind));
});

Deno.test("DEFAULTS pass their own checks", () => {
  for (const [name, value] of Object.entries(DEFAULTS)) {
    checkOption(name as keyof ServerOptions, value);
  }
});

Deno.test("an undefined member counts as not given", () => {
  assertEquals(resolveOptions({ headTimeout: undefined, bind: undefined }), resolveOptions());
});

Deno.test("timeout sets the five connection deadlines and nothing else", () => {
  assertEquals(resolveOptions({ timeout: 5_000 }), {
    ...resolveOptions(),
    handshakeTimeout: 5_000,
    headTimeout: 5_000,
    contentTimeout: 5_000,
    writeTimeout: 5_000,
    keepAliveTimeout: 5_000,
  });
});

Deno.test("a deadline given by itself wins over timeout", () => {
  const { headTimeout, contentTimeout } = resolveOptions({ headTimeout: 1_000, timeout: 5_000 });
  assertEquals([headTimeout, contentTimeout], [1_000, 5_000]);
});

Deno.test("bind takes one address or several", () => {
  const tcp = (hostname: string, port: number) => ({ transport: "tcp" as const, hostname, port });
  assertEquals(resolveOptions({ bind: "0.0.0.0:80" }).bind, [tcp("0.0.0.0", 80)]);
  assertEquals(resolveOptions({ bind: ["8080", "[::1]:0"] }).bind, [
    tcp("127.0.0.1", 8080),
    tcp("::1", 0),
  ]);
});

Deno.test("hostname and port are bind in Deno's words", () => {
  const tcp = (hostname: string, port: number) => [{ transport: "tcp" as const, hostname, port }];
  assertEquals(resolveOptions({ port: 0 }).bind, tcp("127.0.0.1", 0));
  assertEquals(resolveOptions({ hostname: "::" }).bind, tcp("::", 8070));
  assertEquals(resolveOptions({ hostname: "localhost", port: 1 }).bind, [
    { transport: "tcp", hostname: "localhost", port: 1 },
  ]);
});

Deno.test("callbacks and the signal are passed on unchanged", () => {
  const given = {
    signal: new AbortController().signal,
    onListen: () => {},
    onError: () => new Response(),
    onLog: () => {},
  };
  const resolved = resolveOptions(given);
  for (const name of ["signal", "onListen", "onError", "onLog"] as const) {
    assertStrictEquals(resolved[name], given[name]);
  }
});

Deno.test("a module runs in the pool and a value inline, unless the mode of a module is inline", () => {
  assertEquals(resolveOptions({}, "module").mode, "pool");
  assertEquals(resolveOptions({}, "value").mode, "inline");
  assertEquals(resolveOptions({ mode: "pool" }, "module").mode, "pool");
  assertEquals(resolveOptions({ mode: "inline" }, "value").mode, "inline");
  const onError = () => new Response();
  assertEquals(resolveOptions({ mode: "inline", onError }, "module").mode, "inline");
});

Deno.test("the default is one worker for each core, at least two", () => {
  assertEquals(DEFAULTS.minWorkers, Math.max(2, navigator.hardwareConcurrency));
});

const workerCounts: [given: ServerOptions, min: number, max: number][] = [
  [{}, DEFAULTS.minWorkers, DEFAULTS.minWorkers],
  [{ minWorkers: 1 }, 1, 1],
  [{ minWorkers: 500 }, 500, 500],
  [{ maxWorkers: 500 }, DEFAULTS.minWorkers, 500],
  [{ maxWorkers: 1 }, 1, 1],
  [{ minWorkers: 2, maxWorkers: 3 }, 2, 3],
];
for (const [given, min, max] of workerCounts) {
  Deno.test(`${JSON.stringify(given)} is from ${min} to ${max} workers`, () => {
    const { minWorkers, maxWorkers } = resolveOptions(given, "module");
    assertEquals([minWorkers, maxWorkers], [min, max]);
  });
}

Deno.test("a web Worker may have a deadline but no limited heap", () => {
  const { workerKind } = resolveOptions({ workerKind: "web", handlerTimeout: 1 }, "module");
  assertEquals(workerKind, "web");
  resolveOptions({ workerKind: "web", maxWorkerHeap: Infinity }, "module");
});

const specimens = Object.fromEntries(POOL_OPTIONS.map((name) => [
  name,
  name === "maxWorkers" ? DEFAULTS.minWorkers : DEFAULTS[name],
]));
for (const name of POOL_OPTIONS) {
  Deno.test(`${name} is accepted in the pool and refused inline`, () => {
    const options = { [name]: specimens[name] };
    resolveOptions(options, "module");
    const message =
      `Cannot use ${name} in mode "inline": handlers run in the accepting thread there`;
    assertThrows(
      () => resolveOptions(options),
      TypeError,
      `${message}, expected the URL of a module`,
    );
    const inline = () => resolveOptions({ mode: "inline", ...options }, "module");
    assertThrows(inline, TypeError, `${message}, expected mode "pool"`);
  });
}

const refusedInPool: [
  name: string,
  options: Record<string, unknown>,
  type: typeof Error,
  message: string,
][] = [
  [
    "onError",
    { onError: () => new Response() },
    TypeError,
    'Cannot use onError in mode "pool": a function cannot go to another thread',
  ],
  [
    "maxWorkers below minWorkers",
    { minWorkers: 4, maxWorkers: 2 },
    RangeError,
    "Cannot use maxWorkers: expected at least minWorkers, which is 4, got 2",
  ],
  [
    "a heap for web Workers",
    { workerKind: "web", maxWorkerHeap: 2 ** 26 },
    TypeError,
    'Cannot use workerKind "web" together with maxWorkerHeap: the heap of a web Worker has no limit',
  ],
  ["no worker", { minWorkers: 0 }, RangeError, "from 1 to 1024, got 0"],
  ["an unbounded number of workers", { maxWorkers: Infinity }, RangeError, "from 1 to 1024"],
  ["an unbounded queue", { queueSize: Infinity }, RangeError, "Cannot use queueSize"],
  ["a heap that V8 cannot start with", { maxWorkerHeap: 2 ** 23 }, RangeError, "from 16777216"],
  ["an unknown kind", { workerKind: "node" }, RangeError, '"auto" or "web" or "killable"'],
];
for (const [name, options, type, message] of refusedInPool) {
  Deno.test(`resolveOptions refuses ${name} in the pool`, () => {
    assertThrows(() => resolveOptions(options as ServerOptions, "module"), type, message);
  });
}

const refused: [
  name: string,
  options: Record<string, unknown>,
  type: typeof Error,
  message: string,
][] = [
  [
    "an unknown name",
    { headTimout: 1 },
    TypeError,
    'Cannot use option "headTimout": no option has this name, did you mean headTimeout',
  ],
  ["a name of Object.prototype", { constructor: 1 }, TypeError, "no option has this name"],
  [
    "a duration in a string",
    { headTimeout: "15s" },
    TypeError,
    'Cannot use headTimeout: expected a whole number of milliseconds, got "15s"',
  ],
  ["null", { maxHeadSize: null }, TypeError, "a whole number of octets, got null"],
  ["zero as no limit", { headTimeout: 0 }, RangeError, "from 1 to 2147483647 or Infinity, got 0"],
  ["a negative duration", { writeTimeout: -1 }, RangeError, "got -1"],
  ["NaN", { keepAliveTimeout: NaN }, RangeError, "got NaN"],
  ["a fraction", { maxFieldCount: 1.5 }, RangeError, "got 1.5"],
  ["a duration that no timer can wait", { contentTimeout: 2 ** 31 }, RangeError, "2147483648"],
  ["an unbounded head", { maxHeadSize: Infinity }, RangeError, "from 16 to 16777216, got Infinity"],
  ["no connections", { maxConnections: 0 }, RangeError, "or Infinity, got 0"],
  ["an infinite rate", { minContentRate: Infinity }, RangeError, "octets per second"],
  ["a negative rate", { minResponseRate: -1 }, RangeError, "octets per second"],
  ["a length beyond exact numbers", { maxContentSize: 2 ** 53 }, RangeError, "or Infinity"],
  ["a boolean in a string", { noDelay: "true" }, TypeError, 'expected true or false, got "true"'],
  ["an unknown mode", { mode: "threaded" }, RangeError, 'got "threaded"'],
  [
    "a value in the pool",
    { mode: "pool" },
    TypeError,
    'Cannot use mode "pool": a function or an object cannot go to another thread, expected the URL',
  ],
  ["an unknown choice", { protocol: "HTTP/2" }, RangeError, '"HTTP/1.1" or "HTTP/1.0"'],
  ["a number as a choice", { underscoreHeaders: 1 }, TypeError, '"refuse" or "allow", got 1'],
  ["a line end in serverName", { serverName: "a\r\nb: c" }, RangeError, 'got "a\\r\\nb: c"'],
  ["a blank at serverName's end", { serverName: "a " }, RangeError, "no blank at an end"],
  ["a number as bind", { bind: 8070 }, TypeError, "Cannot use bind: expected a string"],
  ["no address at all", { bind: [] }, RangeError, "at least one address, got an empty array"],
  [
    "a socket path that is too long",
    { bind: "unix:/" + "x".repeat(107) },
    RangeError,
    "107 octets",
  ],
  ["a mode of no bits", { bind: "unix:/x", socketMode: 0o1000 }, RangeError, "from 0 to 511"],
  [
    "an owner with a colon",
    { bind: "unix:/x", socketOwner: "a:b" },
    RangeError,
    "a name or a number",
  ],
  ["socketMode without a file", { socketMode: 0o600 }, TypeError, "it is about UNIX sockets"],
  ["socketOwner of an abstract socket", { bind: "unix:@x", socketOwner: 1 }, TypeError, "unix:@x"],
  ["peerCredentials over TCP", { peerCredentials: "ids" }, TypeError, "it is about UNIX sockets"],
  ["bind with port", { bind: "80", port: 80 }, TypeError, "bind together with hostname or port"],
  ["bind with hostname", { bind: "80", hostname: "a" }, TypeError, "bind together with"],
  ["an address twice", { bind: ["80", "127.0.0.1:80"] }, TypeError, "bind 127.0.0.1:80 twice"],
  ["a UNIX socket twice", { bind: ["unix:/a", "unix:/a"] }, TypeError, "bind unix:/a twice"],
  [
    "an admin listener on the port of the server",
    { hostname: "127.0.0.1", port: 80, admin: "127.0.0.1:80" },
    TypeError,
    "Cannot use admin 127.0.0.1:80: the server itself listens there",
  ],
  ["a port beyond 65535", { port: 65_536 }, RangeError, "Cannot use port: "],
  ["a hostname with a port", { hostname: "a:80" }, RangeError, "without a port"],
  ["an empty hostname", { hostname: "" }, RangeError, "a host name"],
  ["an object that is no signal", { signal: {} }, TypeError, "an AbortSignal, got an object"],
  ["a string as a callback", { onLog: "stderr" }, TypeError, "expected a function"],
];
for (const [name, options, type, message] of refused) {
  Deno.test(`resolveOptions refuses ${name}`, () => {
    assertThrows(() => resolve(options), type, message);
  });
}

Deno.test("every finite end of every range is accepted and the next number is not", () => {
  for (const [key, rule] of Object.entries(OPTION_RULES)) {
    const name = key as keyof ServerOptions;
    if (!("min" in rule)) continue;
    checkOption(name, rule.min);
    checkOption(name, rule.max);
    assertThrows(() => checkOption(name, rule.min - 1), RangeError);
    assertThrows(() => checkOption(name, rule.max + 1), RangeError);
    if (rule.unlimited) checkOption(name, Infinity);
    else assertThrows(() => checkOption(name, Infinity), RangeError);
  }
});

Deno.test("serverName may be empty or many words", () => {
  assertEquals(resolveOptions({ serverName: "" }).serverName, "");
  assertEquals(resolveOptions({ serverName: "a (b) c/1" }).serverName, "a (b) c/1");
});

Deno.test("VERSION is the version in deno.json", async () => {
  const configuration = await Deno.readTextFile(new URL("../../deno.json", import.meta.url));
  assertEquals(VERSION, JSON.parse(configuration).version);
});

Deno.test("each @default in the documentation of ServerOptions is the one of DEFAULTS", async () => {
  const source = await Deno.readTextFile(
    new URL("../../src/options/server_options.ts", import.meta.url),
  );
  const documented: Record<string, unknown> = {};
  for (
    const [, value, name] of source.matchAll(/@default \{(.*)\} \*\/\n {2}readonly (\w+)\?:/g)
  ) {
    documented[name] = name === "minWorkers" ? value : parseNumberOrJson(value);
  }
  // Only this default depends on the machine.
  const minWorkers = "Math.max(2, navigator.hardwareConcurrency)";
  assertEquals(documented, { ...DEFAULTS, minWorkers });
});

function parseNumberOrJson(value: string): unknown {
  const json = value.replaceAll("_", "");
  if (/^0o[0-7]+$/.test(json)) return Number(json);
  return json === "Infinity" ? Infinity : JSON.parse(json);
}
