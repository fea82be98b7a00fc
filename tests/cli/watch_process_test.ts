// `--watch` and `--check` in a process, with applications in real files.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { inFolder } from "../net/unix_client.ts";
import { isInstalled, ROOT } from "../support/program.ts";
import { Cli, fetchText, fixture, send } from "./cli_process.ts";

const app = (folder: string) => `${folder}/app.ts`;
const APP = `import text from "./text.ts"; export default () => new Response(text + "\\n");`;
const text = (value: string) => `export default ${JSON.stringify(value)};`;

async function stop(cli: Cli): Promise<void> {
  cli.signal("SIGTERM");
  assertEquals(await cli.waitForEnd(), { code: 0, signal: null, stdout: "" });
}

Deno.test("--watch loads a change within a second, and the connection stays", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(app(folder), APP);
    await Deno.writeTextFile(`${folder}/text.ts`, text("one"));
    await using cli = new Cli(app(folder), "--port=0", "--workers=1", "--watch");
    const { hostname, port } = new URL(await cli.waitForUrl());
    using conn = await Deno.connect({ hostname, port: Number(port) });
    const ask = async () => {
      await send(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      let response = "";
      const piece = new Uint8Array(1_000);
      while (!response.includes("\r\n\r\n") || !response.endsWith("\n")) {
        response += new TextDecoder().decode(piece.subarray(0, (await conn.read(piece))!));
      }
      return response;
    };
    assertMatch(await ask(), /one\n$/);
    await Deno.writeTextFile(`${folder}/text.new`, text("two"));
    await Deno.rename(`${folder}/text.new`, `${folder}/text.ts`);
    await cli.waitFor(/robusto: reloaded /);
    assertMatch(await ask(), /two\n$/);
    const [changed, reloaded] = ["text.ts changed", "robusto: reloaded"].map((message) => {
      const line = cli.log.split("\n").find((each) => each.includes(message))!;
      return Date.parse(line.split(" ")[0]);
    });
    assert(reloaded - changed < 1_000, cli.log);
    conn.close();
    await stop(cli);
  }));

Deno.test("a broken change is shown once, and as responses, until a good one", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(app(folder), APP);
    await Deno.writeTextFile(`${folder}/text.ts`, text("one"));
    await using cli = new Cli(app(folder), "--port=0", "--workers=2", "--watch");
    const url = await cli.waitForUrl();
    await Deno.writeTextFile(
      `${folder}/text.ts`,
      'export default ""; throw new Error("broken text");',
    );
    await cli.waitFor(/requests get this as a 500[^]* broken text/);
    const response = await fetch(url);
    assertEquals(response.status, 500);
    assertEquals(response.headers.get("content-type"), "text/plain; charset=utf-8");
    const page = await response.text();
    assertStringIncludes(page, `Cannot load ${app(folder)}: its module failed`);
    assertMatch(page, /Error: broken text\n {4}at file:\S+text\.ts:1:/);
    await Deno.writeTextFile(`${folder}/text.ts`, text("three"));
    await cli.waitFor(/robusto: reloaded /);
    assertEquals(await fetchText(url), "three\n");
    await stop(cli);
    assertEquals(cli.stderr.split("Error: broken text").length, 2, cli.stderr);
  }));

for (const mode of ["pool", "sharded"]) {
  Deno.test(`--watch with a broken application shows it until a change is good, in mode ${mode}`, () =>
    inFolder(async (folder) => {
      await Deno.writeTextFile(app(folder), APP);
      await Deno.writeTextFile(`${folder}/text.ts`, "export default (");
      const port = freePort();
      const flags = [`--port=${port}`, "--workers=1", "--watch", "--mode", mode];
      await using cli = new Cli(app(folder), ...flags);
      const url = await cli.waitForUrl();
      for (let round = 0; round < 2; round++) {
        const response = await fetch(url);
        assertEquals(response.status, 500);
        assertStringIncludes(await response.text(), `Cannot load ${app(folder)}: `);
      }
      await Deno.writeTextFile(
        `${folder}/text.ts`,
        'export default ""; throw new Error("still broken");',
      );
      await cli.waitFor(/requests get this[^]* still broken/);
      await Deno.writeTextFile(`${folder}/text.ts`, text("good"));
      await cli.waitFor(
        /still broken[^]*text\.ts changed\nrobusto: reloading [^]*robusto: reloaded [^]*listening on /,
      );
      assertEquals(await fetchText(url), "good\n");
      await Deno.writeTextFile(`${folder}/text.ts`, text("better"));
      await cli.waitFor(/(?:robusto: reloaded [^]*){2}/);
      assertEquals(await fetchText(url), "better\n");
      await stop(cli);
      assertEquals(cli.stderr.split("requests get this as a 500").length, 3, cli.stderr);
    }));
}

Deno.test("a signal ends --watch with an application that is broken", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(app(folder), "export default (");
    await using cli = new Cli(app(folder), "--port=0", "--workers=1", "--watch");
    await cli.waitForUrl();
    await stop(cli);
  }));

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("without --watch a change waits for SIGHUP, and a failure shows clients nothing", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(app(folder), APP);
    await Deno.writeTextFile(`${folder}/text.ts`, text("one"));
    await using cli = new Cli(app(folder), "--port=0", "--workers=1");
    const url = await cli.waitForUrl();
    await Deno.writeTextFile(`${folder}/text.ts`, "export default (");
    cli.signal("SIGHUP");
    await cli.waitFor(/the old code goes on/);
    assertEquals(await fetchText(url), "one\n");
    await stop(cli);
  }));

Deno.test("a change of deno.json is reported: Deno reads it at the start only", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/deno.json`, "{}");
    await Deno.writeTextFile(app(folder), "export default () => new Response('a')");
    await using cli = new Cli(app(folder), "--port=0", "--workers=1", "--watch");
    await cli.waitForUrl();
    await Deno.writeTextFile(`${folder}/deno.json`, '{ "imports": {} }');
    await cli.waitFor(/deno\.json changed: Deno reads it at the start only/);
    await stop(cli);
  }));

const needsPython = isInstalled("python3") ? "" : " (needs python3)";
Deno.test({
  name: "--watch loads a change of a Python file" + needsPython,
  ignore: needsPython !== "",
  fn: () =>
    inFolder(async (folder) => {
      const views = (value: string) =>
        Deno.writeTextFile(`${folder}/views.py`, `TEXT = b"${value}"`);
      await views("one");
      await Deno.writeTextFile(
        `${folder}/app.py`,
        `import views
def application(environ, start_response):
    start_response("200 OK", [])
    return [views.TEXT]
`,
      );
      const args = ["--port=0", "--workers=1", "--python=python3", "--watch"];
      await using cli = new Cli(`${folder}/app.py`, ...args);
      const url = await cli.waitForUrl();
      assertEquals(await fetchText(url), "one");
      await views("three");
      await cli.waitFor(/views\.py changed[^]*robusto: reloaded /);
      assertEquals(await fetchText(url), "three");
      await stop(cli);
    }),
});

const wrongWatch: [args: string[], message: RegExp][] = [
  [["--mode=inline"], /Cannot use --watch in mode "inline"/],
  [["--watch"], /Cannot use --watch twice/],
];
for (const [args, message] of wrongWatch) {
  Deno.test(`--watch ${args.join(" ")} is wrong usage`, async () => {
    await using cli = new Cli(fixture("apps.ts"), "--watch", ...args);
    assertEquals((await cli.waitForEnd()).code, 2);
    assertMatch(cli.stderr, message);
  });
}

const checked: [args: string[], env: Record<string, string>, code: number, message: RegExp][] = [
  [[fixture("apps.ts")], {}, 0, /the configuration is valid, \S+apps\.ts can be served/],
  [[fixture("apps.ts"), "--mode=inline"], {}, 0, /can be served/],
  [[fixture("apps.ts"), "--mode=sharded", "-w", "3"], {}, 0, /can be served/],
  [["-b", "127.0.0.1:1"], { ROBUSTO_APP: fixture("apps.ts") }, 0, /can be served/],
  [[fixture("apps.ts")], { ROBUSTO_HEAD_TIMEOUT: "soon" }, 2, /Cannot use ROBUSTO_HEAD_TIMEOUT/],
  [
    [fixture("apps.ts")],
    { ROBUSTO_NOTHING_LIKE_IT: "1" },
    0,
    /ROBUSTO_NOTHING_LIKE_IT is not used/,
  ],
  [[fixture("apps.ts"), "--head-timeout=soon"], {}, 2, /Cannot use --head-timeout/],
  [["-c", "/nowhere.json"], {}, 2, /Cannot read configuration file \/nowhere\.json/],
  [[fixture("apps.ts") + ":nothing"], {}, 3, /Cannot load \S+:nothing/],
  [[fixture("broken_import.ts")], {}, 3, /Cannot load \S+broken_import\.ts: its module failed/],
  [[fixture("broken_import.ts"), "--mode=inline"], {}, 3, /its module failed/],
];
for (const [args, env, code, message] of checked) {
  const shown = args.map((arg) => arg.split("/").at(-1)).join(" ");
  Deno.test(`--check ${shown} ${JSON.stringify(env)} ends with ${code}`, async () => {
    await using cli = new Cli({ env }, ...args, "--check");
    const end = await cli.waitForEnd();
    assertMatch(cli.stderr, message);
    assertEquals(end.code, code, cli.stderr);
  });
}

Deno.test("PORT and WEB_CONCURRENCY of a platform are enough, SIGTTIN and SIGTTOU change nothing", async () => {
  const env = { PORT: "0", WEB_CONCURRENCY: "1" };
  await using cli = new Cli({ env }, fixture("apps.ts"));
  const url = await cli.waitForUrl();
  assertMatch(url, /^http:\/\/0\.0\.0\.0:/);
  cli.signal("SIGTTIN");
  cli.signal("SIGTTOU");
  assertEquals(await fetchText(url), "Hello world!");
  await stop(cli);
});

Deno.test("the commands of docs/development.md have flags that exist", async () => {
  const page = await Deno.readTextFile(new URL("docs/development.md", ROOT));
  const commands = [...page.matchAll(/^deno run -A mod\.ts (.*)$/gm)].map(([, words]) => words);
  assertEquals(commands.length, 2);
  for (const words of commands) {
    const args = words.split(" ").filter((word) => word !== "--watch" && word !== "--check");
    await using cli = new Cli(new URL(args[0], ROOT).pathname, "--check");
    assertEquals((await cli.waitForEnd()).code, 0, cli.stderr);
  }
});
