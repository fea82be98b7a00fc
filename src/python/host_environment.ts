// What does Python see of the process? Its files at their own paths and its environment. These are the
// process's own calls: what its permissions do not allow is not allowed inside either.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import type { FileSystem } from "./pyodide.ts";

/** What the interpreter has for itself at its root. */
const INTERPRETER_FOLDERS = ["dev", "lib", "proc", "sys"];

/** Gives the interpreter the process's files.
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

/** The process's environment, without what is meant for another Python. */
export function environment(): Record<string, string> {
  const entries = Object.entries(process.env) as [string, string][];
  return Object.fromEntries(entries.filter(([name]) => !/^(PYTHON|LD_|_$)/.test(name)));
}
