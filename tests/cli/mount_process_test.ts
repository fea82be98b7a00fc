// Several applications on the command line, in a process.

import { assertEquals, assertMatch } from "@std/assert";
import { Cli, fetchText, fixture } from "./cli_process.ts";

const app = fixture("mounted.ts");
const missing = fixture("nowhere.ts");

/** Writes a configuration file, and removes it after the test. */
async function withConfig(config: unknown, use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(path, JSON.stringify(config));
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

async function stop(cli: Cli): Promise<void> {
  cli.signal("SIGTERM");
  assertEquals((await cli.waitForEnd()).code, 0, cli.stderr);
}

for (const mode of ["pool", "inline", "sharded"]) {
  Deno.test(`mode ${mode}: APP and --mount serve several applications in one instance`, async () => {
    await using cli = new Cli(
      ...[app, "--mount", `/a=${app}:listening`, `--mount=/a/b/=${app}:several`],
      ...["--port=0", "--mode", mode],
    );
    const url = await cli.waitForUrl();
    assertEquals(await fetchText(url), "default at ");
    assertEquals(await fetchText(`${url}ab`), "default at ");
    assertEquals(await fetchText(`${url}a/x`), "listening at /a");
    assertEquals(await fetchText(`${url}a/b/module/x`), "default at /a/b/module");
    assertEquals(await fetchText(`${url}%61/b/value`), "value");
    assertEquals(await fetchText(`${url}a/b/x`), "Not Found\n");
    await stop(cli);
    assertEquals(cli.stderr.includes("told of port true"), mode === "inline");
  });
}

Deno.test("without APP and a root, other paths are 404", async () => {
  await using cli = new Cli("--mount", `/a=${app}`, "--port=0", "--workers=1");
  const url = await cli.waitForUrl();
  assertEquals(await fetchText(`${url}a`), "default at /a");
  const response = await fetch(`${url}b`, { headers: { connection: "close" } });
  assertEquals([response.status, await response.text()], [404, "Not Found\n"]);
  await stop(cli);
});

Deno.test("--mount /= means the same as APP", async () => {
  await using cli = new Cli("--mount", `/=${app}:listening`, "--port=0", "--workers=1");
  assertEquals(await fetchText(await cli.waitForUrl()), "listening at ");
  await stop(cli);
});

Deno.test("the configuration file gives an application a dedicated pool", async () => {
  const mount = { "/": app, "/own": { app: `${app}:listening`, pool: { maxWorkers: 1 } } };
  await withConfig({ mount, port: 0, minWorkers: 1 }, async (config) => {
    await using cli = new Cli("--config", config, "--mount", `/a=${app}:several`);
    const url = await cli.waitForUrl();
    assertEquals(await fetchText(`${url}x`), "default at ");
    assertEquals(await fetchText(`${url}own/x`), "listening at /own");
    assertEquals(await fetchText(`${url}a/value`), "value");
    cli.signal("SIGHUP");
    await cli.waitFor(/^robusto: reloaded \S+mounted\.ts, \S+:listening, \S+:several\n/m);
    assertEquals(await fetchText(`${url}own/x`), "listening at /own");
    await stop(cli);
  });
});

const failures: [name: string, args: string[], code: number, message: RegExp][] = [
  ["APP and --mount /=", [app, "--mount", `/=${app}`], 2, /^robusto: Cannot use --mount \/=/],
  [
    "no application",
    ["--port=0"],
    2,
    /^robusto: Cannot start: expected APP, .* --mount \/PREFIX=APP/,
  ],
  [
    "a missing file",
    [app, "--mount", `/a=${missing}`],
    3,
    /^robusto: Cannot load \S+nowhere\.ts: No such file/,
  ],
  [
    "a missing export",
    [app, "--mount", `/a=${app}:nothing`, "--port=0", "--workers=1"],
    3,
    /^robusto: Cannot load \S+mounted\.ts:nothing: its module has no export "nothing"/,
  ],
  [
    "a missing export in mode inline",
    [app, "--mount", `/a=${app}:nothing`, "--port=0", "--mode=inline"],
    3,
    /^robusto: Cannot load \S+mounted\.ts:nothing: its module has no export "nothing"/,
  ],
  [
    "an application that mounts a missing module",
    [app, "--mount", `/a=${app}:broken`, "--port=0", "--workers=1"],
    3,
    /^robusto: Cannot load \S+:broken: its application at \/a\/missing, \S+missing\.ts: its module f/,
  ],
  [
    "the same in mode inline",
    [`${app}:broken`, "--port=0", "--mode=inline"],
    3,
    /^robusto: Cannot load \S+:broken: its application at \/missing, \S+missing\.ts: its module f/,
  ],
  [
    "a pool inside a worker",
    [`${app}:pooled`, "--port=0", "--workers=1"],
    3,
    /^robusto: Cannot load \S+:pooled: its application at \/own, \S+: it cannot have a pool of its/,
  ],
  [
    "a pool in mode inline",
    [`${app}:pooled`, "--port=0", "--mode=inline"],
    3,
    /^robusto: Cannot serve \S+:pooled: Cannot use pool of \/own in mode "inline"/,
  ],
];
for (const [name, args, code, message] of failures) {
  Deno.test(`${name} ends with ${code}`, async () => {
    await using cli = new Cli(...args);
    assertEquals((await cli.waitForEnd()).code, code, cli.stderr);
    assertMatch(cli.stderr, message);
  });
}

Deno.test("an application that does not load in its dedicated pool is named", async () => {
  const mount = { "/": app, "/own": { app: `${app}:nothing`, pool: {} } };
  await withConfig({ mount, port: 0, minWorkers: 1 }, async (config) => {
    await using cli = new Cli("--config", config);
    assertEquals((await cli.waitForEnd()).code, 3);
    assertMatch(
      cli.stderr,
      /^robusto: Cannot load \S+:nothing: its module has no export "nothing"/,
    );
  });
});
