// Finds the Python interpreter that runs applications: that of a virtual environment, or the system's.
// Only the program itself can tell whether it is one, and of which version.

import { AbortSignal, TextDecoder } from "../../io/platform.ts";
import { interpreterCandidates } from "../../io/interpreter_candidates.ts";
import { isPermitted } from "../../io/permissions.ts";

/** The oldest version that worker.py runs on. */
const OLDEST: readonly [number, number] = [3, 9];

const NOT_PERMITTED = "needs the permission --allow-run";

/** How long an interpreter may take to tell what it is. */
const PATIENCE = 10_000;

/** An interpreter that can run applications. */
export interface FoundInterpreter {
  /** Path of its program. */
  readonly command: string;
  /** Such as `CPython 3.11.2`. */
  readonly version: string;
}

/** What was found, or why nothing was. */
export type Search =
  | { readonly found: FoundInterpreter; readonly reasons: readonly string[] }
  | { readonly found: undefined; readonly reasons: readonly string[] };

/** Finds an interpreter.
 *
 * @param wanted `auto`, or the path or the name of a program
 * @param folder folder of the application
 * @returns the first that can be used, and why those before it cannot */
export async function findInterpreter(wanted: string, folder: string): Promise<Search> {
  const reasons: string[] = [];
  for (const command of wanted === "auto" ? interpreterCandidates(folder) : [wanted]) {
    const probed = await probe(command);
    if (typeof probed !== "string") return { found: probed, reasons };
    // Without the permission it is not known whether there is such a program.
    const mayBeMissing = probed === NOT_PERMITTED && command !== "python3" && wanted === "auto";
    if (probed !== "" && !mayBeMissing) reasons.push(`${command} ${probed}`);
  }
  return { found: undefined, reasons };
}

const QUESTION = `import json, platform, sys
print(json.dumps([sys.executable, platform.python_implementation(), list(sys.version_info[:3])]))`;

/** Asks a program what it is.
 *
 * @returns why it cannot be used; empty when there is no such program */
async function probe(command: string): Promise<FoundInterpreter | string> {
  if (!isPermitted({ name: "run", command })) return NOT_PERMITTED;
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(command, {
      args: ["-c", QUESTION],
      stdin: "null",
      signal: AbortSignal.timeout(PATIENCE),
    }).output();
  } catch (error) {
    return error instanceof Deno.errors.NotFound
      ? ""
      : `cannot be run: ${(error as Error).message}`;
  }
  try {
    const [executable, implementation, version] = JSON.parse(
      new TextDecoder().decode(output.stdout),
    ) as [string, string, [number, number, number]];
    const name = `${implementation} ${version.join(".")}`;
    if (version[0] < OLDEST[0] || (version[0] === OLDEST[0] && version[1] < OLDEST[1])) {
      return `is ${name}, expected ${OLDEST.join(".")} or newer`;
    }
    // The program itself: what was asked may be a script that finds it, and takes as long each time.
    const usable = executable !== "" && isPermitted({ name: "run", command: executable });
    return { command: usable ? executable : command, version: name };
  } catch {
    return "is not a Python interpreter";
  }
}
