// Starts the command line as a separate process, and sends requests to it.

import { assertEquals } from "@std/assert";

const mod = import.meta.resolve("../../mod.ts");

/** Makes APP for an export of a module in `fixtures/`.
 *
 * @param path such as `apps.ts:handler` */
export const fixture = (path: string) => new URL(`./fixtures/${path}`, import.meta.url).pathname;

/** Each process ends much earlier, on a busy machine within some 15 s; one that hangs is killed, so that the test
 * fails. In milliseconds. */
const LONGEST_LIFE = 60_000;

/** The way in which the process is started. */
export interface CliStart {
  /** Words before `deno`: a program that starts it by `exec`. */
  readonly launcher?: readonly string[];
  /** Flags of `deno run`; all permissions without it. */
  readonly flags?: readonly string[];
  /** Variables beside those of the test. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The command line in a separate process, which is killed if it is disposed of before its end. */
export class Cli implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #timer: ReturnType<typeof setTimeout>;
  /** Standard error as far as it has been read. */
  log = "";

  /** @param words the way in which it is started, and the words after `mod.ts` */
  constructor(...words: [CliStart, ...string[]] | string[]) {
    const [start, ...args] = typeof words[0] === "object"
      ? words as [CliStart, ...string[]]
      : [{}, ...words as string[]];
    const { launcher = [], flags = ["-A"], env = {} } = start;
    const run = ["run", ...flags, "--quiet", "--no-lock", "--no-prompt", mod, ...args];
    const [program, ...before] = [...launcher, Deno.execPath()];
    this.#process = new Deno.Command(program, {
      args: [...before, ...run],
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#lines = this.#process.stderr.pipeThrough(new TextDecoderStream()).getReader();
    this.#timer = setTimeout(() => this.#kill(), LONGEST_LIFE);
  }

  /** The same, without time and level of the lines of the command line itself. */
  get stderr(): string {
    return this.log.replace(/^[0-9T:.-]+Z (?:info|warn|error) (?=robusto: )/gm, "");
  }

  /** Number of the process. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Sends a signal to the process. */
  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Waits for a text on standard error.
   *
   * @param pattern the text
   * @returns the first group of the pattern, or the whole match without groups */
  async waitFor(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.stderr);
      if (match !== null) return match[1] ?? match[0];
      await this.readMore(pattern);
    }
  }

  /** Waits for more text on standard error.
   *
   * @param wanted the text that is expected, for the error message */
  async readMore(wanted: unknown = "more"): Promise<void> {
    const { done, value } = await this.#lines.read();
    if (done) throw new Error(`Expected ${wanted} on standard error, got\n${this.stderr}`);
    this.log += value;
  }

  /** Waits for the URL that the process listens on. */
  waitForUrl(): Promise<string> {
    return this.waitFor(/^robusto: listening on (http:\/\/\S+:[1-9][0-9]*\/)\n/m);
  }

  /** Waits for the end of the process. */
  async waitForEnd(): Promise<{ code: number; signal: Deno.Signal | null; stdout: string }> {
    const stdout = await new Response(this.#process.stdout).text();
    for (;;) {
      const { done, value } = await this.#lines.read();
      if (done) break;
      this.log += value;
    }
    const { code, signal } = await this.#process.status;
    clearTimeout(this.#timer);
    return { code, signal, stdout };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    this.#kill();
    if (!this.#process.stdout.locked) await this.#process.stdout.cancel();
    await this.#lines.cancel();
    await this.#process.status;
  }

  #kill(): void {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  }
}

/** Sends the head of a request and waits until its handler reads the content.
 *
 * @param url URL of the server
 * @param lines more field lines, each with its CRLF
 * @returns the connection, on which the handler waits for five octets of content */
export async function beginRequest(url: string, lines = ""): Promise<Deno.TcpConn> {
  const { hostname, port } = new URL(url);
  const conn = await Deno.connect({ hostname, port: Number(port) });
  await send(
    conn,
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n${lines}\r\n`,
  );
  const interim = new Uint8Array(1_000);
  const size = await conn.read(interim) ?? 0;
  assertEquals(
    new TextDecoder().decode(interim.subarray(0, size)),
    "HTTP/1.1 100 Continue\r\n\r\n",
  );
  return conn;
}

/** Writes text to a connection. */
export async function send(conn: Deno.TcpConn, text: string): Promise<void> {
  await conn.write(new TextEncoder().encode(text)); // far smaller than a socket's buffer
}

/** Reads to the end of the connection and closes it, as a server that stops waits for its clients. */
export async function readToEnd(conn: Deno.TcpConn): Promise<string> {
  let text = "";
  const piece = new Uint8Array(1_000);
  for (;;) {
    const size = await conn.read(piece);
    if (size === null) {
      conn.close();
      return text;
    }
    text += new TextDecoder().decode(piece.subarray(0, size));
  }
}

/** Fetches the content of a response on a new connection. */
export async function fetchText(url: string): Promise<string> {
  const response = await fetch(url, { headers: { connection: "close" } });
  return await response.text();
}
