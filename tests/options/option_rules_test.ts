// The lists of options that are derived from the scopes in option_rules.ts.

import { assertEquals } from "@std/assert";
import {
  OPTION_RULES,
  type OptionRule,
  type OptionScope,
  optionsOf,
  TEXT_OPTIONS,
} from "../../src/options/option_rules.ts";
import { DEFAULTS } from "../../src/options/defaults.ts";
import { resolveOptions } from "../../src/options/resolve_options.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { shardOptions } from "../../src/options/shard_options.ts";
import { UNIX_OPTIONS } from "../../src/options/socket_options.ts";
import { TLS_OPTIONS } from "../../src/options/tls_options.ts";
import { POOL_OPTIONS } from "../../src/options/worker_options.ts";

const ALL = Object.keys(OPTION_RULES) as (keyof ServerOptions)[];
const SCOPES: readonly OptionScope[] = ["server", "connection", "unix-socket", "tls", "pool"];

/** The members of each interface in server_options.ts. */
async function documentedMembers(): Promise<ReadonlyMap<string, readonly string[]>> {
  const source = await Deno.readTextFile(
    new URL("../../src/options/server_options.ts", import.meta.url),
  );
  const interfaces = source.matchAll(/^export interface (\w+)[^]*?\n\}/gm);
  return new Map(
    [...interfaces].map(([text, name]) => [
      name,
      [...text.matchAll(/\*\/\n {2}readonly (\w+)\?:/g)].map(([, member]) => member),
    ]),
  );
}

Deno.test("every option has one scope", () => {
  assertEquals(new Set(SCOPES.flatMap((scope) => optionsOf<OptionScope>(scope))), new Set(ALL));
  assertEquals(SCOPES.flatMap((scope) => optionsOf<OptionScope>(scope)).length, ALL.length);
});

Deno.test("every option has a row and documentation", async () => {
  const documented = [...(await documentedMembers()).values()].flat();
  assertEquals(documented.toSorted(), ALL.toSorted());
});

Deno.test("POOL_OPTIONS are the members of PoolOptions", async () => {
  const members = (await documentedMembers()).get("PoolOptions")!;
  assertEquals(POOL_OPTIONS.toSorted() as string[], members.toSorted());
});

Deno.test("TLS_OPTIONS are cert, key and every option that begins with tls but tls itself", () => {
  const named = ALL.filter((name) => name.startsWith("tls") && name !== "tls");
  assertEquals<readonly string[]>(TLS_OPTIONS, [...named, "cert", "key"]);
});

Deno.test("UNIX_OPTIONS are the options about UNIX sockets", () => {
  assertEquals(UNIX_OPTIONS, ["socketMode", "socketOwner", "socketGroup", "peerCredentials"]);
});

Deno.test("only the main thread uses addresses, the mode, callbacks, logs and how an application is loaded", () => {
  assertEquals(optionsOf("server"), [
    ...["bind", "hostname", "port", "path", "reusePort", "timeout", "mode"] as const,
    ...["python", "pythonPath", "chdir", "gateway"] as const,
    ...["accessLog", "accessLogFormat", "logFile", "logFormat", "logLevel"] as const,
    "captureOutput",
    ...["admin", "adminTokenFile", "stopDelay"] as const,
    ...["signal", "onListen", "onError", "onLog"] as const,
  ]);
});

Deno.test("an option has a line of help exactly if it has a heading", () => {
  const withHeading = ALL.filter((name) => "group" in OPTION_RULES[name]);
  assertEquals<readonly string[]>(TEXT_OPTIONS, withHeading);
});

/** A value that is not the default. */
function otherValue(name: keyof ServerOptions): unknown {
  const rule: OptionRule = OPTION_RULES[name];
  const usual = (DEFAULTS as Readonly<Record<string, unknown>>)[name];
  if ("min" in rule) return usual === rule.min ? rule.min + 1 : rule.min;
  if (rule.kind === "boolean") return !usual;
  if (rule.kind === "choice") return rule.values.find((value) => value !== usual);
  if (rule.kind === "field-value") return "other";
  if (rule.kind === "sources") return ["10.0.0.1"];
  if (rule.kind === "tls") return { certificate: "a.crt", privateKey: "a.key" };
  throw new Error(`No specimen for ${name}: add one here`);
}

Deno.test("a shard gets every option about connections, and no other", () => {
  const names = optionsOf("connection");
  const given = Object.fromEntries(names.map((name) => [name, otherValue(name)]));
  const server = resolveOptions({ ...given, mode: "sharded" }, "module");
  const posted = structuredClone(shardOptions(server));
  assertEquals(Object.keys(posted), [...names]);
  const shard = resolveOptions({ ...posted, bind: "80" });
  for (const name of names) assertEquals(shard[name], server[name], name);
  assertEquals(shard.headTimeout, given.headTimeout);
});
