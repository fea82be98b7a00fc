// Messages of a running server to a service manager, through a real datagram socket.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { inFolder } from "../../net/unix_client.ts";
import { isInstalled } from "../../support/program.ts";
import { within } from "../../support/latch.ts";
import { Cli, fetchText, fixture } from "../cli_process.ts";

const APP = fixture("apps.ts");
const possible = Deno.build.os === "linux" && isInstalled("python3");
const needs = possible ? "" : " (needs Linux and python3)";

/** Receives the datagrams that are sent to a socket. */
class NotifyReceiver implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(path: string) {
    const script = new URL("../notify_receiver.py", import.meta.url).pathname;
    this.#process = new Deno.Command("python3", { args: [script, path], stdout: "piped" }).spawn();
    this.#lines = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Waits for the next message. */
  async next(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      const { done, value } = await within(this.#lines.read(), 15_000);
      if (done) throw new Error("The receiver has ended");
      this.#text += value;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#lines.cancel();
    await this.#process.status;
  }
}

for (const kind of ["path", "abstract"]) {
  Deno.test({
    name: `the service manager gets start, reload and stop by ${kind}${needs}`,
    ignore: !possible,
    fn: () =>
      inFolder(async (folder) => {
        const address = kind === "path" ? `${folder}/notify` : `@${folder}/notify`;
        await using receiver = new NotifyReceiver(address);
        assertEquals(await receiver.next(), "bound");
        const env = { NOTIFY_SOCKET: address };
        await using cli = new Cli({ env }, APP, "--port=0", "--workers=1");
        assertEquals(await receiver.next(), "READY=1");
        assertEquals(await fetchText(await cli.waitForUrl()), "Hello world!");
        cli.signal("SIGHUP");
        const [, since] = /^RELOADING=1 MONOTONIC_USEC=([0-9]+)$/.exec(await receiver.next()) ?? [];
        const uptime = Number((await Deno.readTextFile("/proc/uptime")).split(" ")[0]);
        assert(Math.abs(Number(since) / 1e6 - uptime) < 60, `${since} and ${uptime}`);
        assertEquals(await receiver.next(), "READY=1");
        cli.signal("SIGTERM");
        assertEquals(await receiver.next(), "STOPPING=1");
        assertEquals((await cli.waitForEnd()).code, 0);
      }),
  });
}

Deno.test({
  name: `the watchdog gets messages of the server and of its successor${needs}`,
  ignore: !possible,
  fn: () =>
    inFolder(async (folder) => {
      await using receiver = new NotifyReceiver(`${folder}/notify`);
      assertEquals(await receiver.next(), "bound");
      const env = { NOTIFY_SOCKET: `${folder}/notify`, WATCHDOG_USEC: "300000" };
      await using cli = new Cli({ env }, APP, "--port=0", "--mode=inline");
      assertEquals(await receiver.next(), "READY=1");
      for (let i = 0; i < 3; i++) assertEquals(await receiver.next(), "WATCHDOG=1");
      cli.signal("SIGUSR2");
      const messages: string[] = [];
      while (!messages.at(-1)?.startsWith("MAINPID=")) messages.push(await receiver.next());
      const [, pid] = /^MAINPID=([0-9]+) READY=1$/.exec(messages.at(-1)!)!;
      try {
        assert(messages.some((message) => message.startsWith("RELOADING=1 ")));
        let signs = 0; // of the successor, as the predecessor has ended
        while (signs < 10) if (await receiver.next() === "WATCHDOG=1") signs++;
      } finally {
        Deno.kill(Number(pid), "SIGTERM");
      }
      assertEquals((await cli.waitForEnd()).code, 0);
    }),
});

Deno.test("a service manager that cannot be reached is one warning", async () => {
  for (
    const [flags, address, message] of [
      [["--allow-net", "--allow-read", "--allow-env"], "/run/x", /the permission --allow-ffi/],
      [["-A"], "vsock:2:1", /expected a path or an abstract name in NOTIFY_SOCKET/],
    ] as const
  ) {
    const start = { env: { NOTIFY_SOCKET: address }, flags };
    await using cli = new Cli(start, APP, "--port=0", "--mode=inline");
    assertEquals(await fetchText(await cli.waitForUrl()), "Hello world!");
    cli.signal("SIGTERM");
    assertEquals((await cli.waitForEnd()).code, 0);
    const warnings = cli.stderr.split("\n").filter((line) => line.includes("service manager"));
    assertEquals(warnings.length, 1);
    assertMatch(warnings[0], message);
  }
});
