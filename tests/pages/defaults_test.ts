// Where a page names an option or a flag with its default in parentheses, such as `workerTimeout` (30 s), the
// number is the default. And docs/security.md says what is on and off by default.

import { assert, assertEquals } from "@std/assert";
import { DEFAULTS } from "../../mod.ts";
import { ROOT } from "../support/root.ts";
import { pages } from "./page_commands.ts";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  "ms": 1,
  "s": 1000,
  "KiB": 1024,
  "MiB": 1024 ** 2,
  "GiB": 1024 ** 3,
};

Deno.test("numbers in parentheses behind an option are its default", () => {
  let count = 0;
  for (const page of [...pages(), "CHANGELOG.md"]) {
    // tests/cli/settings/option_table_test.ts reads the tables of options; benches choose values of their own.
    if (["docs/options.md", "docs/performance.md"].includes(page)) continue;
    const text = read(page);
    for (const match of text.matchAll(/`(--)?([A-Za-z-]+)`\s\(([\d,]+)\s?(ms|s|KiB|MiB|GiB)?\)/g)) {
      const [said, isFlag, name, digits, unit = ""] = match;
      const option = isFlag === undefined
        ? name
        : name.replace(/-([a-z])/g, (_, c) => c.toUpperCase());
      if (!(option in DEFAULTS)) continue;
      count++;
      const isOctal = /^0\d/.test(digits);
      const value = parseInt(digits.replaceAll(",", ""), isOctal ? 8 : 10) * UNITS[unit];
      // In tables of other servers their flags have the numbers of these servers.
      if (isFlag && page.startsWith("docs/from-")) continue;
      assertEquals(DEFAULTS[option as keyof typeof DEFAULTS], value, `${page}: ${said}`);
    }
  }
  assert(count > 10, `${count} defaults`);
});

Deno.test("docs/security.md says what is on and off by default", () => {
  const page = read("docs/security.md").replace(/\s+/g, " ");
  const { minContentRate, minResponseRate, queueSize, maxConnections } = DEFAULTS;
  for (const limit of [minContentRate, minResponseRate, queueSize, maxConnections]) {
    assert(limit > 0 && limit < Infinity);
  }
  const says: readonly [sentence: string, holds: boolean][] = [
    ["`--handler-timeout` is off", DEFAULTS.handlerTimeout === Infinity],
    ["off: `--max-worker-heap`", DEFAULTS.maxWorkerHeap === Infinity],
    ["from `--trusted-proxies` only, and that list is empty", DEFAULTS.trustedProxies.length === 0],
    ["for others `--underscore-headers drop`", DEFAULTS.underscoreHeaders === "allow"],
    ["TLS 1.2 and later", DEFAULTS.tlsMinVersion === "TLSv1.2"],
    ["127.0.0.1 and mode 0660 of UNIX sockets", DEFAULTS.socketMode === 0o660],
    ["127.0.0.1 and mode", DEFAULTS.bind === "127.0.0.1:8070"],
    ["Close idle connections before Robusto does (65 s)", DEFAULTS.keepAliveTimeout === 65_000],
    [
      "The field `Server` names Robusto and its version",
      DEFAULTS.serverName.startsWith("Robusto/"),
    ],
  ];
  for (const [sentence, holds] of says) {
    assert(page.includes(sentence), `docs/security.md does not say: ${sentence}`);
    assert(holds, sentence);
  }
});

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}
