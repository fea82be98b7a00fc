// `deno task types` checks the TypeScript of pages. A block that names its file belongs to a project of the
// page, which commands_test.ts runs; `ts ignore` is an excerpt.

import { assertEquals } from "@std/assert";
import { ROOT } from "../support/root.ts";
import { blocksOf, pages } from "./page_commands.ts";

Deno.test("deno task types checks every page with TypeScript", () => {
  const withCode = pages().filter((page) =>
    blocksOf(page, Deno.readTextFileSync(new URL(page, ROOT)))
      .some(({ language, file }) => language === "ts" && file === undefined)
  );
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  assertEquals(tasks.types.match(/\S+\.md/g), withCode);
});
