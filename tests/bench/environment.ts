// The circumstances of a run, for the report: machine, system, and versions of all servers.

import { VERSION } from "../../src/version.ts";

/** Machine and versions. */
export interface Environment {
  /** Day of the run, as in `2026-11-28`. */
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  /** Memory in GiB. */
  readonly memory: number;
  readonly system: string;
  /** Versions by name; `null` for a server that is not installed. */
  readonly versions: Readonly<Record<string, string | null>>;
}

const DEBIAN_PYTHON = "/usr/bin/python3";

/** Commands that print a version. */
const VERSION_COMMANDS: Readonly<Record<string, readonly string[]>> = {
  "wrk": ["wrk", "-v"],
  "Python": [DEBIAN_PYTHON, "--version"],
  "Cheroot": [DEBIAN_PYTHON, "-c", "import cheroot; print(cheroot.__version__)"],
  "gunicorn": [DEBIAN_PYTHON, "-c", "import gunicorn; print(gunicorn.__version__)"],
  "waitress": [
    DEBIAN_PYTHON,
    "-c",
    "from importlib.metadata import version; print(version('waitress'))",
  ],
  "uWSGI": ["uwsgi", "--version"],
  "Puma": ["puma", "--version"],
  "Go": ["go", "version"],
};

/** Describes this machine and the installed servers.
 *
 * @param now the time of the run */
export function describeEnvironment(now: Date): Environment {
  const versions: Record<string, string | null> = { Robusto: VERSION, Deno: Deno.version.deno };
  for (const [name, command] of Object.entries(VERSION_COMMANDS)) {
    versions[name] = versionFrom(command);
  }
  const cpuInfo = Deno.readTextFileSync("/proc/cpuinfo");
  return {
    date: now.toISOString().slice(0, "2026-11-28".length),
    cpu: /^model name\s*: (.+)$/m.exec(cpuInfo)?.[1] ?? Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    memory: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
    system: `Linux ${Deno.osRelease()}`,
    versions,
  };
}

/** The first number with a point in what a command prints. */
function versionFrom([command, ...args]: readonly string[]): string | null {
  try {
    const { stdout } = new Deno.Command(command, { args, stdin: "null" }).outputSync();
    return /[0-9]+\.[0-9]+(\.[0-9]+)*/.exec(new TextDecoder().decode(stdout))?.[0] ?? null;
  } catch {
    return null; // not installed
  }
}
