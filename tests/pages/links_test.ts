// Every link of README, CHANGELOG and docs/ leads to a file, and to a heading where it names one.

import { assert, assertEquals } from "@std/assert";
import { ROOT } from "../support/root.ts";
import { pages } from "./page_commands.ts";

for (const page of [...pages(), "CHANGELOG.md"]) {
  Deno.test(`${page}: its links`, () => {
    const url = new URL(page, ROOT);
    for (const target of linksOf(Deno.readTextFileSync(url))) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path, anchor] = target.split("#", 2);
      const to = path === "" ? url : new URL(path, url);
      assert(exists(to), `${page} links to ${target}, which is not there`);
      if (anchor === undefined) continue;
      const anchors = anchorsOf(Deno.readTextFileSync(to));
      assert(anchors.includes(anchor), `${page} links to ${target}, of ${anchors.join(" ")}`);
    }
  });
}

Deno.test("a heading has the anchor that GitHub gives it", () => {
  const text =
    "# A `b_c`: d\n\n## Cheroot's `server.stats`\n\n```sh\n# none\n```\n\n### 7. A test\n\n## A b_c d\n";
  assertEquals(anchorsOf(text), ["a-b_c-d", "cheroots-serverstats", "7-a-test", "a-b_c-d-1"]);
});

function withoutBlocks(text: string): string {
  return text.replace(/^( *)```[^]*?^\1```$/gm, "");
}

function linksOf(text: string): string[] {
  const prose = withoutBlocks(text).replace(/`[^`]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
}

function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>();
  return [...withoutBlocks(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => {
    const anchor = heading.toLowerCase().replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(
      " ",
      "-",
    );
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}

function exists(url: URL): boolean {
  try {
    Deno.statSync(url);
    return true;
  } catch {
    return false;
  }
}
