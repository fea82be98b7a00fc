// docs/events.md has each event of the log, and no other.

import { assert, assertEquals } from "@std/assert";
import { ROOT } from "../support/root.ts";

const LEVEL = '"(?:debug|info|warn|error)"';

/** How the source names an event. */
const NAMED = [
  /\bevent: "([a-z-]+)"(?!, transport)/g,
  new RegExp(`\\b(?:report|log)\\(\\s*(?:\\w[\\w.]*, )?${LEVEL},\\s*"([a-z-]+)"`, "g"),
  /\benvironment\.report\(\s*"([a-z-]+)"/g,
  /(?<![\w.#])(?:report|log)\("([a-z-]+)", message/g,
  /\b(?:fail|cut): \["([a-z-]+)"/g,
  /\btake\("(uncaught-[a-z]+)"/g,
  /#reject\(\w+, "([a-z-]+)"/g,
  /\b(?:level|name), "([a-z-]+)", message/g,
  /\bevent = late \? "([a-z-]+)"/g,
  /\bevent = late \? "[a-z-]+" : "([a-z-]+)"/g,
];

Deno.test("docs/events.md has each event of the source, and no other", () => {
  const constants = new Map<string, string>();
  const all = sources("src/");
  for (const [, name, value] of all.matchAll(/^export const ([A-Z_]+) = "([a-z-]+)";$/gm)) {
    constants.set(name, value);
  }
  const source = all.replace(
    /(\bevent: |\breport\()([A-Z_]+)(?=[,\s])/g,
    (match, before, name) => constants.has(name) ? `${before}"${constants.get(name)}"` : match,
  );
  const named = new Set(
    NAMED.flatMap((pattern) => [...source.matchAll(pattern)].map(([, n]) => n)),
  );
  const page = Deno.readTextFileSync(new URL("docs/events.md", ROOT));
  const rows = [...page.matchAll(/^\| (`[a-z-]+`(?:, `[a-z-]+`)*) +\| [a-z]/gm)]
    .flatMap(([, cell]) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name));
  assert(named.size > 60, `${named.size} events`);
  assertEquals(rows.toSorted(), [...named].sort());
});

function sources(folder: string): string {
  return [...Deno.readDirSync(new URL(folder, ROOT))].map(({ name, isDirectory }) => {
    if (isDirectory) return sources(`${folder}${name}/`);
    return /\.(ts|py)$/.test(name) ? Deno.readTextFileSync(new URL(folder + name, ROOT)) : "";
  }).join("\n");
}
