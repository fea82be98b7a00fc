// The logs of the command line as a process: every response has a line, files rotate, and what cannot be
// written costs no response.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { REAL_PYTHON } from "../python/python_site.ts";
import { isInstalled, ROOT } from "../support/program.ts";
import { noPki, Pki } from "../tls/pki.ts";
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
      const until = Date.now() + 900;
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
  "over TLS, applications in TypeScript, WSGI and Python have lines, and pools in /stats and /metrics",
  { ignore: noPki !== undefined || REAL_PYTHON === undefined },
  async () => {
    const { tlsCertificate, tlsPrivateKey } = Pki.shared.files();
    const mounts = [
      `--mount=/=${app}`,
      `--mount=/wsgi=${new URL("examples/wsgi.ts", ROOT).pathname}`,
      `--mount=/py=${fixture("prints.py:app")}`,
    ];
    const tls = [`--tls-certificate=${tlsCertificate}`, `--tls-private-key=${tlsPrivateKey}`];
    const logs = ["--access-log=-", "--access-log-format=json"];
    await using cli = new Cli(
      ...mounts,
      ...tls,
      ...logs,
      `--python=${REAL_PYTHON}`,
      "--workers=1",
      "--port=0",
      "--admin=0",
    );
    const admin = await cli.waitFor(/Admin listener on (http:\S+\/)\n/);
    const url = await cli.waitFor(/listening on (https:\S+\/)\n/);
    using client = Deno.createHttpClient({ caCerts: [Pki.shared.root] });
    for (const path of ["", "wsgi", "py"]) {
      const response = await fetch(url + path, { client });
      await response.text();
      assertEquals(response.status, 200, path);
    }
    const { pool, pools } = await (await fetch(`${admin}stats`)).json();
    assertEquals([pool.kind, pools.python.kind, pools.python.ready], ["killable", "process", 1]);
    assertMatch(
      await fetchText(`${admin}metrics`),
      /robusto_workers\{pool="python",state="idle"\} 1/,
    );
    const lines = (await stop(cli)).trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(lines.map(({ target, tls, outcome }) => [target, tls, outcome]), [
      ["/", "TLSv1.3", "complete"],
      ["/wsgi", "TLSv1.3", "complete"],
      ["/py", "TLSv1.3", "complete"],
    ]);
    assert(lines.every(({ bytesOut, workerId }) => bytesOut > 0 && workerId === 1));
  },
);

for (
  const [pipe, reader, requests, lost] of [
    ["closed", "exec true", 3, 3 + 2], // the log file loses the two lines of the start
    ["slow", "exec sleep 2", 200, 20 + 2], // more than the pipe and the buffer hold
  ] as const
) {
  Deno.test(`an access log to a ${pipe} pipe, and a log file on a full disk, delay no response`, async () => {
    const admin = freePort();
    const words = ["--access-log=-", "--log-file=/dev/full", `--admin=${admin}`, "--port=0"];
    const launcher = ["bash", "-c", `exec "$@" > >(${reader} >&2 2>/dev/null)`, "bash"];
    await using cli = new Cli({ launcher }, app, ...words);
    const url = await cli.waitForUrl();
    const started = performance.now();
    for (let count = 0; count < requests; count++) {
      assertEquals(await fetchText(`${url}?${"x".repeat(7_000)}`), "Hello world!");
    }
    assert(performance.now() - started < 5_000);
    const stats = async () => await (await fetch(`http://127.0.0.1:${admin}/stats`)).json();
    while ((await stats()).lostLogLines < lost) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await stop(cli);
  });
}

/** A port that was free a moment ago: a lost log cannot tell the one of port 0. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

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
