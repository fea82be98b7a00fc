// The files of the page: its template, docs/performance.md, and the charts in docs/performance/.

import { ROOT } from "../../support/root.ts";
import { readResults } from "../results.ts";
import { formatted } from "./format.ts";
import { renderPage } from "./page.ts";

const TEMPLATE = new URL("template.md", import.meta.url);
const PAGE = "docs/performance.md";
const CHARTS = "docs/performance/";

/** The files as they have to be, by path from the root of the checkout. */
export async function pageFiles(): Promise<Map<string, string>> {
  const { text, charts } = renderPage(Deno.readTextFileSync(TEMPLATE), readResults());
  const files = new Map([[PAGE, await formatted(text, "md")]]);
  for (const { file, svg } of charts) files.set(CHARTS + file, svg);
  return files;
}

/** Writes the files. Removes charts of what is no longer measured. */
export async function writePage(): Promise<void> {
  const files = await pageFiles();
  for (const path of chartFiles()) {
    if (!files.has(path)) Deno.removeSync(new URL(path, ROOT));
  }
  for (const [path, text] of files) Deno.writeTextFileSync(new URL(path, ROOT), text);
}

/** Paths of the charts that exist. */
export function chartFiles(): string[] {
  return [...Deno.readDirSync(new URL(CHARTS, ROOT))].map(({ name }) => CHARTS + name)
    .filter((path) => path.endsWith(".svg"));
}

if (import.meta.main) await writePage();
