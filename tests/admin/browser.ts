// A headless Chromium that a test drives by the DevTools protocol, without a library.

import { within } from "../support/latch.ts";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-port=0",
];

/** Whether there is a Chromium, for `ignore`. */
export function hasChromium(): boolean {
  try {
    return Deno.statSync(CHROMIUM).isFile;
  } catch {
    return false;
  }
}

// deno-lint-ignore no-explicit-any -- the protocol's objects
type Message = any;

/** One page of a browser. */
export class BrowserPage implements AsyncDisposable {
  /** Texts of the dialogs that came up; each was accepted. */
  readonly dialogs: string[] = [];
  /** Exceptions of the page, and what its policy has refused. */
  readonly errors: string[] = [];
  /** What the next prompt is filled in with. */
  promptText = "";
  readonly #process: Deno.ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (message: Message) => void>();
  #lastId = 0;

  private constructor(process: Deno.ChildProcess, profile: string, socket: WebSocket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
  }

  /** Starts a browser and opens a page.
   *
   * @param url the page */
  static async open(url: string): Promise<BrowserPage> {
    const profile = await Deno.makeTempDir();
    const process = new Deno.Command(CHROMIUM, {
      args: [...FLAGS, `--user-data-dir=${profile}`, "about:blank"],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const port = await within(portOf(profile), 30_000);
    const targets = await (await fetch(`http://127.0.0.1:${port}/json`)).json();
    const { webSocketDebuggerUrl } = targets.find(({ type }: Message) => type === "page");
    const socket = new WebSocket(webSocketDebuggerUrl);
    await new Promise((resolve) => socket.onopen = resolve);
    const page = new BrowserPage(process, profile, socket);
    for (const domain of ["Page", "Runtime", "Log"]) await page.call(`${domain}.enable`);
    await page.call("Page.navigate", { url });
    return page;
  }

  /** Calls a method of the protocol. */
  async call(method: string, params: Record<string, unknown> = {}): Promise<Message> {
    const id = ++this.#lastId;
    const reply = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await within(reply);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** Evaluates an expression in the page.
   *
   * @returns its value */
  async evaluate(expression: string): Promise<Message> {
    const parameters = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", parameters);
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception.description);
    return result.value;
  }

  /** Waits until an expression is true in the page. It may fail while the page is still being loaded. */
  async until(expression: string): Promise<void> {
    const deadline = performance.now() + 20_000;
    while (await this.evaluate(expression).catch(() => false) !== true) {
      if (performance.now() > deadline) throw new Error(`Waited for ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    this.#process.kill("SIGTERM");
    await this.#process.status;
    await closed;
    await removeProfile(this.#profile);
  }

  #take({ id, method, params, ...reply }: Message): void {
    this.#waiting.get(id)?.(reply);
    this.#waiting.delete(id);
    if (method === "Page.javascriptDialogOpening") {
      this.dialogs.push(params.message);
      const answer = { accept: true, promptText: this.promptText };
      void this.call("Page.handleJavaScriptDialog", answer);
    }
    if (method === "Runtime.exceptionThrown") this.errors.push(params.exceptionDetails.text);
    if (method === "Log.entryAdded" && params.entry.source === "security") {
      this.errors.push(params.entry.text);
    }
  }
}

/** Waits for the file in which the browser says where it listens. */
async function portOf(profile: string): Promise<string> {
  for (;;) {
    try {
      const text = await Deno.readTextFile(`${profile}/DevToolsActivePort`);
      if (text.includes("\n")) return text.split("\n")[0];
    } catch {
      // Not yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Processes of the browser may still write into the folder for a moment. */
async function removeProfile(path: string): Promise<void> {
  for (let attempt = 0;; attempt++) {
    try {
      return await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
