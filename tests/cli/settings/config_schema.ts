// Makes robusto.schema.json, the JSON schema of configuration files, of the rules of the options.
// `deno task schema` writes it. What options require of each other, and the range of a number that is written as
// text, is beyond a schema.

import { ACCESS_FIELDS } from "../../../src/access_log/access_record.ts";
import { DEFAULTS, type OptionDefaults } from "../../../src/options/defaults.ts";
import type { NumberRule, ValueRule } from "../../../src/options/option_rules.ts";
import { POOL_OPTIONS } from "../../../src/options/worker_options.ts";
import {
  OPTION_TABLE,
  optionNamed,
  type OptionRow,
} from "../../../src/cli/settings/option_table.ts";
import { formatOptionValue } from "../../../src/cli/settings/option_text.ts";

type Schema = Readonly<Record<string, unknown>>;

/** The file, from the root of the checkout. */
export const SCHEMA_FILE = "robusto.schema.json";

const TEXT = { type: "string", minLength: 1 } as const;
const APP = { ...TEXT, examples: ["./app.ts", "./app.ts:name", "./app.py:callable"] } as const;
/** A whole number from 1, as `parseCount` reads it. */
const POSITIVE = "0{0,14}[1-9][0-9]{0,14}";
const DECIMAL = "[0-9]{1,15}(\\.[0-9]{1,3})?";

/** How a number may be written as text; `units.ts` reads it. */
const SPELLINGS: Readonly<Record<NumberRule["kind"], string>> = {
  duration: `${DECIMAL}(ms|s|m|h)?`,
  size: `${DECIMAL}(B|[kK]B|KiB|MB|MiB|GB|GiB)?`,
  rate: `${DECIMAL}(B|[kK]B|KiB|MB|MiB|GB|GiB)?`,
  mode: "[0-7]{3,4}",
  count: "[0-9]{1,15}",
};

/** Defaults that depend on the machine or on the version. */
const CHANGING = ["minWorkers", "serverName", "software"];

/** Makes the schema. */
export function configSchema(): Schema {
  const options = Object.fromEntries(OPTION_TABLE.map((row) => [row.name, schemaOf(row)]));
  const poolOptions = POOL_OPTIONS.map((name) => [name, { $ref: `#/properties/${name}` }]);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration of Robusto",
    description: "What --config names: the options of docs/options.md, and applications",
    allowComments: true,
    allowTrailingCommas: true,
    type: "object",
    properties: {
      $schema: { description: "this schema, for editors", type: "string" },
      app: { description: "the application at /", ...APP },
      mount: {
        description: "applications by the beginning of their paths; the longest one wins",
        type: "object",
        propertyNames: { pattern: "^/" },
        additionalProperties: {
          anyOf: [APP, {
            type: "object",
            properties: {
              app: APP,
              pool: {
                description: "a dedicated pool; what it leaves out is as in the whole server",
                type: "object",
                properties: Object.fromEntries(poolOptions),
                additionalProperties: false,
              },
            },
            required: ["app"],
            additionalProperties: false,
          }],
        },
      },
      workers: {
        description: "minWorkers and maxWorkers at once: N, or N:M",
        anyOf: [numberSchema(optionNamed("minWorkers")!.rule as NumberRule), {
          type: "string",
          pattern: `^${POSITIVE}(:${POSITIVE})?$`,
        }],
      },
      ...options,
    },
    allOf: [
      { not: { required: ["workers", "minWorkers"] } },
      { not: { required: ["workers", "maxWorkers"] } },
      {
        not: {
          required: ["app", "mount"],
          properties: { mount: { type: "object", required: ["/"] } },
        },
      },
    ],
    additionalProperties: false,
  };
}

/** Makes the text of the file. */
export function schemaText(): string {
  return JSON.stringify(configSchema(), null, 2) + "\n";
}

function schemaOf(row: OptionRow): Schema {
  const { name, summary, rule } = row;
  const usual = Object.hasOwn(DEFAULTS, name) && !CHANGING.includes(name)
    ? { default: defaultOf(row, DEFAULTS[name as keyof OptionDefaults]) }
    : {};
  return { description: summary, ...usual, ...valueSchema(rule) };
}

function defaultOf(row: OptionRow, value: unknown): unknown {
  const isNumberWithUnit = typeof value === "number" && row.rule.kind !== "count" &&
    row.rule.kind !== "rate";
  return isNumberWithUnit || value === Infinity ? formatOptionValue(row, value) : value;
}

function valueSchema(rule: ValueRule): Schema {
  switch (rule.kind) {
    case "duration":
    case "size":
    case "rate":
    case "mode":
    case "count": {
      const none = rule.unlimited || rule.kind === "rate" ? "|none" : "";
      const notZero = rule.min > 0 ? "(?!0+(\\.0+)?[A-Za-z]*$)" : "";
      const text = { type: "string", pattern: `^${notZero}(${SPELLINGS[rule.kind]}${none})$` };
      return { anyOf: [numberSchema(rule), text] };
    }
    case "boolean":
      return { type: "boolean" };
    case "choice":
      return { enum: rule.values };
    case "address":
      return ADDRESS;
    case "addresses":
      return oneOrMore(ADDRESS, { minItems: 1 });
    case "sources":
      return {
        anyOf: [
          { type: "string", pattern: `^(none| *${SOURCE}( *, *${SOURCE})* *)$` },
          { type: "array", items: { type: "string", pattern: `^${SOURCE}$` } },
        ],
      };
    case "paths":
      return oneOrMore(TEXT);
    case "sni":
      return oneOrMore({ type: "string", pattern: "^[A-Za-z0-9*._-]+=[^,]+,[^,]+$" });
    case "hostname":
      return { type: "string", pattern: "^[A-Za-z0-9_:]([A-Za-z0-9._:-]*[A-Za-z0-9_.:])?$" };
    case "access-log":
    case "text":
      return TEXT;
    case "access-log-format":
      return {
        anyOf: [{ enum: ["common", "combined", "json"] }, { type: "string", pattern: TEMPLATE }],
      };
    case "account":
      return {
        anyOf: [
          { type: "string", pattern: "^[^\\s:,/-][^\\s:,/]{0,255}$" },
          { type: "integer", minimum: 0, maximum: 2 ** 32 - 2 },
        ],
      };
    case "field-value":
      return { type: "string", maxLength: 256, pattern: "^([!-~]([ -~]*[!-~])?)?$" };
    case "tls":
    case "signal":
    case "function":
      throw new Error(`No option in text has a ${rule.kind} as its value`);
    default:
      return rule satisfies never;
  }
}

/** A template: texts without controls and with doubled braces, and at least one field. */
const TEMPLATE_TEXT = "([^{}\\u0000-\\u001f\\u007f]|\\{\\{|\\}\\})*";
const TEMPLATE_FIELD = `\\{(${ACCESS_FIELDS.join("|")})\\}`;
const TEMPLATE = `^${TEMPLATE_TEXT}(${TEMPLATE_FIELD}${TEMPLATE_TEXT})+$`;

const SOURCE = "(unix|[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*(/[0-9]{1,3})?)";
const ADDRESS = { type: "string", pattern: "^(unix:.+|fd:.+|(.*:)?[0-9]{1,5})$" } as const;

function numberSchema({ min, max }: NumberRule): Schema {
  return { type: "integer", minimum: min, maximum: max };
}

function oneOrMore(schema: Schema, list: Schema = {}): Schema {
  return { anyOf: [schema, { type: "array", items: schema, ...list }] };
}

if (import.meta.main) {
  await Deno.writeTextFile(new URL(`../../../${SCHEMA_FILE}`, import.meta.url), schemaText());
}
