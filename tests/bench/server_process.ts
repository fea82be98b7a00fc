// A server of the bench in a process of its own, and what the system says about that process.

/** `getconf CLK_TCK`: 100 on every Linux that Deno runs on. */
const MICROSECONDS_PER_TICK = 10_000;
/** A server that does not listen by then never will. */
const START_TIMEOUT = 30_000;

/** The core of a server that has one to itself; the load is on the other. */
export const SERVER_CORE = "0";
/** Both cores, for servers that can use them; the load has what is left. */
export const BOTH_CORES = "0,1";

/** A server that can be started. */
export interface ServerSpec {
  /** What tables call it. */
  readonly name: string;
  /** Its module in `servers/`. */
  readonly file: string;
  /** What runs it; Deno without it. */
  readonly command?: readonly string[];
  /** Options of its own. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Robusto in the accepting thread. */
export const ROBUSTO: ServerSpec = { name: "robusto", file: "robusto.ts" };
/** Deno's own server. */
export const DENO_SERVE: ServerSpec = { name: "Deno.serve", file: "deno_serve.ts" };
/** The server of node:http as Deno has it. */
export const NODE_HTTP: ServerSpec = { name: "node:http", file: "node_http.ts" };

/** Robusto with workers.
 *
 * @param name what tables call it
 * @param options of `serve` */
export function pooled(name: string, options: ServerSpec["options"]): ServerSpec {
  return { name, file: "pooled.ts", options };
}

/** A running server. */
export class ServerProcess implements AsyncDisposable {
  readonly name: string;
  /** Where it listens, with a slash at the end. */
  readonly url: string;
  readonly #child: Deno.ChildProcess;

  /** Starts a server and waits until it listens.
   *
   * @param spec which
   * @param cores where it may run */
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
    let said = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += text;
      const listening = /https?:\/\/\S+/.exec(said);
      if (listening === null) continue;
      clearTimeout(timer);
      return new ServerProcess(spec.name, listening[0], child);
    }
    clearTimeout(timer);
    throw new Error(`Cannot start ${spec.name}: it said ${JSON.stringify(said)}`);
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

  /** Resident memory now, in MiB. From here on {@linkcode peakMemory} is counted anew. */
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
 * @param specs which
 * @param cores where they may run
 * @returns them, all stopped together */
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
