// The programs that may be the Python interpreter of an application: those of virtual environments near it,
// and the system's. It runs none of them.

import process from "node:process";
import { dirname, join, relative } from "node:path";
import { isPermitted } from "./permissions.ts";

/** Programs to try, the best first: paths, and names that the system looks up.
 *
 * @param folder folder of the application */
export function interpreterCandidates(folder: string): string[] {
  const environment = isPermitted({ name: "env", variable: "VIRTUAL_ENV" })
    ? process.env.VIRTUAL_ENV
    : undefined;
  const beside = environmentFolders(folder, process.cwd());
  const inEnvironment = [environment, ...beside].filter((each) =>
    each !== undefined && each !== ""
  );
  return [...new Set(inEnvironment.map((each) => join(each!, "bin", "python"))), "python3"];
}

/** `.venv` beside the application, then in the folders above it down to the working directory. */
function environmentFolders(folder: string, workingFolder: string): string[] {
  const folders = [join(folder, ".venv")];
  const below = relative(workingFolder, folder);
  if (below.startsWith("..")) return folders;
  for (let at = folder; at !== workingFolder && at !== dirname(at);) {
    at = dirname(at);
    folders.push(join(at, ".venv"));
  }
  return folders;
}
