// The options that text can set, each with its flag, its kind of value and its line of help. Flags,
// configuration files, `--print-config` and `--help` read this table, which is derived from
// option_rules.ts.

import {
  OPTION_RULES,
  type OptionGroup,
  TEXT_OPTIONS,
  type TextOption,
  type ValueRule,
} from "../../options/option_rules.ts";

/** A row of the table. */
export interface OptionRow {
  /** Key in `ServerOptions` and in a configuration file. */
  readonly name: TextOption;
  /** The name in kebab-case behind two hyphens. */
  readonly flag: string;
  /** Heading in the help. */
  readonly group: OptionGroup;
  /** What the option sets, and what happens past it. */
  readonly summary: string;
  /** Kind and range of its values. */
  readonly rule: ValueRule;
}

/** The table, in the order of the help. */
export const OPTION_TABLE: readonly OptionRow[] = TEXT_OPTIONS.map((name) => {
  const rule = OPTION_RULES[name];
  return { name, flag: flagOf(name), group: rule.group, summary: rule.help, rule };
});

/** Headings of the help, in its order. */
export const OPTION_GROUPS: readonly OptionGroup[] = [
  ...new Set(OPTION_TABLE.map(({ group }) => group)),
];

const BY_NAME: ReadonlyMap<string, OptionRow> = new Map(OPTION_TABLE.map((row) => [row.name, row]));

/** Finds the row of an option.
 *
 * @param name key in a configuration file
 * @returns the row, or `undefined` when no option has this name */
export function optionNamed(name: string): OptionRow | undefined {
  return BY_NAME.get(name);
}

/** Names the flag of a key.
 *
 * @param name such as `headTimeout` */
export function flagOf(name: string): string {
  return "--" + name.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());
}
