// A running server is replaced by another process of the same program, with real sockets, under load.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { inFolder, namesIn, textAt } from "../net/unix_client.ts";
import { contentText, RawClient, saysClose } from "../support/raw_client.ts";
import { octets } from "../wire/row.ts";
import { beginRequest, Cli, fetchText, readToEnd, send } from "./cli_process.ts";

const linux = Deno.build.os === "linux";
const needsLinux = linux ? "" : " (needs Linux)";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: name + needsLinux, ignore: !linux, fn });
}

/** Writes an application whose response has its version, its process and the content of the request. */
async function writeVersion(folder: string, version: string): Promise<string> {
  const source = `export default async (request: Request) =>
    new Response("${version} " + Deno.pid + " " + await request.text())`;
  await Deno.writeTextFile(`${folder}/next.ts`, source);
  await Deno.rename(`${folder}/next.ts`, `${folder}/app.ts`);
  return `${folder}/app.ts`;
}

/** Starts successors and kills them at the end, as they outlive the process that the test has
 * started. */
class Successors implements AsyncDisposable {
  readonly #pids: number[] = [];

  /** Has a process start a successor, and waits until it has taken over. */
  async after(cli: Cli, pid: number): Promise<number> {
    const before = cli.stderr.length;
    Deno.kill(pid, "SIGUSR2");
    for (;;) {
      const output = cli.stderr.slice(before);
      const match = /^robusto: process ([0-9]+) has taken over\n/m.exec(output);
      if (match !== null) {
        assert(!output.includes("is not used"), output); // the variable with the sockets is no option
        const successor = Number(match[1]);
        this.#pids.push(successor);
        return successor;
      }
      await cli.readMore();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.#pids) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
    }
    await Promise.resolve();
  }
}

/** Clients that open one connection after the other, until `end()`. */
class Load {
  readonly versions = new Set<string>();
  responses = 0;
  readonly #ending = new AbortController();
  readonly #clients: Promise<void>[];

  constructor(connect: () => Promise<Deno.Conn>, count: number) {
    this.#clients = Array.from({ length: count }, async () => {
      while (!this.#ending.signal.aborted) {
        using client = new RawClient(await connect());
        await client.send(octets("GET / HTTP/1.1|Host: a|Connection: close||"));
        const { status, content } = await client.read();
        assertEquals(status, 200);
        this.versions.add(new TextDecoder().decode(content).split(" ")[0]);
        this.responses++;
      }
    });
    for (const client of this.#clients) client.catch(() => {}); // end() reports it
  }

  /** Waits until so many more responses have come. */
  async more(count: number): Promise<void> {
    const wanted = this.responses + count;
    while (this.responses < wanted) {
      const failed = Promise.all(this.#clients).then(() => {});
      await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, 5))]);
    }
  }

  /** Stops the clients; rejects if a connection or request has failed. */
  async end(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#clients);
  }
}

for (const mode of ["inline", "pool"]) {
  test(`${mode}: successors take over one after the other, and no connection is refused`, () =>
    inFolder(async (folder) => {
      const app = await writeVersion(folder, "first");
      await using cli = new Cli(app, "--mode", mode, "--port=0", "--shutdown-timeout=5s");
      const url = new URL(await cli.waitForUrl());
      const port = Number(url.port);
      await using successors = new Successors();
      const load = new Load(() => Deno.connect({ port, hostname: "127.0.0.1" }), 4);
      await load.more(50);
      await writeVersion(folder, "second");
      const second = await successors.after(cli, cli.pid);
      await load.more(50);
      await writeVersion(folder, "third");
      const third = await successors.after(cli, second);
      await load.more(50);
      await load.end();
      assertEquals(load.versions, new Set(["first", "second", "third"]));
      assertMatch(await fetchText(url.href), new RegExp(`^third ${third} `));
      Deno.kill(third, "SIGTERM");
      // All three write to the same standard error, which ends with the last of them.
      assertEquals((await cli.waitForEnd()).code, 0);
      assert(!cli.stderr.includes("failed"), cli.stderr);
      assertEquals(namesIn(folder), ["app.ts"]);
    }));

  test(`${mode}: a client that thinks between its requests loses none`, () =>
    inFolder(async (folder) => {
      const app = await writeVersion(folder, "first");
      await using cli = new Cli(app, "--mode", mode, "--port=0");
      const port = Number(new URL(await cli.waitForUrl()).port);
      await using successors = new Successors();
      const kept = await Promise.all(
        Array.from(
          { length: 5 },
          async () => new RawClient(await Deno.connect({ hostname: "127.0.0.1", port })),
        ),
      );
      const ask = async (client: RawClient) => {
        await client.send(octets("GET / HTTP/1.1|Host: a||"));
        return await client.read();
      };
      for (const client of kept) await ask(client);
      const second = await successors.after(cli, cli.pid);
      for (const client of kept) {
        await new Promise((resolve) => setTimeout(resolve, 60));
        const response = await ask(client);
        assertEquals([response.status, saysClose(response)], [200, true]);
        assertEquals(contentText(response), `first ${cli.pid} `);
        await client.expectEnd();
        client.close();
      }
      Deno.kill(second, "SIGTERM");
      assertEquals((await cli.waitForEnd()).code, 0);
    }));

  test(`${mode}: a UNIX socket keeps its file until the last process ends`, () =>
    inFolder(async (folder) => {
      const app = await writeVersion(folder, "first");
      const path = `${folder}/a.sock`;
      const args = [app, "--mode", mode, "--socket-mode=600"];
      await using cli = new Cli(...args, "--bind", `unix:${path}`, "--bind=unix:@" + path);
      await cli.waitFor(/^robusto: listening on unix:@/m);
      await using successors = new Successors();
      const loads = [path, `\0${path}`].map((path) =>
        new Load(() => Deno.connect({ transport: "unix", path }), 2)
      );
      const more = () => Promise.all(loads.map((load) => load.more(50)));
      await more();
      const second = await successors.after(cli, cli.pid);
      await more();
      const third = await successors.after(cli, second);
      await more();
      for (const load of loads) await load.end();
      assertMatch(await textAt(path), new RegExp(`^first ${third} `));
      assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
      Deno.kill(third, "SIGTERM");
      assertEquals((await cli.waitForEnd()).code, 0);
      assertEquals(namesIn(folder), ["app.ts"]);
    }));

  test(`${mode}: a request is finished by the process that began it`, () =>
    inFolder(async (folder) => {
      const app = await writeVersion(folder, "first");
      await using cli = new Cli(app, "--mode", mode, "--port=0");
      const url = await cli.waitForUrl();
      using held = await beginRequest(url);
      await writeVersion(folder, "second");
      await using successors = new Successors();
      const second = await successors.after(cli, cli.pid);
      assertMatch(await fetchText(url), new RegExp(`^second ${second} `));
      await send(held, "12345");
      assertMatch(await readToEnd(held), new RegExp(`\r\n\r\nfirst ${cli.pid} 12345$`));
      Deno.kill(second, "SIGTERM");
      assertEquals((await cli.waitForEnd()).code, 0);
    }));

  test(`${mode}: a successor that cannot load the application changes nothing`, () =>
    inFolder(async (folder) => {
      const app = await writeVersion(folder, "first");
      await using cli = new Cli(app, "--mode", mode, "--port=0", "--config", await config(folder));
      const url = new URL(await cli.waitForUrl());
      const load = new Load(() => Deno.connect({ port: Number(url.port) }), 2);
      await load.more(20);
      await Deno.writeTextFile(app, "throw new Error('broken')");
      cli.signal("SIGUSR2");
      await cli.waitFor(
        /^robusto: cannot hand over: it ended with code 3; this process goes on\n/m,
      );
      await load.more(20);
      // The application loads again, but the options are now wrong.
      await writeVersion(folder, "second");
      await config(folder, { socketMode: "0600" });
      cli.signal("SIGUSR2");
      await cli.waitFor(
        /^robusto: cannot hand over: it ended with code 2; this process goes on\n/m,
      );
      await load.more(20);
      await load.end();
      assertEquals(load.versions, new Set(["first"]));
      cli.signal("SIGTERM");
      assertEquals((await cli.waitForEnd()).code, 0);
    }));
}

test("mode sharded reports that it cannot hand over", () =>
  inFolder(async (folder) => {
    const app = await writeVersion(folder, "first");
    await using cli = new Cli(app, "--mode=sharded", "--workers=2", "--port=0");
    const url = await cli.waitForUrl();
    cli.signal("SIGUSR2");
    await cli.waitFor(/^robusto: cannot hand over: Cannot pass sockets on in mode "sharded"/m);
    assertMatch(await fetchText(url), /^first /);
    cli.signal("SIGTERM");
    assertEquals((await cli.waitForEnd()).code, 0);
  }));

/** Writes a configuration file. */
async function config(folder: string, options: object = {}): Promise<string> {
  const file = `${folder}/config.json`;
  await Deno.writeTextFile(file, JSON.stringify(options));
  return file;
}
