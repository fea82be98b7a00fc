// Starts a server of the benches in a process, and measures its CPU time and memory, those of the processes
// that it starts included.

import { clearPeaks, cpuTimeOf, memoryOf, processTree } from "./processes.ts";

const SERVERS = new URL("../servers/", import.meta.url);
/** Longest wait until a server listens. */
const START_TIMEOUT = 30_000;
const LISTENING = /https?:\/\/127\.0\.0\.1:[0-9]+/;
/** Characters of a server's output that are kept. */
const LONGEST_OUTPUT = 4096;

/** The core of a server with one core; the load runs on the other. */
export const SERVER_CORE = "0";
/** Both cores, for servers that use several threads; the load shares them. */
export const BOTH_CORES = "0,1";

/** A server that can be started. */
export interface ServerSpec {
  /** Its name in tables. */
  readonly name: string;
  /** Its module in `servers/`, or the URL of a program. */
  readonly file: string;
  /** The command that runs it; Deno without it. */
  readonly command?: readonly string[];
  /** Its options, given to it as JSON. `null`: it takes none. */
  readonly options?: Readonly<Record<string, unknown>> | null;
  /** Its environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A running server. */
export class ServerProcess implements AsyncDisposable {
  readonly name: string;
  readonly #child: Deno.ChildProcess;
  readonly #ended: Promise<unknown>;
  #url = "";
  #lastOutput = "";

  /** Starts a server and waits until it listens.
   *
   * @param spec the server
   * @param cores cores that it may use, as `taskset` takes them */
  static async start(spec: ServerSpec, cores: string): Promise<ServerProcess> {
    const { name, file, command = [Deno.execPath(), "run", "-A"], options = {}, env } = spec;
    const { pathname } = new URL(file, SERVERS);
    const child = new Deno.Command("taskset", {
      args: [
        ...["-c", cores, ...command, pathname],
        ...(options === null ? [] : [JSON.stringify(options)]),
      ],
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const timer = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT);
    const server = new ServerProcess(name, child, (url) => resolve(url));
    server.#ended.then(() => reject(new Error(`Cannot start ${name}: ${server.lastOutput}`)));
    try {
      server.#url = await promise;
      return server;
    } finally {
      clearTimeout(timer);
    }
  }

  private constructor(name: string, child: Deno.ChildProcess, onListen: (url: string) => void) {
    this.name = name;
    this.#child = child;
    const follow = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
      // Read to the end, so that a server that prints more meets no closed pipe.
      for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
        this.#lastOutput = (this.#lastOutput + piece).slice(-LONGEST_OUTPUT);
        const listening = LISTENING.exec(this.#lastOutput);
        if (listening !== null) onListen(`${listening[0]}/`);
      }
    };
    this.#ended = Promise.all([follow(child.stdout), follow(child.stderr)]);
  }

  /** Its URL, with a slash at the end. */
  get url(): string {
    return this.#url;
  }

  /** The end of what it has printed, for the message of a bench that fails. The end of each load
   * interrupts requests, which some servers report. */
  get lastOutput(): string {
    return this.#lastOutput;
  }

  /** CPU time used so far, in microseconds. */
  cpuTime(): number {
    return cpuTimeOf(this.#ids());
  }

  /** Resident memory now, in MiB. */
  memory(): number {
    return memoryOf(this.#ids(), "VmRSS");
  }

  /** Resident memory now, in MiB. Resets {@linkcode peakMemory}. */
  beginMemory(): number {
    clearPeaks(this.#ids());
    return this.memory();
  }

  /** Most resident memory since {@linkcode beginMemory}, in MiB. */
  peakMemory(): number {
    return memoryOf(this.#ids(), "VmHWM");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of this.#ids()) {
      try {
        Deno.kill(id, "SIGKILL");
      } catch {
        // it has ended already
      }
    }
    await this.#child.status;
    await this.#ended;
  }

  #ids(): number[] {
    return processTree(this.#child.pid);
  }
}

/** Starts servers one after the other.
 *
 * @param specs the servers
 * @param cores cores that they may use
 * @returns the servers; disposing the result stops them all */
export async function startServers(
  specs: readonly ServerSpec[],
  cores: string,
): Promise<{ servers: ServerProcess[] } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const servers: ServerProcess[] = [];
  for (const spec of specs) servers.push(stack.use(await ServerProcess.start(spec, cores)));
  const kept = stack.move();
  return { servers, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
