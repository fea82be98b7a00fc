// Finds how many descriptors this process may have open: connections, files and threads share them.

import { TextDecoder } from "../io/platform.ts";
import { isPermitted } from "../io/permissions.ts";

/** The process's limit of open descriptors.
 *
 * @returns the limit; `Infinity` without one; `undefined` where it may not be read */
export function descriptorLimit(): number | undefined {
  return parseLimit(limitOfProcess() ?? limitOfShell());
}

/** Linux. Deno opens /proc only with all permissions. */
function limitOfProcess(): string | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const path = "/proc/self/limits";
  if (!isPermitted({ name: "read", path })) return undefined;
  try {
    return /^Max open files +(\S+)/m.exec(Deno.readTextFileSync(path))?.[1];
  } catch {
    return undefined;
  }
}

/** A child process inherits the limit. */
function limitOfShell(): string | undefined {
  if (Deno.build.os === "windows" || !isPermitted({ name: "run", command: "sh" })) return undefined;
  try {
    const { stdout } = new Deno.Command("sh", { args: ["-c", "ulimit -n"] }).outputSync();
    return new TextDecoder().decode(stdout).trim();
  } catch {
    return undefined;
  }
}

function parseLimit(text: string | undefined): number | undefined {
  if (text === "unlimited") return Infinity;
  return text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : undefined;
}
