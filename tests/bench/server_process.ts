// A server of the bench in a process of its own on core 0, and what the system says about that process.

const CORE = "0";
/** `getconf CLK_TCK`: 100 on every Linux that Deno runs on. */
const MICROSECONDS_PER_TICK = 10_000;

/** The servers that are compared. */
export type ServerName = "robusto" | "Deno.serve" | "node:http";

const FILES: Readonly<Record<ServerName, string>> = {
  "robusto": "robusto.ts",
  "Deno.serve": "deno_serve.ts",
  "node:http": "node_http.ts",
};

/** A running server. */
export class ServerProcess implements AsyncDisposable {
  readonly name: ServerName;
  /** Where it listens, with a slash at the end. */
  readonly url: string;
  readonly #child: Deno.ChildProcess;

  /** Starts a server and waits until it listens. */
  static async start(name: ServerName): Promise<ServerProcess> {
    const file = new URL(`servers/${FILES[name]}`, import.meta.url);
    const child = new Deno.Command("taskset", {
      args: ["-c", CORE, Deno.execPath(), "run", "-A", file.pathname],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
    }).spawn();
    let said = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += text;
      const listening = /http:\/\/\S+/.exec(said);
      if (listening !== null) return new ServerProcess(name, listening[0], child);
    }
    throw new Error(`Cannot start ${name}: it said ${JSON.stringify(said)}`);
  }

  private constructor(name: ServerName, url: string, child: Deno.ChildProcess) {
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
 * @returns them, all stopped together */
export async function startServers(
  names: readonly ServerName[],
): Promise<{ servers: ServerProcess[] } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const servers: ServerProcess[] = [];
  for (const name of names) servers.push(stack.use(await ServerProcess.start(name)));
  const kept = stack.move();
  return { servers, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
