// The table of options: flags, keys of the file, help and documentation agree with it and with
// `DEFAULTS`.

import { assert, assertEquals } from "@std/assert";
import { parseArguments } from "../../../src/cli/settings/arguments.ts";
import { parseConfig } from "../../../src/cli/settings/config_file.ts";
import { helpText } from "../../../src/cli/settings/help.ts";
import { OPTION_TABLE, type OptionRow } from "../../../src/cli/settings/option_table.ts";
import { formatOptionValue } from "../../../src/cli/settings/option_text.ts";
import { OPTION_RULES } from "../../../src/options/option_rules.ts";
import { DEFAULTS, type OptionDefaults } from "../../../src/options/defaults.ts";

/** Members of `ServerOptions` that text cannot give. */
const notText = ["path", "cert", "key", "tls", "signal", "onListen", "onError", "onLog"];
/** Options without a default: they set others, follow from something else, or are not set. */
const withoutDefault = [
  "hostname",
  "port",
  "socketOwner",
  "socketGroup",
  "timeout",
  "mode",
  "maxWorkers",
  ...["tlsCertificate", "tlsPrivateKey", "tlsCertificateChain", "tlsPasswordFile", "tlsSni"],
  ...["tlsClientCa", "tlsCiphers", "accessLog", "captureOutput", "admin", "adminTokenFile"],
  "chdir",
];
/** Defaults in the documentation that are no constants. */
const documentedDefaults: Readonly<Record<string, string>> = {
  mode: "`pool` for a module, else `inline`",
  minWorkers: "cores, at least 2",
  maxWorkers: "as `minWorkers`",
  captureOutput: "with `json`",
};

function defaultOf(row: OptionRow): unknown {
  return DEFAULTS[row.name as keyof OptionDefaults];
}

/** Makes a value of the row's kind, as a flag takes it. */
function specimen(row: OptionRow): string {
  if (row.name === "hostname") return "localhost";
  if (row.name === "port") return "8080";
  if (row.rule.kind === "account") return "www-data";
  if (row.name === "mode") return "pool";
  if (row.name === "maxWorkers") return "4";
  if (row.name === "tlsSni") return "a.test=a.crt,a.key";
  if (row.rule.kind === "access-log") return "./access.log";
  if (row.name === "admin") return "127.0.0.1:9070";
  if (row.name === "captureOutput") return "true";
  if (row.rule.kind === "text" && !Object.hasOwn(DEFAULTS, row.name)) return "./a.pem";
  return row.name === "timeout" ? "5s" : formatOptionValue(row, defaultOf(row));
}

/** Parses a flag. */
function byFlag(row: OptionRow, text: string): unknown {
  const parsed = parseArguments([row.flag, text]);
  if (!("options" in parsed)) throw new Error("expected options");
  return parsed.options[row.name];
}

Deno.test("every option of ServerOptions that text can give is in the table", () => {
  assertEquals(
    new Set(OPTION_TABLE.map((row) => row.name as string)),
    new Set(Object.keys(OPTION_RULES).filter((name) => !notText.includes(name))),
  );
});

Deno.test("every option of the table has a default, unless it sets others or follows from something else", () => {
  assertEquals(
    new Set(OPTION_TABLE.map((row) => row.name as string)),
    new Set([...Object.keys(DEFAULTS), ...withoutDefault]),
  );
});

Deno.test("a flag is the option's name in kebab-case", () => {
  for (const { name, flag } of OPTION_TABLE) {
    assert(/^--[a-z]+(-[a-z]+)*$/.test(flag), flag);
    assertEquals(flag.slice(2).replace(/-(.)/g, (_, letter) => letter.toUpperCase()), name);
  }
});

for (const row of OPTION_TABLE) {
  Deno.test(`${row.flag} takes what --print-config and the documentation show`, () => {
    const value = byFlag(row, specimen(row));
    if (row.name === "bind") assertEquals(value, [DEFAULTS.bind]);
    else if (Object.hasOwn(DEFAULTS, row.name)) assertEquals(value, defaultOf(row));
    else assert(value !== undefined);
  });

  Deno.test(`${row.name} in a configuration file means the same as ${row.flag}`, () => {
    const text = specimen(row);
    const json = row.rule.kind === "boolean" ? text === "true" : text;
    const config = parseConfig(JSON.stringify({ [row.name]: json }), "c.json");
    assertEquals([config[row.name]].flat(), [byFlag(row, text)].flat());
  });

  Deno.test(`--help shows ${row.flag} and its default`, () => {
    const lines = helpText().split("\n");
    const index = lines.findIndex((line) => line.startsWith(`  ${row.flag} `));
    assert(index >= 0);
    const shown = `(default ${formatOptionValue(row, defaultOf(row))})`;
    assertEquals(lines[index + 1].endsWith(shown), Object.hasOwn(DEFAULTS, row.name));
  });
}

Deno.test("--help shows defaults that follow from something else", () => {
  assert(helpText().includes(" (default pool)\n"));
  assert(helpText().includes(" (default as --min-workers)\n"));
});

Deno.test("docs/options.md has a row for every option, with its flag and default", async () => {
  const page = await Deno.readTextFile(new URL("../../../docs/options.md", import.meta.url));
  const documented = new Map<string, string>();
  for (
    const [, name, flag, value] of page.matchAll(
      /^\| `(\w+)`(?: ∞)? *\| `(--[a-z-]+)` *\| (.*?) *\|/gm,
    )
  ) {
    documented.set(`${name} ${flag}`, value);
  }
  const expected = new Map(OPTION_TABLE.map((row) => [
    `${row.name} ${row.flag}`,
    documentedDefaults[row.name] ??
      (Object.hasOwn(DEFAULTS, row.name)
        ? `\`${formatOptionValue(row, defaultOf(row))}\``
        : "not set"),
  ]));
  assertEquals(documented, expected);
  for (const name of notText) assert(page.includes(`| \`${name}\``), name);
});

Deno.test("--help keeps to 100 columns", () => {
  for (const line of helpText().split("\n")) assert(line.length <= 100, line);
});
