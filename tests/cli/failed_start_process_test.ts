// What the log says of a start that fails, and of a log file that cannot be opened anew.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Cli, fixture } from "./cli_process.ts";

const APP = fixture("prints.ts");

Deno.test("in json a wrong option that the start finds is one event, without the hint", async () => {
  for (const check of [[], ["--check"]]) {
    const socket = ["--bind=unix:/nowhere/a.sock", "--socket-owner=no-such-user"];
    await using cli = new Cli(APP, "--mode=inline", "--log-format=json", ...socket, ...check);
    const { code } = await cli.waitForEnd();
    const events = cli.log.trimEnd().split("\n").map((line) => JSON.parse(line))
      .filter(({ event }) => event !== "printed");
    assertEquals([code, events.map(({ event }) => event)], [2, ["start-failed"]], cli.log);
    assertEquals(
      events[0].message,
      'Cannot use --socket-owner: expected a user in /etc/passwd, got "no-such-user"',
    );
  }
});

Deno.test("log-not-reopened says why, without a frame of the server", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const [log, access] = ["error.log", "access.log"].map((name) => `${folder}/logs/${name}`);
    Deno.mkdirSync(`${folder}/logs`);
    const files = [`--log-file=${log}`, `--access-log=${access}`];
    await using cli = new Cli(APP, "--mode=inline", "--port=0", "--log-format=json", ...files);
    await cli.waitFor(/listening on/);
    Deno.renameSync(`${folder}/logs`, `${folder}/old`);
    cli.signal("SIGUSR1");
    let text = "";
    while (text.split("log-not-reopened").length < 3) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      text = Deno.readTextFileSync(`${folder}/old/error.log`);
    }
    cli.signal("SIGTERM");
    assertEquals((await cli.waitForEnd()).code, 0);
    const events = text.trimEnd().split("\n").map((line) => JSON.parse(line))
      .filter(({ event }) => event === "log-not-reopened");
    for (const event of events) {
      assert(!("stack" in event), text);
      assertStringIncludes(event.error, "No such file or directory");
    }
    const messages = events.map(({ message }) => message).join();
    for (const path of [log, access]) assertStringIncludes(messages, path);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
