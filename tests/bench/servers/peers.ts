// Servers that the suite `realistic` and those of Python compare Robusto with. Those that are not part of
// Deno need a program of the machine.

import type { ServerSpec } from "../load/server_process.ts";

const DENO = Deno.execPath();
const DEBIAN_PYTHON = "/usr/bin/python3";

/** `deno serve --parallel` with two threads. */
export const DENO_SERVE_PARALLEL: ServerSpec = {
  name: "deno serve --parallel",
  file: "deno_serve_parallel.ts",
  command: [DENO, "serve", "-A", "--parallel", "--host", "127.0.0.1", "--port", "0"],
  options: null,
  env: { DENO_JOBS: "2" },
};

/** Cheroot with its own number of threads. */
export const CHEROOT: ServerSpec = {
  name: "Cheroot, 10 threads",
  file: "cheroot.py",
  command: [DEBIAN_PYTHON],
  options: { numthreads: 10 },
};

/** Robusto with the same application in Python, in processes. */
export const ROBUSTO_PYTHON: ServerSpec = {
  name: "robusto, 2 processes",
  file: "python.ts",
  options: { minWorkers: 2, maxWorkers: 2, python: DEBIAN_PYTHON },
};

/** The same in interpreters that are compiled to WebAssembly. */
export const ROBUSTO_EMBEDDED_PYTHON: ServerSpec = {
  name: "robusto, 2 embedded",
  file: "python.ts",
  options: { minWorkers: 2, maxWorkers: 2, python: "embedded" },
};

/** Robusto with a WSGI application in TypeScript. */
export const ROBUSTO_WSGI: ServerSpec = {
  name: "robusto, WSGI in TypeScript",
  file: "wsgi.ts",
  options: { minWorkers: 2, maxWorkers: 2 },
};

/** A server that may be missing. */
interface Peer {
  readonly spec: ServerSpec;
  /** Command that succeeds when it is installed. */
  readonly probe: readonly string[];
  /** Package of Debian that has it. */
  readonly package: string;
}

const OTHERS: readonly Peer[] = [
  {
    spec: {
      name: "gunicorn, 2 × 5 threads",
      file: "gunicorn_server.py",
      command: [DEBIAN_PYTHON],
      options: { workers: 2, threads: 5, worker_class: "gthread", loglevel: "warning" },
    },
    probe: [DEBIAN_PYTHON, "-c", "import gunicorn"],
    package: "gunicorn",
  },
  {
    spec: {
      name: "waitress, 4 threads",
      file: "waitress_server.py",
      command: [DEBIAN_PYTHON],
      options: { threads: 4 },
    },
    probe: [DEBIAN_PYTHON, "-c", "import waitress"],
    package: "python3-waitress",
  },
  {
    spec: {
      // Its HTTP socket closes the connection behind a response without a length.
      name: "uWSGI, 2 × 5 threads",
      file: "uwsgi_server.py",
      command: [DEBIAN_PYTHON],
      options: { processes: 2, threads: 5 },
    },
    probe: ["uwsgi", "--plugin", "python3", "--version"],
    package: "uwsgi-core uwsgi-plugin-python3",
  },
  {
    spec: CHEROOT,
    probe: [DEBIAN_PYTHON, "-c", "import cheroot"],
    package: "python3-cheroot",
  },
  {
    spec: {
      name: "Puma, 2 × 5 threads",
      file: "works.ru",
      command: ["puma", "--quiet", "-w", "2", "-t", "5:5", "-b", "tcp://127.0.0.1:0"],
      options: null,
    },
    probe: ["puma", "--version"],
    package: "puma",
  },
];

const GO = new URL("go_net_http.go", import.meta.url).pathname;

/** The servers of other languages that this machine has. */
export interface InstalledPeers extends AsyncDisposable {
  readonly specs: readonly ServerSpec[];
  /** What is missing, in words. */
  readonly missing: readonly string[];
}

/** Finds the servers of other languages. Compiles the one in Go.
 *
 * @returns the servers; disposing the result removes what was compiled */
export async function installedPeers(): Promise<InstalledPeers> {
  const specs = OTHERS.filter(({ probe }) => succeeds(probe)).map(({ spec }) => spec);
  const missing = OTHERS.filter(({ spec }) => !specs.includes(spec))
    .map(({ spec, package: name }) => `${spec.name}: apt-get install ${name}`);
  const folder = await Deno.makeTempDir();
  const program = `${folder}/go_net_http`;
  if (succeeds(["go", "build", "-o", program, GO])) {
    specs.unshift({ name: "Go net/http", file: program, command: [], options: null });
  } else {
    missing.unshift("Go net/http: apt-get install golang");
  }
  return {
    specs,
    missing,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** The servers in Python that Debian's Python has. */
export function pythonPeers(): ServerSpec[] {
  return OTHERS.filter(({ spec, probe }) => spec.command?.[0] === DEBIAN_PYTHON && succeeds(probe))
    .map(({ spec }) => spec);
}

/** Whether Debian's Python has Cheroot. */
export function hasCheroot(): boolean {
  return succeeds([DEBIAN_PYTHON, "-c", "import cheroot"]);
}

function succeeds([command, ...args]: readonly string[]): boolean {
  try {
    return new Deno.Command(command, { args, stdin: "null", stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false; // there is no such command
  }
}
