// A server in a process that runs out of descriptors.

import { assertEquals, assertMatch } from "@std/assert";
import { within } from "../support/latch.ts";
import { isInstalled, ROOT } from "../support/program.ts";

const hasShell = isInstalled("sh");

Deno.test({
  name: hasShell
    ? "a server that runs out of descriptors serves on when there are some"
    : "a server that runs out of descriptors serves on when there are some (needs sh)",
  ignore: !hasShell,
  async fn() {
    const code = `
      import { serve } from ${JSON.stringify(new URL("mod.ts", ROOT).href)};
      serve(() => new Response("hello"), { port: 0, onLog: ({ event, message, error }) =>
        console.log(event, message, error?.message) });
    `;
    const directory = await Deno.makeTempDir();
    const file = `${directory}/server.ts`;
    await Deno.writeTextFile(file, code);
    const conns: Deno.TcpConn[] = [];
    const child = new Deno.Command("sh", {
      args: ["-c", 'ulimit -n 64; exec "$0" run -A --no-check "$1"', Deno.execPath(), file],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const lines = new Lines(child.stdout);
    try {
      const { hostname, port } = new URL(/http:\S+/.exec(await lines.until("listening"))![0]);
      for (let i = 0; i < 80; i++) {
        conns.push(await Deno.connect({ hostname, port: Number(port) }));
      }
      assertMatch(await lines.until("accept-failed"), /EMFILE|os error 24|too many/i);
      for (const conn of conns.splice(0)) conn.close();
      const response = await within(fetch(`http://${hostname}:${port}/`));
      assertEquals(await response.text(), "hello");
    } finally {
      for (const conn of conns) conn.close();
      child.kill("SIGKILL");
      await lines.rest();
      await child.status;
      await Deno.remove(directory, { recursive: true });
    }
  },
});

/** Lines of a program's output, as they come. */
class Lines {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Waits for a line that has a word in it. */
  async until(word: string): Promise<string> {
    for (;;) {
      const found = this.#text.split("\n").slice(0, -1).find((line) => line.includes(word));
      if (found !== undefined) return found;
      const { done, value } = await within(this.#reader.read(), 20_000);
      if (done) throw new Error(`It ended without ${word}: ${this.#text}`);
      this.#text += value;
    }
  }

  /** Reads to the end. */
  async rest(): Promise<void> {
    while (!(await this.#reader.read()).done);
  }
}
