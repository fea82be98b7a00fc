// Starts a server of the benches in a process, and reads its CPU time and memory from /proc.

/** `getconf CLK_TCK`: 100 on every Linux that Deno runs on. */
const MICROSECONDS_PER_TICK = 10_000;
/** Longest wait until a server listens. */
const START_TIMEOUT = 30_000;

/** The core of a server with one core; the load runs on the other. */
export const SERVER_CORE = "0";
/** Both cores, for servers that use several threads; the load shares them. */
export const BOTH_CORES = "0,1";

/** A server that can be started. */
export interface ServerSpec {
  /** Its name in tables. */
  readonly name: string;
  /** Its module in `servers/`. */
  readonly file: string;
  /** The command that runs it; Deno without it. */
  readonly command?: readonly string[];
  /** Its options. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Robusto in the accepting thread. */
export const ROBUSTO: ServerSpec = { name: "robusto", file: "robusto.ts" };
/** Deno's own server. */
export const DENO_SERVE: ServerSpec = { name: "Deno.serve", file: "deno_serve.ts" };
/** The server of Deno's node:http. */
export const NODE_HTTP: ServerSpec = { name: "node:http", file: "node_http.ts" };

/** Robusto with workers.
 *
 * @param name its name in tables
 * @param options of `serve` */
export function pooled(name: string, options: ServerSpec["options"]): ServerSpec {
  return { name, file: "pooled.ts", options };
}

/** A running server. */
export class ServerProcess implements AsyncDisposable {
  readonly name: string;
  /** Its URL, with a slash at the end. */
  readonly url: string;
  readonly #child: Deno.ChildProcess;

  /** Starts a server and waits until it listens.
   *
   * @param spec the server
   * @param cores cores that it may use, as `taskset` takes them */
  static async start(spec: ServerSpec, cores: string): Promise<ServerProcess> {
    const file = new URL(`servers/${spec.file}`, import.meta.url);
    const child = new Deno.Command("taskset", {
      args: [
        ...["-c", cores, ...spec.command ?? [Deno.execPath(), "run", "-A"], file.pathname],
        JSON.stringify(spec.options ?? {}),
      ],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const timer = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT);
    let output = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      output += text;
      const listening = /https?:\/\/\S+/.exec(output);
      if (listening === null) continue;
      clearTimeout(timer);
      return new ServerProcess(spec.name, listening[0], child);
    }
    clearTimeout(timer);
    throw new Error(`Cannot start ${spec.name}: its output is ${JSON.stringify(output)}`);
  }

  private constructor(name: string, url: string, child: Deno.ChildProcess) {
    this.name = name;
    this.url = url;
    this.#child = child;
  }

  /** CPU time used so far by all of its threads, in microseconds. */
  cpuTime(): number {
    const stat = Deno.readTextFileSync(`/proc/${this.#child.pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name may hold spaces
    const [userTicks, systemTicks] = [fields[11], fields[12]].map(Number);
    return (userTicks + systemTicks) * MICROSECONDS_PER_TICK;
  }

  /** Resident memory now, in MiB. Resets {@linkcode peakMemory}. */
  beginMemory(): number {
    Deno.writeTextFileSync(`/proc/${this.#child.pid}/clear_refs`, "5");
    return this.#memory("VmRSS");
  }

  /** Most resident memory since {@linkcode beginMemory}, in MiB. */
  peakMemory(): number {
    return this.#memory("VmHWM");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }

  #memory(key: "VmRSS" | "VmHWM"): number {
    const status = Deno.readTextFileSync(`/proc/${this.#child.pid}/status`);
    return Number(new RegExp(`^${key}:\\s+([0-9]+) kB$`, "m").exec(status)?.[1]) / 1024;
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
