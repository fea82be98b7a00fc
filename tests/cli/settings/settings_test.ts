// The options and applications in force, and where each value comes from.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { resolve } from "node:path";
import { ExitError } from "../../../src/cli/settings/exit_error.ts";
import { configText } from "../../../src/cli/settings/help.ts";
import { mergeSettings, type NamedApps } from "../../../src/cli/settings/settings.ts";
import { optionNamed } from "../../../src/cli/settings/option_table.ts";
import { NO_VARIABLES, variableOf } from "../../../src/cli/settings/variables.ts";
import { DEFAULTS } from "../../../src/options/defaults.ts";
import type { ServerOptions } from "../../../src/options/server_options.ts";
import { POOL_OPTIONS } from "../../../src/options/worker_options.ts";

const TLS = {
  tlsCertificate: "a.crt",
  tlsPrivateKey: "a.key",
  tlsSni: ["b.test=b.crt,b.key"],
  tlsCiphers: "x:y",
};

/** A path as messages quote it. */
function absolute(path: string): string {
  return JSON.stringify(resolve(path));
}

Deno.test("flags win over the file, the file over the defaults", () => {
  const { resolved, sources } = mergeSettings(
    { maxHeadSize: 1_000, maxFieldCount: 10 },
    { maxFieldCount: 20 },
  );
  assertEquals(resolved.maxHeadSize, 1_000);
  assertEquals(resolved.maxFieldCount, 20);
  assertEquals(resolved.maxTrailerCount, DEFAULTS.maxTrailerCount);
  assertEquals(sources.get("maxHeadSize"), { source: "config file" });
  assertEquals(sources.get("maxFieldCount"), { source: "flag" });
  assertEquals(sources.get("maxTrailerCount"), { source: "default" });
});

Deno.test("timeout sets five deadlines, and a deadline beside it wins", () => {
  const { options, sources } = mergeSettings({}, { timeout: 5_000, headTimeout: 1_000 });
  assertEquals(options, {
    handshakeTimeout: 5_000,
    headTimeout: 1_000,
    contentTimeout: 5_000,
    writeTimeout: 5_000,
    keepAliveTimeout: 5_000,
  });
  assertEquals(sources.get("headTimeout"), { source: "flag" });
  assertEquals(sources.get("writeTimeout"), { source: "flag", by: "timeout" });
  assertEquals(sources.get("requestTimeout"), { source: "default" });
});

Deno.test("--timeout wins over a deadline in the file", () => {
  const { resolved, sources } = mergeSettings({ headTimeout: 1_000 }, { timeout: 5_000 });
  assertEquals(resolved.headTimeout, 5_000);
  assertEquals(sources.get("headTimeout"), { source: "flag", by: "timeout" });
});

Deno.test("a deadline by a flag wins over timeout in the file", () => {
  const { resolved, sources } = mergeSettings({ timeout: 5_000 }, { headTimeout: 1_000 });
  assertEquals([resolved.headTimeout, resolved.contentTimeout], [1_000, 5_000]);
  assertEquals(sources.get("contentTimeout"), { source: "config file", by: "timeout" });
});

Deno.test("an address by flags replaces that of the file under any name", () => {
  const byPort = mergeSettings({ bind: "80" }, { port: 0 });
  assertEquals(byPort.resolved.bind, [{ transport: "tcp", hostname: "127.0.0.1", port: 0 }]);
  assertEquals(byPort.sources.get("bind"), { source: "flag", by: "port" });
  const byBind = mergeSettings({ hostname: "::", port: 1 }, { bind: ["80"] });
  assertEquals(byBind.resolved.bind, [{ transport: "tcp", hostname: "127.0.0.1", port: 80 }]);
  assertEquals(byBind.sources.get("bind"), { source: "flag" });
});

Deno.test("--port goes together with a hostname in the file", () => {
  const { resolved } = mergeSettings({ hostname: "::1", port: 1 }, { port: 2 });
  assertEquals(resolved.bind, [{ transport: "tcp", hostname: "::1", port: 2 }]);
});

Deno.test("bind and port in the same place exclude each other", () => {
  const error = assertThrows(
    () => mergeSettings({}, { bind: ["80"], port: 80 }),
    ExitError,
    "Cannot use --bind together with hostname or --port",
  );
  assertEquals(error.exitCode, 2);
});

Deno.test("--print-config is JSON with one line for each option", () => {
  const text = configText(mergeSettings({ keepAliveLimit: 5 }, { timeout: 5_000, port: 0 }));
  const config = JSON.parse(text);
  const names = [...Object.keys(DEFAULTS), "mode", "maxWorkers", "captureOutput"];
  assertEquals(Object.keys(config).sort(), names.sort());
  assertEquals(text.split("\n").length, names.length + 2);
  assertEquals(config.bind, { value: ["127.0.0.1:0"], source: "flag", by: "port" });
  assertEquals(config.headTimeout, { value: 5_000, text: "5s", source: "flag", by: "timeout" });
  assertEquals(config.requestTimeout, { value: 300_000, text: "300s", source: "default" });
  assertEquals(config.maxHeadSize, { value: 32_768, text: "32KiB", source: "default" });
  assertEquals(config.keepAliveLimit, { value: 5, source: "config file" });
  assertEquals(config.maxRequestsPerConnection, { value: "none", source: "default" });
  assertEquals(config.noDelay, { value: true, source: "default" });
  assertEquals(config.mode, { value: "pool", source: "default" });
});

Deno.test("--print-config leaves out options about workers in mode inline", () => {
  const config = JSON.parse(configText(mergeSettings({}, { mode: "inline" })));
  assertEquals(config.mode, { value: "inline", source: "flag" });
  for (const name of POOL_OPTIONS) assertEquals(config[name], undefined);
});

Deno.test("if one number of workers is given, the other follows it", () => {
  const least = mergeSettings({}, { minWorkers: 500 });
  assertEquals(least.resolved.maxWorkers, 500);
  assertEquals(least.sources.get("maxWorkers"), { source: "flag", by: "minWorkers" });
  const most = mergeSettings({ maxWorkers: 1 }, {});
  assertEquals(most.resolved.minWorkers, 1);
  assertEquals(most.sources.get("minWorkers"), { source: "config file", by: "maxWorkers" });
  const both = mergeSettings({ maxWorkers: 600 }, { minWorkers: 500 });
  assertEquals(both.sources.get("maxWorkers"), { source: "config file" });
  const free = mergeSettings({ maxWorkers: 600 }, {});
  assertEquals(free.sources.get("minWorkers"), { source: "default" });
  const neither = mergeSettings({}, {});
  assertEquals(neither.sources.get("maxWorkers"), { source: "default" });
});

Deno.test("an application of the command line replaces the one of the file at the same path", () => {
  const file = [
    { prefix: "", app: "./old.ts", pool: { maxWorkers: 1 } },
    { prefix: "/a", app: "./a.ts", pool: { maxWorkers: 1 } },
    { prefix: "/b", app: "./b.ts", pool: { handlerTimeout: Infinity } },
  ];
  const { mounts } = mergeSettings({ mount: file }, {}, {
    app: "./site.ts",
    mounts: [{ prefix: "/a", app: "./new.ts" }, { prefix: "/c", app: "./c.ts" }],
  });
  assertEquals(mounts, [
    { prefix: "", app: "./site.ts", source: "argument" },
    { prefix: "/a", app: "./new.ts", source: "flag" },
    { prefix: "/b", app: "./b.ts", pool: { handlerTimeout: Infinity }, source: "config file" },
    { prefix: "/c", app: "./c.ts", source: "flag" },
  ]);
});

Deno.test("--print-config has a line for each application", () => {
  const config = JSON.parse(configText(mergeSettings(
    { mount: [{ prefix: "/b", app: "./b.ts", pool: { handlerTimeout: Infinity } }] },
    {},
    { app: "./site.ts", mounts: [{ prefix: "/a", app: "./a.ts" }] },
  )));
  assertEquals(config["mount /"], { value: "./site.ts", source: "argument" });
  assertEquals(config["mount /a"], { value: "./a.ts", source: "flag" });
  assertEquals(config["mount /b"], {
    value: { app: "./b.ts", pool: { handlerTimeout: "none" } },
    source: "config file",
  });
});

for (const mode of ["inline", "sharded"] as const) {
  Deno.test(`an application with a dedicated pool in mode ${mode} is wrong usage`, () => {
    const mount = [{ prefix: "/a", app: "./a.ts", pool: {} }];
    const message = `Cannot use pool of /a in mode "${mode}"`;
    const error = assertThrows(() => mergeSettings({ mount }, { mode }), ExitError, message);
    assertEquals(error.exitCode, 2);
  });
}

Deno.test("a dedicated pool whose options contradict the server's is wrong usage", () => {
  const mount = [{ prefix: "/a", app: "./a.ts", pool: { maxWorkerHeap: 2 ** 26 } }];
  const message = 'Cannot use --worker-kind "web" together with maxWorkerHeap in the pool of /a';
  const error = assertThrows(
    () => mergeSettings({ mount }, { workerKind: "web" }),
    ExitError,
    message,
  );
  assertEquals(error.exitCode, 2);
});

Deno.test("an option about workers in mode inline is wrong usage", () => {
  const message = 'Cannot use minWorkers in mode "inline"';
  const error = assertThrows(
    () => mergeSettings({ minWorkers: 2 }, { mode: "inline" }),
    ExitError,
    message,
  );
  assertEquals(error.exitCode, 2);
});

Deno.test("maxWorkers below minWorkers is wrong usage", () => {
  const error = assertThrows(
    () => mergeSettings({ maxWorkers: 2 }, { minWorkers: 3 }),
    ExitError,
    "Cannot use maxWorkers: expected at least --min-workers, which is 3, got 2",
  );
  assertEquals(error.exitCode, 2);
});

Deno.test("a message names options as the flags or the keys that set them", () => {
  const messageOf = (file: ServerOptions, flags: ServerOptions, apps: NamedApps = {}) =>
    assertThrows(() => mergeSettings(file, flags, apps), ExitError).message;
  const sharded = { mode: "sharded" } as const;
  const range = { minWorkers: 2, maxWorkers: 3 };
  assertStringIncludes(messageOf(sharded, range, { setsWorkers: true }), "Cannot use --workers in");
  assertStringIncludes(messageOf(sharded, range), "Cannot use --max-workers in mode");
  assertStringIncludes(messageOf(range, sharded), "Cannot use maxWorkers in mode");
  const files = { tlsCertificate: "a", tlsPrivateKey: "b", tlsClientCa: "c" };
  assertStringIncludes(messageOf({}, files), "--tls-client-ca without --tls-client-auth");
  assertStringIncludes(messageOf(files, {}), "tlsClientCa without tlsClientAuth");
});

Deno.test("pythonPath needs an application in Python, which needs mode pool", () => {
  const python = { app: "./app.py:app" };
  const { resolved, sources } = mergeSettings({}, { pythonPath: ["/srv/packages"] }, python);
  assertEquals(resolved.pythonPath, ["/srv/packages"]);
  assertEquals(sources.get("pythonPath"), { source: "flag" });
  const mounted = { mounts: [{ prefix: "/py", app: "./app.py" }, { prefix: "", app: "./app.ts" }] };
  assertEquals(mergeSettings({ pythonPath: "a" }, {}, mounted).resolved.pythonPath.length, 1);
  for (
    const [options, apps, message] of [
      [{ pythonPath: ["a"] }, { app: "./app.ts" }, "Cannot use --python-path: no application"],
      [{ chdir: "a" }, { app: "./app.ts" }, "Cannot use --chdir: no application"],
      [{ chdir: "a", python: "embedded" }, python, "Cannot use --chdir: expected processes"],
      [{ mode: "inline" }, python, 'Cannot use --mode "inline": an application in Python'],
      [{ mode: "sharded" }, mounted, 'Cannot use --mode "sharded": an application in Python'],
    ] as const
  ) {
    assertEquals(
      assertThrows(() => mergeSettings({}, options, apps), ExitError, message).exitCode,
      2,
    );
  }
});

/** What was written in which place, a message of the library, and what people read. */
const MESSAGES: readonly (readonly [
  place: "flag" | "variable" | "file",
  options: ServerOptions,
  message: string,
  shown: string,
])[] = [
  ["flag", { logFile: "a.log" }, `Cannot open log file ${absolute("a.log")}: no`, "(--log-file)"],
  ["variable", { accessLog: "/a" }, 'Cannot open access log "/a": no', "(ROBUSTO_ACCESS_LOG)"],
  ["file", { accessLog: "/a" }, 'Cannot open access log "/a": no', "(accessLog)"],
  ["flag", TLS, 'Cannot read certificate "a.crt": no', "(--tls-certificate)"],
  ["variable", TLS, 'Cannot read private key "a.key": no', "(ROBUSTO_TLS_PRIVATE_KEY)"],
  ["flag", TLS, 'Cannot use certificate "b.crt": it is malformed', "(--tls-sni)"],
  ["flag", TLS, 'Cannot use cipher "x": expected y', "(--tls-ciphers)"],
  ["flag", { adminTokenFile: "/t" }, "Cannot use adminTokenFile", "use --admin-token-file"],
];
for (const [place, options, message, shown] of MESSAGES) {
  Deno.test(`a message names what the person wrote: ${place}, ${message}`, () => {
    const names = new Map(
      Object.keys(options).map((name) => [name, variableOf(optionNamed(name)!.flag)]),
    );
    const variables = { ...NO_VARIABLES, options, names: { options: names, platform: new Map() } };
    const admin = options.adminTokenFile === undefined ? {} : { admin: "127.0.0.1:1" };
    const settings = place === "file"
      ? mergeSettings({ ...options, ...admin }, {})
      : place === "flag"
      ? mergeSettings({}, { ...options, ...admin })
      : mergeSettings({}, {}, { variables });
    assertStringIncludes(settings.explain(message), shown);
  });
}

Deno.test("a flag without the one that it needs is refused by the names of both", () => {
  assertThrows(
    () => mergeSettings({}, { adminTokenFile: "/t" }),
    ExitError,
    "Cannot use --admin-token-file without --admin:",
  );
  assertThrows(
    () => mergeSettings({}, { bind: ["8080", "127.0.0.1:8080"] }),
    ExitError,
    "Cannot use --bind 127.0.0.1:8080 twice",
  );
  assertThrows(
    () => mergeSettings({}, { port: 8080, admin: "127.0.0.1:8080" }),
    ExitError,
    "Cannot use --admin 127.0.0.1:8080: the server itself listens there",
  );
});
