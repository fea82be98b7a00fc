// The command line as a process on sockets that another process has opened.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { inFolder, textAt } from "../../net/unix_client.ts";
import { isInstalled } from "../../support/program.ts";
import { Cli, fetchText, fixture } from "../cli_process.ts";

const APP = fixture("apps.ts");
const python = isInstalled("python3");
const needsPython = python ? "" : " (needs python3)";
const script = new URL("../../net/activate.py", import.meta.url).pathname;

/** Makes a launcher that opens sockets and starts the command line by `exec`. */
function activate(...sockets: string[]): string[] {
  return ["python3", script, ...sockets, "--"];
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: name + needsPython, ignore: !python, fn });
}

for (const mode of ["inline", "pool"]) {
  test(`${mode}: sockets of a service manager are used if no address is given`, () =>
    inFolder(async (folder) => {
      const path = `${folder}/a.sock`;
      const launcher = activate("tcp", `unix:${path}`, "tcp");
      await using cli = new Cli({ launcher }, APP, "--mode", mode);
      const lines = await cli.waitFor(/^((?:robusto: listening on .*\n){3})/);
      const [first, second, third] = [...lines.matchAll(/on (.*)/g)].map(([, address]) => address);
      assertEquals(second, `unix:${path}`);
      for (const url of [first, third]) assertEquals(await fetchText(url), "Hello world!");
      assertEquals(await textAt(path), "Hello world!");
      cli.signal("SIGTERM");
      assertEquals((await cli.waitForEnd()).code, 0);
      assert(Deno.statSync(path).isSocket, "the file belongs to the service manager");
    }));
}

test("a given address wins; sockets can be chosen by number and by name", async () => {
  const start = { launcher: activate("tcp", "tcp"), env: { NAMES: "http:admin" } };
  await using cli = new Cli(
    start,
    APP,
    "--mode=inline",
    "--bind=0",
    "--bind=fd:admin",
    "--bind=fd:3",
  );
  const lines = await cli.waitFor(/^((?:robusto: listening on .*\n){3})/);
  for (const [url] of lines.matchAll(/http:\S+/g)) {
    assertEquals(await fetchText(url), "Hello world!");
  }
  cli.signal("SIGTERM");
  assertEquals((await cli.waitForEnd()).code, 0);
});

test("an unknown name is reported with the known ones: exit code 4", async () => {
  const start = { launcher: activate("tcp", "tcp"), env: { NAMES: "http:admin" } };
  await using cli = new Cli(start, APP, "--mode=inline", "--bind=fd:https");
  assertEquals((await cli.waitForEnd()).code, 4);
  assertMatch(cli.stderr, /^robusto: Cannot listen on fd:https: .*, got http, admin\n/);
});

test("sockets for another process are not used, and a warning reports it", async () => {
  const start = { launcher: activate("tcp"), env: { FOR: "1" } };
  await using cli = new Cli(start, APP, "--mode=inline", "--port=0");
  await cli.waitFor(/^robusto: Cannot take sockets of the service manager: LISTEN_PID is 1 and/m);
  assertEquals(await fetchText(await cli.waitForUrl()), "Hello world!");
  cli.signal("SIGTERM");
  assertEquals((await cli.waitForEnd()).code, 0);
});

test("a program that an application starts finds no sockets and no variables", async () => {
  const app = fixture("surroundings.ts");
  await using cli = new Cli({ launcher: activate("tcp") }, app, "--mode=inline");
  const { variables, sockets } = JSON.parse(await fetchText(await cli.waitForUrl()));
  assertEquals([variables, sockets], ["", false]);
  cli.signal("SIGTERM");
  assertEquals((await cli.waitForEnd()).code, 0);
});

for (const kind of ["file", "datagram"]) {
  test(`a descriptor of a ${kind} is reported: exit code 4`, async () => {
    await using cli = new Cli({ launcher: activate(kind) }, APP, "--mode=inline");
    assertEquals((await cli.waitForEnd()).code, 4);
    assertMatch(cli.stderr, /^robusto: Cannot listen on fd:3: expected a stream socket/);
  });
}

Deno.test("a descriptor that is not open is reported: exit code 4", async () => {
  await using cli = new Cli(APP, "--mode=inline", "--bind=fd:9999");
  assertEquals((await cli.waitForEnd()).code, 4);
  assertMatch(cli.stderr, /^robusto: Cannot listen on fd:9999: expected a stream socket/);
});

const systemd = isInstalled("systemd-socket-activate");
Deno.test({
  name: "the command line serves on the socket of systemd-socket-activate" +
    (systemd ? "" : " (needs systemd-socket-activate)"),
  ignore: !systemd,
  fn: () =>
    inFolder(async (folder) => {
      const path = `${folder}/a.sock`;
      const launcher = ["systemd-socket-activate", "--listen", path, "--fdname=http"];
      // It waits for a client before it starts the server, and does not search PATH for programs.
      await using cli = new Cli({ launcher }, APP, "--mode=inline");
      await cli.waitFor(/Listening on /);
      assertEquals(await textAt(path), "Hello world!");
      assertMatch(await cli.waitFor(/^robusto: (listening on .*)\n/m), /unix:/);
      cli.signal("SIGTERM");
      assertEquals((await cli.waitForEnd()).code, 0);
    }),
});
