// Environment variables: what they set, how they rank, and which names are refused.

import { assertEquals, assertThrows } from "@std/assert";
import { ExitError } from "../../../src/cli/settings/exit_error.ts";
import { configText } from "../../../src/cli/settings/help.ts";
import { OPTION_TABLE } from "../../../src/cli/settings/option_table.ts";
import { mergeSettings } from "../../../src/cli/settings/settings.ts";
import {
  type Environment,
  parseVariables,
  variableOf,
} from "../../../src/cli/settings/variables.ts";
import type { ServerOptions } from "../../../src/options/server_options.ts";

const merge = (file: ServerOptions, environment: Environment, flags: ServerOptions = {}) =>
  mergeSettings(file, flags, { variables: parseVariables(environment) });

function bindOf(file: ServerOptions, environment: Environment, flags: ServerOptions = {}) {
  const { bind } = JSON.parse(configText(merge(file, environment, flags)));
  return bind;
}

Deno.test("every flag of an option has a variable", () => {
  assertEquals(variableOf("--head-timeout"), "ROBUSTO_HEAD_TIMEOUT");
  const names = OPTION_TABLE.map(({ flag }) => variableOf(flag));
  assertEquals(names.filter((name) => !/^ROBUSTO(_[A-Z]+)+$/.test(name)), []);
});

Deno.test("variables have the spelling of flags, and lists have commas", () => {
  const { options, app, config, mounts } = parseVariables({
    ROBUSTO_HEAD_TIMEOUT: "10s",
    ROBUSTO_MAX_HEAD_SIZE: "16KiB",
    ROBUSTO_KEEP_ALIVE_LIMIT: "none",
    ROBUSTO_NO_DELAY: "false",
    ROBUSTO_BIND: "127.0.0.1:80, [::1]:80",
    ROBUSTO_TRUSTED_PROXIES: "10.0.0.0/8,unix",
    ROBUSTO_TLS_SNI: "a.test=a.crt,a.key,*.b.test=b.crt,b.key",
    ROBUSTO_WORKERS: "2:4",
    ROBUSTO_APP: "./app.ts",
    ROBUSTO_CONFIG: "c.json",
    ROBUSTO_MOUNT: "/a=./a.ts,/b=./b.ts",
    ROBUSTO_SERVER_NAME: "",
    HOME: "/root",
  });
  assertEquals(options, {
    headTimeout: 10_000,
    maxHeadSize: 16_384,
    keepAliveLimit: Infinity,
    noDelay: false,
    bind: ["127.0.0.1:80", "[::1]:80"],
    trustedProxies: ["10.0.0.0/8", "unix"],
    tlsSni: ["a.test=a.crt,a.key", "*.b.test=b.crt,b.key"],
    minWorkers: 2,
    maxWorkers: 4,
  });
  assertEquals([app, config], ["./app.ts", "c.json"]);
  assertEquals(mounts, [{ prefix: "/a", app: "./a.ts" }, { prefix: "/b", app: "./b.ts" }]);
});

Deno.test("flags win over variables, and variables over the file", () => {
  const file = { maxHeadSize: 1_000, maxFieldCount: 10, maxTrailerCount: 1 };
  const environment = { ROBUSTO_MAX_FIELD_COUNT: "20", ROBUSTO_MAX_TRAILER_COUNT: "2" };
  const { resolved, sources } = merge(file, environment, { maxTrailerCount: 3 });
  assertEquals([resolved.maxHeadSize, resolved.maxFieldCount, resolved.maxTrailerCount], [
    1_000,
    20,
    3,
  ]);
  assertEquals(sources.get("maxHeadSize"), { source: "config file" });
  assertEquals(sources.get("maxFieldCount"), { source: "environment ROBUSTO_MAX_FIELD_COUNT" });
  assertEquals(sources.get("maxTrailerCount"), { source: "flag" });
});

Deno.test("ROBUSTO_TIMEOUT wins over a deadline in the file", () => {
  const { resolved, sources } = merge({ headTimeout: 1 }, { ROBUSTO_TIMEOUT: "5s" });
  assertEquals(resolved.headTimeout, 5_000);
  const source = { source: "environment ROBUSTO_TIMEOUT", by: "timeout" } as const;
  assertEquals(sources.get("headTimeout"), source);
});

Deno.test("PORT alone binds all IPv4 addresses, HOST beside it another", () => {
  const source = { source: "environment PORT", by: "port" };
  assertEquals(bindOf({}, { PORT: "3000" }), { value: ["0.0.0.0:3000"], ...source });
  const both = { PORT: "3000", HOST: "::1" };
  assertEquals(bindOf({}, both), { value: ["[::1]:3000"], ...source });
  assertEquals(bindOf({}, { HOST: "0.0.0.0" }).value, ["127.0.0.1:8070"]);
  assertEquals(bindOf({}, { PORT: "", HOST: "" }).value, ["127.0.0.1:8070"]);
});

Deno.test("PORT ranks above the file, and below ROBUSTO_* and flags", () => {
  const platform = { PORT: "3000" };
  assertEquals(bindOf({ bind: "80" }, platform).value, ["0.0.0.0:3000"]);
  assertEquals(bindOf({ hostname: "127.0.0.2" }, platform).value, ["127.0.0.2:3000"]);
  assertEquals(bindOf({}, { ...platform, ROBUSTO_BIND: "unix:/a" }).value, ["unix:/a"]);
  assertEquals(bindOf({}, { ...platform, ROBUSTO_PORT: "81" }).value, ["127.0.0.1:81"]);
  assertEquals(bindOf({}, platform, { bind: ["82"] }).value, ["127.0.0.1:82"]);
  assertEquals(bindOf({}, platform, { port: 82 }).value, ["127.0.0.1:82"]);
  assertEquals(bindOf({}, platform, { hostname: "::1" }).value, ["[::1]:3000"]);
  const inherited = { variables: parseVariables(platform), inheritedBind: ["fd:3"] };
  assertEquals(mergeSettings({}, {}, inherited).sources.get("bind"), { source: "inherited" });
});

Deno.test("WEB_CONCURRENCY is the number of workers unless one is given above the file", () => {
  const workersOf = (file: ServerOptions, environment: Environment, flags: ServerOptions = {}) => {
    const { resolved } = merge(file, { WEB_CONCURRENCY: "3", ...environment }, flags);
    return [resolved.minWorkers, resolved.maxWorkers];
  };
  assertEquals(workersOf({ minWorkers: 5, maxWorkers: 9 }, {}), [3, 3]);
  assertEquals(workersOf({}, { ROBUSTO_WORKERS: "1" }), [1, 1]);
  assertEquals(workersOf({}, {}, { minWorkers: 7 }), [7, 7]);
  assertEquals(merge({}, { WEB_CONCURRENCY: "3" }, { mode: "inline" }).resolved.mode, "inline");
});

Deno.test("applications of the command line win over variables, and these over the file", () => {
  const variables = parseVariables({ ROBUSTO_APP: "./b.ts", ROBUSTO_MOUNT: "/b=./b2.ts" });
  const file = { app: "./a.ts", mount: [{ prefix: "/b", app: "./a2.ts" }] };
  assertEquals(mergeSettings(file, {}, { variables }).mounts, [
    { prefix: "", app: "./b.ts", source: "environment ROBUSTO_APP" },
    { prefix: "/b", app: "./b2.ts", source: "environment ROBUSTO_MOUNT" },
  ]);
  const { mounts } = mergeSettings(file, {}, { variables, app: "./c.ts" });
  assertEquals(mounts[0], { prefix: "", app: "./c.ts", source: "argument" });
  assertEquals(mergeSettings({ app: "./a.ts" }, {}).mounts[0].source, "config file");
});

Deno.test("messages name the variable", () => {
  const messageOf = (environment: Environment, flags: ServerOptions = {}) =>
    assertThrows(() => merge({}, environment, flags), ExitError).message;
  assertEquals(
    messageOf({ ROBUSTO_MIN_WORKERS: "3" }, { maxWorkers: 2 }),
    "Cannot use --max-workers: expected at least ROBUSTO_MIN_WORKERS, which is 3, got 2",
  );
  assertEquals(
    messageOf({ ROBUSTO_QUEUE_SIZE: "3", ROBUSTO_MODE: "inline" }).replace(/:.*/, ""),
    'Cannot use ROBUSTO_QUEUE_SIZE in mode "inline"',
  );
});

const refused: [environment: Environment, message: string][] = [
  [{ ROBUSTO_HEAD_TIMEOUT: "soon" }, "Cannot use ROBUSTO_HEAD_TIMEOUT: expected 250ms"],
  [{ ROBUSTO_NO_DELAY: "1" }, "Cannot use ROBUSTO_NO_DELAY: expected true or false"],
  [{ ROBUSTO_HEAD_TIMEOUTS: "1s" }, "no option has this name, did you mean ROBUSTO_HEAD_TIMEOUT"],
  [{ ROBUSTO_HEADTIMEOUT: "1s" }, "did you mean ROBUSTO_HEAD_TIMEOUT"],
  [{ ROBUSTO_WORKERS: "a" }, "Cannot use ROBUSTO_WORKERS: expected N or N:M"],
  [{ ROBUSTO_WORKERS: "1", ROBUSTO_MIN_WORKERS: "1" }, "together with ROBUSTO_MIN_WORKERS"],
  [{ ROBUSTO_MOUNT: "a" }, "Cannot use ROBUSTO_MOUNT: expected /PREFIX=APP"],
  [{ ROBUSTO_APP: "a.ts", ROBUSTO_MOUNT: "/=b.ts" }, "Cannot use ROBUSTO_MOUNT /=b.ts"],
  [{ PORT: "tcp://10.0.0.1:80" }, "Cannot use PORT: expected digits"],
  [{ PORT: "70000" }, "Cannot use PORT: expected a whole number from 0 to 65535"],
  [{ PORT: "80", HOST: "a b" }, "Cannot use HOST: expected a host name"],
  [{ WEB_CONCURRENCY: "auto" }, "Cannot use WEB_CONCURRENCY: expected digits"],
];
for (const [environment, message] of refused) {
  Deno.test(`parseVariables refuses ${JSON.stringify(environment)}`, () => {
    const error = assertThrows(() => parseVariables(environment), ExitError, message);
    assertEquals(error.exitCode, 2);
  });
}

Deno.test("what Kubernetes sets for a Service named robusto is left alone", () => {
  const { options, unused } = parseVariables({
    ROBUSTO_SERVICE_HOST: "10.0.0.1",
    ROBUSTO_SERVICE_PORT: "80",
    ROBUSTO_SERVICE_PORT_HTTP: "80",
    ROBUSTO_PORT: "tcp://10.0.0.1:80",
    ROBUSTO_PORT_80_TCP: "tcp://10.0.0.1:80",
    ROBUSTO_PORT_80_TCP_ADDR: "10.0.0.1",
    ROBUSTO_ADMIN_PORT: "tcp://10.0.0.2:80",
    ROBUSTO_ADMIN_SERVICE_HOST: "10.0.0.2",
  });
  assertEquals([options, unused], [{}, []]);
});

Deno.test("a name that is near to no option is reported, not refused", () => {
  assertEquals(parseVariables({ ROBUSTO_IMAGE_DIGEST: "abc" }).unused, ["ROBUSTO_IMAGE_DIGEST"]);
});
