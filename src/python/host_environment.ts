// Gives the interpreter the files and the environment of the process. Files keep their paths. The calls are
// those of the process, so its permissions hold inside the interpreter too.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import type { FileSystem } from "./pyodide.ts";

/** Folders at the root that belong to the interpreter itself. */
const INTERPRETER_FOLDERS = ["dev", "lib", "proc", "sys"];

/** Mounts the files of the process in the interpreter.
 *
 * @param fs the interpreter's file system */
export function mountFolders(fs: FileSystem): void {
  for (const entry of readdirSync("/", { withFileTypes: true })) {
    const path = `/${entry.name}`;
    if (INTERPRETER_FOLDERS.includes(entry.name)) continue;
    if (entry.isDirectory()) {
      fs.mkdirTree(path);
      fs.mount(fs.filesystems.NODEFS, { root: path }, path);
    } else if (entry.isSymbolicLink() && !fs.analyzePath(path).exists) {
      fs.symlink(readlinkSync(path), path);
    } else if (entry.isFile() && path.endsWith(".py")) {
      fs.writeFile(path, readFileSync(path)); // the root itself cannot be mounted
    }
  }
}

/** The environment of the process, without variables that are meant for another Python. */
export function environment(): Record<string, string> {
  const entries = Object.entries(process.env) as [string, string][];
  return Object.fromEntries(entries.filter(([name]) => !/^(PYTHON|LD_|_$)/.test(name)));
}
