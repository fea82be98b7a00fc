// Finds the files that applications consist of, and tells when one of them has changed: local modules and
// what they import, and the Python files in the folders of Python applications. Packages are left out.

import { dirname, join, resolve } from "node:path";
import { isPermitted } from "../../io/permissions.ts";
import { parseJsonc } from "../settings/jsonc.ts";
import { importsIn, type LocalImports, localImports } from "./module_imports.ts";

/** What applications consist of. */
export interface SourceRoots {
  /** Paths of modules in JavaScript or TypeScript. */
  readonly modules: readonly string[];
  /** Folders whose Python files are a part, with those below them. */
  readonly pythonFolders: readonly string[];
  /** Path of deno.json or package.json, if there is one. */
  readonly project: string | undefined;
}

/** The files at one moment. */
export interface SourceState {
  /** Each file, and a text that changes with it; one that is imported and missing has a text too. */
  readonly stamps: ReadonlyMap<string, string>;
  /** The folders in which a change can concern them. */
  readonly folders: readonly string[];
}

/** More files or folders are no application; one that is left out is not watched. */
const MOST_FILES = 10_000;
const MOST_FOLDERS = 2_000;
/** Generated modules of this size import little. */
const LARGEST_MODULE = 4 * 1024 * 1024;
/** What an import without an extension can mean, in an application for Node. */
const ENDINGS = [
  "",
  ".ts",
  ".tsx",
  ".js",
  ".mjs",
  ".cjs",
  ".jsx",
  ".json",
  "/index.ts",
  "/index.js",
];
const CODE = /\.(?:[cm]?[jt]sx?)$/;
/** Packages, caches and repositories, with files by the thousand. */
const LEFT_OUT = /^(?:\..*|node_modules|__pycache__|site-packages|venv|env)$/;
const MISSING = "missing";

/** The files of applications. */
export class SourceFiles {
  readonly #roots: SourceRoots;
  /** What each module imported when it had a stamp. */
  readonly #imports = new Map<
    string,
    { readonly stamp: string; readonly found: readonly string[] }
  >();

  /** @param roots where to begin */
  constructor(roots: SourceRoots) {
    this.#roots = roots;
  }

  /** Looks at all files. Reads only those that have changed since the last time. */
  look(): SourceState {
    const { modules, pythonFolders, project } = this.#roots;
    const stamps = new Map<string, string>();
    const folders = new Set<string>();
    const map = project === undefined ? [] : readImportMap(project);
    const queue = [...modules];
    if (project !== undefined) stamps.set(project, stampOf(project));
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      const file = existing(path);
      if (stamps.has(file) || stamps.size >= MOST_FILES) continue;
      if (file.includes("/node_modules/")) continue;
      const stamp = stampOf(file);
      stamps.set(file, stamp);
      if (stamp !== MISSING && CODE.test(file)) queue.push(...this.#importsOf(file, stamp, map));
    }
    for (const folder of pythonFolders) findPython(folder, stamps, folders);
    for (const file of stamps.keys()) for (const folder of foldersOf(file)) folders.add(folder);
    return { stamps, folders: [...folders] };
  }

  #importsOf(file: string, stamp: string, map: LocalImports): readonly string[] {
    const known = this.#imports.get(file);
    if (known?.stamp === stamp) return known.found;
    let found: readonly string[] = [];
    try {
      if (Deno.statSync(file).size <= LARGEST_MODULE) {
        found = importsIn(Deno.readTextFileSync(file), file, map);
      }
    } catch {
      // It has just been removed; its stamp will show that.
    }
    this.#imports.set(file, { stamp, found });
    return found;
  }
}

/** Lists the files that differ between two moments.
 *
 * @param before the earlier one
 * @param after the later one */
export function changedFiles(before: SourceState, after: SourceState): readonly string[] {
  const files = new Set([...before.stamps.keys(), ...after.stamps.keys()]);
  return [...files].filter((file) => before.stamps.get(file) !== after.stamps.get(file)).sort();
}

function readImportMap(project: string): LocalImports {
  try {
    const config = parseJsonc(Deno.readTextFileSync(project)) as { importMap?: unknown };
    const { importMap } = config;
    if (typeof importMap !== "string") return localImports(config, dirname(project));
    const path = resolve(dirname(project), importMap);
    return localImports(parseJsonc(Deno.readTextFileSync(path)), dirname(path));
  } catch {
    return []; // it is being written
  }
}

function findPython(root: string, stamps: Map<string, string>, folders: Set<string>): void {
  const queue = [root];
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    if (folders.size >= MOST_FOLDERS || !isPermitted({ name: "read", path: folder })) return;
    try {
      for (const { name, isDirectory } of Deno.readDirSync(folder)) {
        const path = join(folder, name);
        if (isDirectory && !LEFT_OUT.test(name)) queue.push(path);
        if (name.endsWith(".py") && stamps.size < MOST_FILES) stamps.set(path, stampOf(path));
      }
      folders.add(folder);
    } catch {
      // It has just been removed.
    }
  }
}

/** The file that an import means. */
function existing(path: string): string {
  return ENDINGS.map((ending) => path + ending).find((each) => stampOf(each) !== MISSING) ?? path;
}

/** A text that differs after a write and after a replacement by another file. One that may not be read counts
 * as missing, so that Deno never prompts. */
function stampOf(path: string): string {
  if (!isPermitted({ name: "read", path })) return MISSING;
  try {
    const { isFile, mtime, size, ino } = Deno.statSync(path);
    return isFile ? `${mtime?.getTime()} ${size} ${ino}` : MISSING;
  } catch {
    return MISSING;
  }
}

/** The folder of a file, and that of the file behind it if it is a link; of a missing one the nearest that
 * exists. */
function* foldersOf(file: string): Generator<string> {
  let folder = dirname(file);
  while (!isFolder(folder) && folder !== dirname(folder)) folder = dirname(folder);
  yield folder;
  try {
    yield dirname(Deno.realPathSync(file));
  } catch {
    // It does not exist.
  }
}

function isFolder(path: string): boolean {
  try {
    return isPermitted({ name: "read", path }) && Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
