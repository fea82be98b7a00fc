// The TypeScript of README and docs/ has no type errors. A block that names its file belongs to a project of
// the page, which commands_test.ts runs; `ts ignore` is an excerpt.

import { assert } from "@std/assert";
import { ROOT } from "../support/root.ts";
import { blocksOf, pages } from "./page_commands.ts";

Deno.test("the blocks of README and docs/ have no type errors", async () => {
  const checked = pages().filter((page) => {
    const blocks = blocksOf(page, Deno.readTextFileSync(new URL(page, ROOT)));
    return blocks.some(({ language, file }) => language === "ts" && file === undefined) &&
      !blocks.some(({ language, file }) => language === "ts" && file?.endsWith(".ts"));
  });
  assert(checked.length > 5, String(checked));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", "--doc-only", ...checked],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
});
