// The logs of the command line as a process: every response has a line, files rotate, what cannot be
// written costs no response, and the commands of docs/logging.md have flags that exist.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseArguments } from "../../src/cli/settings/arguments.ts";
import { isInstalled } from "../support/program.ts";
import { Cli, fetchText, fixture } from "./cli_process.ts";

const app = fixture("apps.ts");

/** Runs with a folder that is removed afterwards. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function stop(cli: Cli): Promise<string> {
  cli.signal("SIGTERM");
  const { code, stdout } = await cli.waitForEnd();
  assertEquals(code, 0, cli.stderr);
  return stdout;
}

async function sendFaulty(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  using conn = await Deno.connect({ hostname, port: Number(port) });
  await conn.write(new TextEncoder().encode("nonsense\r\n\r\n"));
  while (await conn.read(new Uint8Array(1_000)) !== null);
}

for (const mode of ["inline", "pool", "sharded"]) {
  Deno.test(`${mode}: every response has a line, and rotation loses none`, () =>
    inFolder(async (folder) => {
      const path = `${folder}/a.log`;
      const flags = ["--access-log", path, "--access-log-format=json", "--port=0"];
      await using cli = new Cli(app, ...flags, "--mode", mode);
      const url = await cli.waitForUrl();
      await sendFaulty(url);
      let sent = 0;
      let rotations = 0;
      const until = Date.now() + 1_500;
      const client = async () => {
        for (; Date.now() < until; sent++) await (await fetch(`${url}?${sent}`)).text();
      };
      const rotate = async () => {
        for (; Date.now() < until; rotations++) {
          await new Promise((resolve) => setTimeout(resolve, 300));
          await Deno.rename(path, `${folder}/${rotations}.old`);
          cli.signal("SIGUSR1");
        }
      };
      await Promise.all([client(), client(), client(), client(), rotate()]);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await stop(cli);
      const files = [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`);
      assert(files.length > 2, String(files));
      const records = files.flatMap((file) =>
        Deno.readTextFileSync(file).split("\n").slice(0, -1).map((line) => JSON.parse(line))
      );
      assertEquals(records.filter(({ status }) => status === 200).length, sent);
      const [refused] = records.filter(({ status }) => status === 400);
      assertEquals([refused.outcome, refused.method], ["refused", null]);
    }));
}

Deno.test("an access log on a full disk costs no response, and the loss is logged", async () => {
  await using cli = new Cli(app, "--port=0", "--access-log=/dev/full");
  const url = await cli.waitForUrl();
  for (let count = 0; count < 5; count++) assertEquals(await fetchText(url), "Hello world!");
  await cli.waitFor(/ warn log-lines-lost: Access log lost \d lines?: .*No space left on device/);
  await stop(cli);
});

Deno.test(
  "GoAccess reads a combined log",
  { ignore: !isInstalled("goaccess") },
  () =>
    inFolder(async (folder) => {
      await using cli = new Cli(app, "--port=0", `--access-log=${folder}/a.log`);
      const url = await cli.waitForUrl();
      for (let count = 0; count < 5; count++) await fetchText(url);
      await stop(cli);
      const { stdout } = await new Deno.Command("goaccess", {
        args: ["a.log", "--log-format=COMBINED", "--no-global-config", "-o", "json"],
        cwd: folder,
        stdin: "null",
      }).output();
      const { general } = JSON.parse(new TextDecoder().decode(stdout));
      assertEquals([general.valid_requests, general.failed_requests], [5, 0]);
    }),
);

Deno.test("in the format json every line is an object, prints of a worker too", async () => {
  await using cli = new Cli(app, "--port=0", "--log-format=json", "--workers=1");
  const url = await cli.waitFor(/"message":"listening on (\S+)"/);
  assertEquals(await fetchText(url), "Hello world!");
  await stop(cli);
  for (const line of cli.log.trimEnd().split("\n")) {
    assertMatch(JSON.parse(line).time, /^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/);
  }
});

Deno.test("a line of the command line has a time, and its text as scripts know it", async () => {
  await using cli = new Cli(app, "--port=0");
  await cli.waitForUrl();
  assertMatch(cli.log, /^\d{4}-\S+Z info robusto: listening on http:\/\/127\.0\.0\.1:\d+\/\n/);
  await stop(cli);
});

for (
  const [flag, message] of [
    [
      "--access-log=/nowhere/a.log",
      /^robusto: Cannot open access log "\/nowhere\/a.log": No such/m,
    ],
    ["--log-file=/nowhere/a.log", /^robusto: Cannot open log file "\/nowhere\/a.log": No such/m],
  ] as const
) {
  Deno.test(`${flag} ends with 2`, async () => {
    await using cli = new Cli(app, "--port=0", flag);
    assertEquals((await cli.waitForEnd()).code, 2);
    assertMatch(cli.stderr, message);
  });
}

Deno.test("the commands of docs/logging.md have flags that exist", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/logging.md", import.meta.url));
  const commands = [...page.matchAll(/^deno run -A mod\.ts (.+)$/gm)].map(([, words]) => words);
  assertEquals(commands.length, 3);
  for (const words of commands) assertEquals(parseArguments(words.split(" ")).action, "serve");
});
