// A program of its own, started by a test: it is known by the address that it says it listens on, and
// whatever it says is kept for the message of a test that fails.

import { ROOT } from "./root.ts";

export { ROOT };

const LISTENING = /[Ll]istening on (https?:\/\/[^\s/]+)\//;
/** A program that has said nothing by then never will; a cold start compiles for some seconds. */
const START_TIMEOUT = 30_000;

/** Where and how a program runs. */
export interface ProgramOptions {
  /** Working directory; the checkout's root without it. */
  readonly cwd?: string | URL;
  /** Variables on top of the test's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is written to its standard input; nothing without it. */
  readonly input?: string;
}

/** Whether a command is there to be run, for `ignore`.
 *
 * @param name such as `curl` */
export function isInstalled(name: string): boolean {
  const { success } = new Deno.Command("sh", { args: ["-c", `command -v ${name}`], stdout: "null" })
    .outputSync();
  return success;
}

/** A program that serves. */
export class Program implements AsyncDisposable {
  /** Everything that it has said so far. */
  output = "";
  readonly #child: Deno.ChildProcess;
  readonly #streams: Promise<void>[];
  readonly #url = Promise.withResolvers<string>();

  /** Runs `deno` and waits until it says where it listens.
   *
   * @param args the words behind `deno`
   * @throws {Error} when it ends or falls silent before that */
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
    const { cwd = ROOT, env = {}, input } = options;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [...args],
      cwd,
      env: { NO_COLOR: "1", ...env },
      stdin: input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#url.promise.catch(() => {}); // whoever starts it is told
    this.#streams = [this.#listen(this.#child.stdout), this.#listen(this.#child.stderr)];
    Promise.all(this.#streams).then(() =>
      this.#url.reject(new Error(`deno ${args.join(" ")} does not listen:\n${this.output}`))
    );
    if (input !== undefined) this.#streams.push(send(input, this.#child.stdin));
  }

  /** Where it listens, such as `http://127.0.0.1:40123`; resolved once it has been started. */
  get url(): Promise<string> {
    return this.#url.promise;
  }

  /** Its process. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Sends a signal and waits for the end.
   *
   * @param signal none to wait for an end that comes by itself
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

async function send(input: string, stdin: WritableStream<Uint8Array>): Promise<void> {
  const writer = stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
}
