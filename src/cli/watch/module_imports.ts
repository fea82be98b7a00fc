// Finds the local files that a module imports, by the texts in its code that look like specifiers. It may find
// too many, as it does not parse the language; a file that is not imported costs one more look.

import { dirname, isAbsolute, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Keys of an import map, and the paths that local ones stand for. */
export type LocalImports = readonly (readonly [key: string, path: string])[];

/** `from "…"`, `import "…"`, `import("…")`, `require("…")` and `new URL("…"`, as for workers. */
const SPECIFIER =
  /(?:\bfrom|\bimport\s*\(?|\brequire\s*\(|\bnew\s+URL\s*\()\s*(?:\/\*[^]*?\*\/\s*)?(["'`])([^"'`\r\n]+)\1/g;

/** Lists the local files that a module imports.
 *
 * @param text code of the module
 * @param path its path
 * @param map what keys of the import map stand for
 * @returns paths, which may be without an extension or not exist */
export function importsIn(text: string, path: string, map: LocalImports): readonly string[] {
  const found = new Set<string>();
  for (const [, , specifier] of text.matchAll(SPECIFIER)) {
    const local = resolveLocal(specifier, path, map);
    if (local !== undefined) found.add(local);
  }
  return [...found];
}

/** Reads the import map of a project.
 *
 * @param config content of deno.json
 * @param folder the folder where it is
 * @returns its keys that stand for local files */
export function localImports(config: unknown, folder: string): LocalImports {
  const { imports, scopes } = (config ?? {}) as { imports?: unknown; scopes?: unknown };
  const tables = [imports, ...Object.values(Object(scopes))];
  return tables.flatMap((table) => Object.entries(Object(table))).flatMap(([key, target]) => {
    if (typeof target !== "string" || !/^(?:\.{0,2}\/|file:)/.test(target)) return [];
    const path = resolveLocal(target, resolve(folder, "deno.json"), []);
    return path === undefined ? [] : [[key, target.endsWith("/") ? path + "/" : path] as const];
  });
}

function resolveLocal(specifier: string, from: string, map: LocalImports): string | undefined {
  const exact = map.find(([key]) => key === specifier);
  if (exact !== undefined) return exact[1];
  const prefix = map.filter(([key]) => key.endsWith("/") && specifier.startsWith(key))
    .toSorted(([a], [b]) => b.length - a.length)[0];
  if (prefix !== undefined) return resolve(prefix[1], specifier.slice(prefix[0].length));
  try {
    if (specifier.startsWith("file:")) return fileURLToPath(specifier);
    if (!specifier.startsWith(".") && !isAbsolute(specifier)) return undefined;
    return fileURLToPath(new URL(specifier, pathToFileURL(dirname(from) + "/")));
  } catch {
    return undefined; // no path, such as one with an encoded slash
  }
}
