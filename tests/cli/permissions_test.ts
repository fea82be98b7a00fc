// The permissions that suffice in each mode, and the message for each missing one. No permission is
// asked for at a terminal, as a server that waits for a person serves no request.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { inFolder, textAt } from "../net/unix_client.ts";
import { isInstalled, ROOT } from "../support/program.ts";
import { Cli, fetchText, fixture } from "./cli_process.ts";

const APP = fixture("apps.ts");
const APP_MODULE = APP;
const OWN = `--allow-read=${APP_MODULE},${ROOT.pathname}`;

const suffices: [name: string, flags: string[], args: string[]][] = [
  ["inline", ["--allow-net", `--allow-read=${APP_MODULE}`], ["--mode=inline"]],
  ["inline, one address", ["--allow-net=127.0.0.1", `--allow-read=${APP_MODULE}`], [
    "--mode=inline",
  ]],
  ["pool", ["--allow-net", OWN], []],
  ["pool of threads that can be killed", ["--allow-net", OWN], ["--handler-timeout=10s"]],
  ["sharded", ["--allow-net", OWN], ["--mode=sharded"]],
];
for (const [name, flags, args] of suffices) {
  Deno.test(`${name}: ${flags.join(" ").replaceAll(ROOT.pathname, "./")} suffice`, async () => {
    await using cli = new Cli({ flags }, APP, "--port=0", ...args);
    assertEquals(await fetchText(await cli.waitForUrl()), "Hello world!");
    cli.signal("SIGTERM");
    assertEquals((await cli.waitForEnd()).code, 0);
  });
}

Deno.test("logs, the admin listener and variables need exactly their files, addresses and names", () =>
  inFolder(async (folder) => {
    const [token, access, errors] = ["token", "access.log", "errors.log"]
      .map((name) => `${folder}/${name}`);
    await Deno.writeTextFile(token, "0123456789abcdef");
    const flags = [
      `--allow-net=127.0.0.1:0`,
      `--allow-read=${APP_MODULE},${token}`,
      `--allow-write=${access},${errors}`,
      "--allow-env=PORT,HOST,ROBUSTO_MODE",
    ];
    const env = { PORT: "0", HOST: "127.0.0.1", ROBUSTO_MODE: "inline", ROBUSTO_WORKERS: "9" };
    const args = ["--admin=127.0.0.1:0", `--admin-token-file=${token}`];
    const logs = [`--access-log=${access}`, `--log-file=${errors}`];
    await using cli = new Cli({ flags, env }, APP, ...args, ...logs);
    assertEquals(await fetchText(await cli.waitForUrl()), "Hello world!");
    const [, admin] = /Admin listener on (\S+)/.exec(await Deno.readTextFile(errors))!;
    const headers = { authorization: "Bearer 0123456789abcdef" };
    const metrics = await fetch(`${admin}metrics`, { headers });
    assertMatch(await metrics.text(), /^process_resident_memory_bytes [1-9]/m);
    cli.signal("SIGUSR1"); // opens the files anew
    cli.signal("SIGTERM");
    assertEquals((await cli.waitForEnd()).code, 0);
    assertMatch(await Deno.readTextFile(access), /"GET \/ HTTP\/1\.1" 200/);
  }));

Deno.test("--watch needs to read the folder of the application", () =>
  inFolder(async (folder) => {
    const app = `${folder}/app.ts`;
    await Deno.writeTextFile(app, 'export default () => new Response("one")');
    const own = ["--allow-net", `--allow-read=${ROOT.pathname}`];
    await using refused = new Cli({ flags: [...own, `--allow-read=${app}`] }, app, "--watch");
    assertEquals((await refused.waitForEnd()).code, 2);
    assertMatch(refused.stderr, /Cannot use --watch: it needs the permission --allow-read=\/\S+/);
    const flags = [...own, `--allow-read=${folder}`];
    await using cli = new Cli({ flags }, app, "--watch", "--port=0", "--workers=1");
    const url = await cli.waitForUrl();
    await Deno.writeTextFile(app, 'export default () => new Response("two")');
    await cli.waitFor(/^robusto: reloaded /m);
    assertEquals(await fetchText(url), "two");
  }));

Deno.test({
  name: "Python in processes needs --allow-run of the interpreter, and --allow-net of everything",
  ignore: !isInstalled("/usr/bin/python3"),
  async fn() {
    const file = new URL("examples/my_crazy_app.py", ROOT).pathname;
    const python = "/usr/bin/python3";
    const flags = ["--allow-net", OWN, `--allow-run=${python}`];
    const args = [`--python=${python}`, "--workers=1", "--port=0"];
    await using cli = new Cli({ flags }, `${file}:my_crazy_app`, ...args);
    assertEquals(await fetchText(await cli.waitForUrl()), "Hello world!");
    cli.signal("SIGTERM");
    assertEquals((await cli.waitForEnd()).code, 0);
  },
});

const missing: [what: string, flags: string[], args: string[], code: number, message: RegExp][] = [
  ["net", [OWN], ["--port=0"], 4, /bind 127\.0\.0\.1:0: it needs the permission --allow-net=/],
  [
    "net of another address",
    ["--allow-net=127.0.0.1:1", OWN],
    ["--mode=inline", "--bind=127.0.0.2:0"],
    4,
    /--allow-net=127\.0\.0\.2:0/,
  ],
  ["read of the application", ["--allow-net"], ["--port=0"], 3, /--allow-read=\S+apps\.ts/],
  [
    "read of the workers' own modules",
    ["--allow-net", `--allow-read=${APP_MODULE}`],
    ["--port=0"],
    2,
    /mode "pool": it needs the permission --allow-read=\//,
  ],
  [
    "read of a configuration file",
    ["--allow-net", OWN],
    ["--config=/etc/hostname"],
    2,
    /--allow-read=\/etc\/hostname/,
  ],
  [
    "sys, for a UNIX socket",
    ["--allow-net", "--allow-read", "--allow-write"],
    ["--bind=unix:/tmp/robusto-none.sock"],
    4,
    /bind unix:\/tmp\/robusto-none\.sock: it needs the permission --allow-sys/,
  ],
  [
    "write of a UNIX socket's folder",
    ["--allow-net", "--allow-read", "--allow-sys"],
    ["--bind=unix:/tmp/robusto-none.sock"],
    4,
    /--allow-write=\/tmp\//,
  ],
  [
    "ffi, for peers",
    ["--allow-net", "--allow-read", "--allow-write", "--allow-sys"],
    ["--bind=unix:/tmp/robusto-none.sock", "--peer-credentials=ids"],
    4,
    /peerCredentials: it needs the permission --allow-ffi/,
  ],
  [
    "read of the accounts, for their names",
    ["--allow-net", OWN, "--allow-read=/tmp", "--allow-write", "--allow-sys", "--allow-ffi"],
    ["--bind=unix:/tmp/robusto-none.sock", "--peer-credentials=names"],
    4,
    /peerCredentials "names": it needs the permission --allow-read=\/etc\/passwd/,
  ],
];
for (const [what, flags, args, code, message] of missing) {
  Deno.test(`without the permission ${what} the start fails with its name: exit code ${code}`, async () => {
    await using cli = new Cli({ flags }, APP, ...args);
    const ended = await cli.waitForEnd();
    assertMatch(cli.stderr, message);
    assertEquals(ended.code, code);
    assert(!cli.stderr.includes("listening on"), cli.stderr);
    assert(!/^\s+at /m.test(cli.stderr), cli.stderr);
  });
}

Deno.test("an application in Python needs --allow-read and --allow-env", async () => {
  const app = new URL("examples/my_crazy_app.py", ROOT).pathname + ":my_crazy_app";
  for (const [flags, wanted] of [[[OWN], "read"], [["--allow-read"], "env"]] as const) {
    await using cli = new Cli({ flags: ["--allow-net", ...flags] }, app, "--port=0");
    assertEquals((await cli.waitForEnd()).code, 2);
    assertMatch(cli.stderr, new RegExp(`Python: it needs the permission --allow-${wanted}$`, "m"));
  }
});

Deno.test("a UNIX socket needs its folder and --allow-sys, peerCredentials --allow-ffi", () =>
  inFolder(async (folder) => {
    const flags = [
      `--allow-net`,
      `--allow-read=${folder},${APP_MODULE}`,
      `--allow-write=${folder}`,
      "--allow-sys",
      "--allow-ffi",
    ];
    const path = `${folder}/a.sock`;
    const args = ["--mode=inline", `--bind=unix:${path}`, "--peer-credentials=ids"];
    await using cli = new Cli({ flags }, APP, ...args);
    await cli.waitFor(/^robusto: listening on unix:/m);
    assertEquals(await textAt(path), "Hello world!");
    cli.signal("SIGTERM");
    assertEquals((await cli.waitForEnd()).code, 0);
  }));

Deno.test("SIGUSR2 without --allow-all is reported, and the server continues", async () => {
  const flags = ["--allow-net", "--allow-read", "--allow-run", "--allow-env", "--allow-ffi"];
  await using cli = new Cli({ flags }, APP, "--mode=inline", "--port=0");
  const url = await cli.waitForUrl();
  cli.signal("SIGUSR2");
  await cli.waitFor(/^robusto: cannot hand over: .*--allow-all.*; this process goes on\n/m);
  assertEquals(await fetchText(url), "Hello world!");
  cli.signal("SIGTERM");
  assertEquals((await cli.waitForEnd()).code, 0);
});
