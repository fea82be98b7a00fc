// Program, a server in a process: a test starts `deno`, reads the address from its output, and stops it.
// The output is kept for the message of a test that fails. isInstalled looks for a command.

import { ROOT } from "./root.ts";

export { ROOT };

const LISTENING = /[Ll]istening on (https?:\/\/[^\s/]+)\//;
/** Longest wait for the address; a cold start compiles for some seconds. */
const START_TIMEOUT = 30_000;

/** Where and how a program runs. */
export interface ProgramOptions {
  /** Working directory; the checkout's root without it. */
  readonly cwd?: string | URL;
  /** Environment variables in addition to those of the test. */
  readonly env?: Readonly<Record<string, string>>;
  /** Words before `deno`: a program that starts it by `exec`. */
  readonly launcher?: readonly string[];
  /** Text for its standard input; it has no standard input without it. */
  readonly input?: string;
  /** User and group that it runs as; those of the test without it. */
  readonly uid?: number;
}

/** Whether a command is installed, for `ignore`.
 *
 * @param name such as `curl` */
export function isInstalled(name: string): boolean {
  const { success } = new Deno.Command("sh", { args: ["-c", `command -v ${name}`], stdout: "null" })
    .outputSync();
  return success;
}

/** A process that serves. */
export class Program implements AsyncDisposable {
  /** Its output so far. */
  output = "";
  readonly #child: Deno.ChildProcess;
  readonly #streams: Promise<void>[];
  readonly #url = Promise.withResolvers<string>();

  /** Runs `deno` and waits until it prints its address.
   *
   * @param args the words after `deno`
   * @throws {Error} when it ends or {@linkcode START_TIMEOUT} passes before that */
  static async start(args: readonly string[], options: ProgramOptions = {}): Promise<Program> {
    const program = new Program(args, options);
    const timer = setTimeout(() => program.#child.kill("SIGKILL"), START_TIMEOUT);
    try {
      await program.#url.promise;
      return program;
    } catch (error) {
      await program.stop("SIGKILL");
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  private constructor(args: readonly string[], options: ProgramOptions) {
    const { cwd = ROOT, env = {}, input, launcher = [], uid } = options;
    const [command, ...words] = [...launcher, Deno.execPath(), ...args];
    this.#child = new Deno.Command(command, {
      args: words,
      ...uid !== undefined && { uid, gid: uid },
      cwd,
      env: { ...inherited(), NO_COLOR: "1", ...env },
      clearEnv: true,
      stdin: input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#url.promise.catch(() => {}); // `start` awaits it
    this.#streams = [this.#listen(this.#child.stdout), this.#listen(this.#child.stderr)];
    Promise.all(this.#streams).then(() =>
      this.#url.reject(new Error(`deno ${args.join(" ")} does not listen:\n${this.output}`))
    );
    if (input !== undefined) this.#streams.push(send(input, this.#child.stdin));
  }

  /** Its URL, such as `http://127.0.0.1:40123`; resolved when `start` returns. */
  get url(): Promise<string> {
    return this.#url.promise;
  }

  /** Id of its process. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Sends a signal and waits for the end.
   *
   * @param signal without it the program must end by itself
   * @returns its exit code */
  async stop(signal?: Deno.Signal): Promise<number> {
    if (signal !== undefined) {
      try {
        this.#child.kill(signal);
      } catch {
        // it has ended already
      }
    }
    await Promise.all(this.#streams);
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }

  async #listen(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.output += text;
      const found = LISTENING.exec(this.output);
      if (found !== null) this.#url.resolve(found[1]);
    }
  }
}

/** The variables of the test without those that are for it, such as ROBUSTO_SEED: the program would warn of them. */
function inherited(): Record<string, string> {
  const variables = Object.entries(Deno.env.toObject());
  return Object.fromEntries(variables.filter(([name]) => !name.startsWith("ROBUSTO_")));
}

async function send(input: string, stdin: WritableStream<Uint8Array>): Promise<void> {
  const writer = stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
}
