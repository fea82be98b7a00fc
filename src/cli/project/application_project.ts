// Finds the project of applications: the file from which Deno takes imports, packages, JSX settings and
// the lock file. It is the nearest deno.json, deno.jsonc or package.json at or above a module, as in
// Deno's own search.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isPython } from "../../application/python_module.ts";
import { isPermitted } from "../../io/permissions.ts";
import { parseAppReference } from "../settings/app_reference.ts";

/** The projects of all applications of a command line. */
export type ApplicationProject =
  /** No application needs one: each is remote, in Python, missing, or has no such file above it. */
  | { readonly kind: "none" }
  /** The one that all of them share. */
  | {
    readonly kind: "one";
    /** Path of deno.json, deno.jsonc or package.json. */
    readonly file: string;
    /** Path of an application in it. */
    readonly app: string;
    /** Whether there are applications in Python beside it. */
    readonly besidePython: boolean;
  }
  /** Deno has one project in a process, so these exclude each other. */
  | { readonly kind: "several"; readonly files: readonly string[] };

/** In Deno's order: the first that exists in a folder stands for it. */
const CONFIG_FILES = ["deno.json", "deno.jsonc", "package.json"];
/** A root of several projects: `workspace` of Deno, `workspaces` of npm. */
const WORKSPACE = /"workspaces?"\s*:/;

/** Finds the project of applications.
 *
 * @param apps each as APP says it
 * @throws {ExitError} when one is not understood */
export function findApplicationProject(apps: readonly string[]): ApplicationProject {
  const urls = apps.map((app) => parseAppReference(app).url);
  const found: { readonly file: string; readonly app: string }[] = [];
  for (const url of urls) {
    if (!url.startsWith("file:") || isPython(url)) continue;
    const app = fileURLToPath(url);
    const file = isFile(app) ? projectOf(url) : undefined;
    if (file !== undefined) found.push({ file, app });
  }
  if (found.length === 0) return { kind: "none" };
  const files = new Map(found.map(({ file }) => [workspaceRoot(file), file]));
  if (files.size > 1) return { kind: "several", files: [...files.values()] };
  return { kind: "one", ...found[0], besidePython: urls.some(isPython) };
}

/** Finds the project of a module.
 *
 * @param url where the module is
 * @returns path of the file; nothing for a remote module, for which Deno looks for none */
export function projectOf(url: string): string | undefined {
  if (!url.startsWith("file:")) return undefined;
  return filesAbove(fileURLToPath(url)).next().value;
}

/** Members of a workspace share a process: Deno reads the files of all of them. */
function workspaceRoot(file: string): string {
  for (const each of filesAbove(file)) {
    if (WORKSPACE.test(Deno.readTextFileSync(each))) return dirname(each);
  }
  return dirname(file);
}

/** Config files in the folder of a path and in all folders above it, the nearest first. */
function* filesAbove(path: string): Generator<string, undefined> {
  for (let folder = dirname(path);; folder = dirname(folder)) {
    for (const name of CONFIG_FILES) if (isFile(join(folder, name))) yield join(folder, name);
    if (dirname(folder) === folder) return;
  }
}

/** Whether there is a regular file. One that may not be read counts as missing, so that Deno never
 * prompts.
 *
 * @param path where it may be */
export function isFile(path: string): boolean {
  if (!isPermitted({ name: "read", path })) return false;
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
