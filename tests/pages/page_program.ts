// PageProgram, a command of a page that may serve: a shell runs it, and it is ready when it listens or has
// ended by itself. Its output is kept.

/** Longest wait for a command, in milliseconds; a cold start compiles for some seconds. */
const READY_TIMEOUT = 30_000;
/** What a clean end at SIGTERM is: of the command line, and of a program that does not listen for it. */
const STOPPED = [0, 128 + 15];

/** Where a command runs. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A command under way. */
export class PageProgram implements AsyncDisposable {
  /** Both streams so far. */
  output = "";
  /** Standard output so far. */
  stdout = "";
  readonly #child: Deno.ChildProcess;
  readonly #ended: Promise<number>;
  readonly #listening = Promise.withResolvers<void>();
  #isServing = false;

  /** Runs a command until it serves or has ended.
   *
   * @throws {Error} when it ends with another code than 0 */
  static async start(command: string, surroundings: Surroundings): Promise<PageProgram> {
    const program = new PageProgram(command, surroundings);
    const timer = setTimeout(() => program.#child.kill("SIGKILL"), READY_TIMEOUT);
    const code = await Promise.race([program.#ended, program.#listening.promise]);
    clearTimeout(timer);
    program.#isServing = code === undefined;
    if (!program.#isServing && code !== 0) {
      throw new Error(`${command}\nends with ${code}:\n${program.output}`);
    }
    return program;
  }

  private constructor(command: string, { cwd, env }: Surroundings) {
    this.#child = new Deno.Command("sh", {
      args: ["-c", command],
      cwd,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const streams = [
      this.#read(this.#child.stdout, (text) => this.stdout += text),
      this.#read(this.#child.stderr, () => {}),
    ];
    this.#ended = Promise.all(streams).then(async () => (await this.#child.status).code);
  }

  /** Whether it serves, so that the next commands are for it. */
  get isServing(): boolean {
    return this.#isServing;
  }

  /** Id of its process. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Ends it with SIGTERM.
   *
   * @throws {Error} when it does not end cleanly */
  async stop(): Promise<void> {
    if (!this.#isServing) return;
    this.#isServing = false;
    this.#child.kill("SIGTERM");
    const code = await this.#ended;
    if (!STOPPED.includes(code)) throw new Error(`Stopped with ${code}:\n${this.output}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isServing) return;
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async #read(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    add: (text: string) => void,
  ): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.output += text;
      add(text);
      if (/listening on (?:https?:\/\/|unix:)/i.test(this.output)) this.#listening.resolve();
    }
  }
}
