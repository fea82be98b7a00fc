// Reloads the application when its files change (`--watch`). While it cannot be loaded, the server responds
// with the failure, so that a developer sees it where the page is expected.

import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isPython } from "../application/python_module.ts";
import { isPermitted } from "../io/permissions.ts";
import type { Mode } from "../options/modes.ts";
import type { CliEnvironment } from "./environment.ts";
import { projectOf } from "./project/application_project.ts";
import { parseAppReference } from "./settings/app_reference.ts";
import { usageError } from "./settings/exit_error.ts";
import type { MountText } from "./settings/mounts.ts";
import { SourceFiles, type SourceState } from "./watch/source_files.ts";
import { SourceWatcher } from "./watch/source_watcher.ts";

/** Files that are named in a line of the log. */
const MOST_NAMED = 3;

/** The files of applications, as they were before they were loaded. */
export interface Sources {
  readonly files: SourceFiles;
  readonly state: SourceState;
  readonly project: string | undefined;
}

/** Looks at the files of applications.
 *
 * @param mounts the applications
 * @param mode where they run
 * @throws {ExitError} when they cannot be loaded again, are remote, or may not be read */
export function findSources(mounts: readonly MountText[], mode: Mode): Sources {
  if (mode === "inline") {
    throw usageError(
      'Cannot use --watch in mode "inline": a module is loaded once in a thread; use mode pool',
    );
  }
  const urls = mounts.map(({ app }) => parseAppReference(app).url);
  const modules: string[] = [];
  const pythonFolders: string[] = [];
  let project: string | undefined;
  for (const url of urls) {
    if (!url.startsWith("file:")) {
      if (isPython(url)) pythonFolders.push(Deno.cwd()); // Python finds the module by its name
      continue;
    }
    const path = fileURLToPath(url);
    if (isPython(url)) {
      pythonFolders.push(dirname(path));
    } else {
      modules.push(path);
      project ??= projectOf(url);
    }
  }
  if (modules.length + pythonFolders.length === 0) {
    throw usageError("Cannot use --watch: expected an application in a file, got only remote ones");
  }
  for (const folder of [...modules.map((path) => dirname(path)), ...pythonFolders]) {
    if (isPermitted({ name: "read", path: folder })) continue;
    throw usageError(`Cannot use --watch: it needs the permission --allow-read=${folder}`);
  }
  const files = new SourceFiles({ modules, pythonFolders: [...new Set(pythonFolders)], project });
  return { files, state: files.look(), project };
}

/** Watches the files of applications.
 *
 * @param sources what {@linkcode findSources} has found
 * @param reload loads the applications again
 * @param environment takes reports
 * @returns stops watching when it is disposed of */
export function watchSources(
  { files, state, project }: Sources,
  reload: () => void,
  environment: Pick<CliEnvironment, "report">,
): Disposable {
  return new SourceWatcher(files, state, (changed) => {
    const sources = changed.filter((file) => file !== project);
    if (sources.length < changed.length) {
      environment.report(
        "project-changed",
        `${shown(project!)} changed: Deno reads it at the start only, so start the server again`,
        { level: "warn" },
      );
    }
    if (sources.length === 0) return;
    const named = sources.slice(0, MOST_NAMED).map(shown).join(", ");
    const more = sources.length > MOST_NAMED ? ` and ${sources.length - MOST_NAMED} more` : "";
    environment.report("sources-changed", `${named}${more} changed`);
    reload();
  });
}

function shown(path: string): string {
  const short = relative(resolve(), path);
  return short.startsWith("..") ? path : short;
}
