// robusto.schema.json is what its generator gives, and it judges configurations as the server does.

import { assert, assertEquals } from "@std/assert";
import { Ajv } from "ajv";
import { DEFAULTS, type OptionDefaults } from "../../../src/options/defaults.ts";
import type { OptionRule } from "../../../src/options/option_rules.ts";
import { parseConfig } from "../../../src/cli/settings/config_file.ts";
import { parseJsonc } from "../../../src/cli/settings/jsonc.ts";
import { OPTION_TABLE, type OptionRow } from "../../../src/cli/settings/option_table.ts";
import { formatOptionValue } from "../../../src/cli/settings/option_text.ts";
import { ROOT } from "../../support/root.ts";
import { REFUSED } from "./config_rows.ts";
import { configSchema, SCHEMA_FILE, schemaText } from "./config_schema.ts";

const ajv = new Ajv({ allowUnionTypes: true });
for (const keyword of ["allowComments", "allowTrailingCommas"]) ajv.addKeyword(keyword); // of editors
const isValid = ajv.compile(configSchema());

Deno.test("robusto.schema.json is what `deno task schema` writes", async () => {
  const text = await Deno.readTextFile(new URL(SCHEMA_FILE, ROOT));
  assert(text === schemaText(), "Run `deno task schema`: an option has changed");
});

Deno.test("the schema refuses what the server refuses", () => {
  for (const [text, , mark] of REFUSED) {
    let config: unknown;
    try {
      config = parseJsonc(text);
    } catch {
      continue; // it is no JSON
    }
    assertEquals(isValid(config), mark === "beyond a schema", text);
  }
});

Deno.test("the schema and the server judge every value of every option alike", () => {
  const differences: string[] = [];
  for (const row of OPTION_TABLE) {
    const configs = specimens(row).map((value) => ({ [row.name]: value }));
    const accepted = configs.filter((config) => complaintAbout(config) === undefined);
    assert(accepted.length > 0 && accepted.length < configs.length, row.name);
    for (const config of configs) {
      const isOutOfRange = / from \d\S* to /.test(complaintAbout(config) ?? "");
      if (isOutOfRange && typeof config[row.name] === "string") continue; // beyond a schema
      if (isValid(config) !== accepted.includes(config)) differences.push(JSON.stringify(config));
    }
  }
  assertEquals(differences, []);
});

Deno.test("the schema takes the applications and workers that the server takes", () => {
  const taken = [
    { $schema: "./robusto.schema.json", app: "./a.ts", workers: 4 },
    { app: "./a.ts", mount: { "/b": "./b.ts" }, workers: "2:8" },
    { mount: { "/": { app: "./a.ts", pool: { maxWorkers: 1, handlerTimeout: "30s" } } } },
    { mount: { "/py": { app: "./app.py:app" }, "/x": { app: "./x.ts", pool: {} } } },
    {},
  ];
  for (const config of taken) {
    assertEquals(complaintAbout(config), undefined);
    assert(isValid(config), JSON.stringify(config));
  }
});

Deno.test("each example of a configuration is valid and names the schema", async () => {
  const path = new URL("examples/configuration.jsonc", ROOT);
  const config = parseJsonc(await Deno.readTextFile(path)) as { $schema: string };
  assert(isValid(config), ajv.errorsText(isValid.errors));
  assertEquals(new URL(config.$schema, path).href, new URL(SCHEMA_FILE, ROOT).href);
});

/** Values that the server takes, and others. */
function specimens({ name, rule }: OptionRow): unknown[] {
  const others = [null, true, "", "soon", -1, 0, 1.5, 80, "80", [], ["a", 1], {}, "none", "a\nb"];
  const usual = Object.hasOwn(DEFAULTS, name) ? [DEFAULTS[name as keyof OptionDefaults]] : [];
  const written = usual.map((value) => formatOptionValue({ name, rule } as OptionRow, value));
  return [...others, ...usual, ...written, ...ofKind(rule as OptionRule)]
    .filter((value) => value !== Infinity); // JSON has no such number
}

function ofKind(rule: OptionRule): unknown[] {
  if ("min" in rule) {
    const { min, max } = rule;
    const texts = ["10s", "16KiB", "32MiB", "1.5m", "10x", "1e3", "0660", "10S", " 1s", "90"];
    return [min, max, min - 1, max + 1, min + 0.5, ...texts];
  }
  switch (rule.kind) {
    case "choice":
      return [...rule.values, rule.values[0].toUpperCase() + "x"];
    case "address":
    case "addresses":
      return ["[::1]:80", ":80", "unix:/a", "unix:@a", "fd:3", "a", "a:b", ["80", "unix:/a"]];
    case "sni":
      return ["a.test=a.crt,a.key", ["*.a.test=a,b"], "a.test=a", "=a,b"];
    case "sources":
      return ["10.0.0.0/8", "10.0.0.0/8,unix", ["10.0.0.1", "unix"]];
    case "account":
      return ["www-data", 33];
    case "field-value":
      return ["Me/1.0", " a", "a ", "x".repeat(257), "é"];
    case "access-log-format":
      return [
        ...["common", "{method}", "{x}", "{method", "method}", "{{method}}", "{}", "{ method }"],
        ...["a{{{method}}}b", "{method} {status}", "{method}\n", "{method}{{", "{{}}"],
      ];
    default:
      return ["a", "/a/b"];
  }
}

function complaintAbout(config: object): string | undefined {
  try {
    parseConfig(JSON.stringify(config), "c.json");
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
