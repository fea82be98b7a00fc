// Starts a server with a Python application in a pool of one worker. An interpreter takes seconds to start,
// so the tests of a file share it.

import { assertEquals } from "@std/assert";
import { type Application, ModuleApp } from "../../src/application/application.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import type { RawResponse } from "../support/raw_client.ts";
import { Site } from "../support/site.ts";

/** Longest wait for an interpreter to start on a busy machine, in milliseconds. */
const START_PATIENCE = 60_000;

/** A real interpreter, with Debian's packages where it is Debian's; undefined where there is none. */
export const REAL_PYTHON: string | undefined = ["/usr/bin/python3", "python3"].find((command) => {
  try {
    return new Deno.Command(command, { args: ["-c", ""], stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
});

/** A kind of worker for Python applications. */
export interface PythonKind {
  /** For names of tests. */
  readonly name: string;
  readonly python: string;
  readonly ignore: boolean;
}

/** Both kinds. */
export const PYTHON_KINDS: readonly PythonKind[] = [
  { name: "embedded", python: "embedded", ignore: false },
  {
    name: REAL_PYTHON === undefined ? "processes (missing: python3)" : "processes",
    python: REAL_PYTHON ?? "",
    ignore: REAL_PYTHON === undefined,
  },
];

/** Finds which modules the real interpreter has not.
 *
 * @returns their names as text, empty if it has all */
export function missingModules(...names: readonly string[]): string {
  if (REAL_PYTHON === undefined) return names.join(", ");
  const args = ["-c", IMPORTS, ...names];
  const { stdout } = new Deno.Command(REAL_PYTHON, { args, stderr: "null" }).outputSync();
  return new TextDecoder().decode(stdout).trim();
}

const IMPORTS = `import importlib.util, sys
print(*(name for name in sys.argv[1:] if importlib.util.find_spec(name) is None), sep=", ")`;

/** Serves an application of the fixtures and waits until it is loaded.
 *
 * @param file file in `fixtures/`
 * @param options options other than the defaults
 * @param name name of the application in the module */
export function pythonSite(
  file: string,
  options: ServerOptions = {},
  name?: string,
): Promise<Site> {
  const url = new URL(`fixtures/${file}`, import.meta.url);
  return started(new ModuleApp(url, name), options);
}

/** Serves an application and waits until it is loaded. */
export async function started(app: Application, options: ServerOptions): Promise<Site> {
  const site = new Site(app, { minWorkers: 1, python: "embedded", ...options });
  let failure: unknown;
  site.server.finished.catch((error) => failure = error);
  const started = performance.now();
  while (!site.server.ready) {
    if (failure !== undefined) throw failure;
    if (performance.now() - started > START_PATIENCE) throw new Error("Python does not start");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (site.log[0]?.event === "python-interpreter") site.log.shift();
  return site;
}

/** Content as text. */
export function textOf({ content }: RawResponse): string {
  return new TextDecoder().decode(content);
}

/** Value of a field, if there is one. */
export function fieldOf({ fields }: RawResponse, name: string): string | undefined {
  return fields.find(([each]) => each.toLowerCase() === name)?.[1];
}

/** Checks that exactly these lines were logged, and clears the log. */
export function expectLog(site: Site, ...expected: string[]): void {
  const log = site.log.splice(0).map(({ event, message, error, level }) =>
    error === undefined || level !== "error"
      ? `${event}: ${message}`
      : `${event}: ${lastLine(error)}`
  );
  assertEquals(log, expected);
}

/** The last line of a traceback, which has the exception. */
function lastLine(error: unknown): string {
  return (error as Error).stack!.trimEnd().split("\n").at(-1)!;
}
