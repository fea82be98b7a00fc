// The number of connections that fits a process's limit of descriptors.

import { assertEquals } from "@std/assert";
import { descriptorLimit } from "../../src/net/descriptor_limit.ts";
import {
  connectionLimit,
  limitWarning,
  spoolFileLimit,
} from "../../src/server/connection_limit.ts";
import { resolveOptions } from "../../src/options/resolve_options.ts";
import type { ServerOptions } from "../../mod.ts";

const rows: [options: ServerOptions, limit: number | undefined, expected: number][] = [
  [{ mode: "inline" }, undefined, 10_000],
  [{ mode: "inline" }, Infinity, 10_000],
  [{ mode: "inline" }, 1_048_576, 10_000],
  [{ mode: "inline" }, 1_024, 744],
  [{ mode: "inline" }, 256, 168],
  [{ mode: "inline", maxConnections: 100 }, 256, 100],
  [{ mode: "inline", maxConnections: Infinity }, 1_024, 744],
  [{ mode: "inline", maxConnections: Infinity }, Infinity, Infinity],
  [{ mode: "inline" }, 16, 1],
  [{ mode: "pool", minWorkers: 2, maxWorkers: 2 }, 256, 156],
  [{ mode: "sharded", minWorkers: 2, maxWorkers: 2 }, 256, 78],
];
for (const [options, limit, expected] of rows) {
  Deno.test(`connectionLimit of ${JSON.stringify(options)} with ${limit} is ${expected}`, () => {
    assertEquals(connectionLimit(resolveOptions(options, "module"), limit), expected);
  });
}

Deno.test("a lower limit is a warning only where maxConnections was given", () => {
  const { maxConnections } = resolveOptions({}, "module");
  assertEquals(limitWarning(744, maxConnections).level, "info");
  assertEquals(limitWarning(744, 5_000).level, "warn");
});

Deno.test("temporary files take half of what connections leave", () => {
  const limits = [Infinity, 1_048_576, 256, 32];
  const { maxWorkers } = resolveOptions({ mode: "pool", minWorkers: 2, maxWorkers: 2 }, "module");
  const files = limits.map((limit) => spoolFileLimit({ maxWorkers }, limit));
  assertEquals(files, [Infinity, 131_066, 26, 0]);
});

Deno.test("descriptorLimit is that of the shell", async () => {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", "ulimit -n"] }).output();
  const text = new TextDecoder().decode(stdout).trim();
  assertEquals(descriptorLimit(), text === "unlimited" ? Infinity : Number(text));
});
