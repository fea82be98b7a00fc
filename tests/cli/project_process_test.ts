// An application with its own project (deno.json, package.json) is served by the plain command as
// `deno serve` would serve it, and Robusto's own lock file stays as it is.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { inFolder, namesIn, textAt } from "../net/unix_client.ts";
import { inEmptyDirectory, serveCheckout } from "../support/checkout_host.ts";
import { stepsInLanes } from "../support/in_lanes.ts";
import { isInstalled, Program, ROOT } from "../support/program.ts";
import { Cli, fetchText } from "./cli_process.ts";

const python = isInstalled("python3") ? false : "python3";
const linux = Deno.build.os === "linux";
const MOD = new URL("mod.ts", ROOT).pathname;
const ENTRY = new URL("src/cli/project_entry.ts", ROOT).href;

function test(
  name: string,
  fn: (t: Deno.TestContext) => Promise<void>,
  needs: string | false = false,
): void {
  const missing = linux ? needs : "Linux";
  Deno.test({ name: name + (missing ? ` (needs ${missing})` : ""), ignore: !!missing, fn });
}

const DENO_PROJECT = {
  "deno.json": JSON.stringify({
    imports: { "greeting": "./greeting.ts", "view/jsx-runtime": "./jsx.ts" },
    compilerOptions: { jsx: "react-jsx", jsxImportSource: "view" },
  }),
  "greeting.ts": 'export default "Hello"',
  "jsx.ts": "export const jsx = (tag, props) => `<${tag}>${props.children}</${tag}>`;",
  "app.tsx": `import greeting from "greeting";
    if (import.meta.main) throw new Error("the application is run, not served");
    const text = () => new Response(String(<b>{greeting}</b>) + " " + Deno.pid);
    export default { fetch: text };
    export const api = text;`,
};

const NODE_PROJECT = {
  "package.json": JSON.stringify({ type: "module", dependencies: { tiny: "1.0.0" } }),
  "node_modules/tiny/package.json": JSON.stringify({ name: "tiny", version: "1.0.0" }),
  "node_modules/tiny/index.js": 'module.exports = "tiny"',
  "app.js": `import tiny from "tiny";
    export default () => new Response(tiny + " " + process.pid);
    import process from "node:process";`,
};

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = `${folder}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
}

function withProject(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  return inFolder(async (folder) => {
    await write(folder, files);
    await use(folder);
  });
}

async function stop(cli: Cli): Promise<void> {
  cli.signal("SIGTERM");
  assertEquals(await cli.waitForEnd(), { code: 0, signal: null, stdout: "" });
}

test("beside an application in Python the project of the other is in force", () =>
  withProject({
    ...DENO_PROJECT,
    "other.py": `def app(environ, start_response):
    start_response("200 OK", [])
    return [b"Python"]
`,
  }, async (folder) => {
    const mount = ["--mount", `/py=${folder}/other.py:app`];
    await using cli = new Cli(`${folder}/app.tsx`, ...mount, "--port=0", "--workers=1");
    const url = await cli.waitForUrl();
    assertEquals(await fetchText(url), `<b>Hello</b> ${cli.pid}`);
    assertEquals(await fetchText(`${url}py`), "Python");
    await stop(cli);
  }), python);

const variants: [name: string, args: string[]][] = [
  ["inline", ["--mode=inline"]],
  ["pool of web workers", ["--worker-kind=web", "--workers=1"]],
  ["pool of killable workers", ["--worker-kind=killable", "--workers=1"]],
  ["sharded", ["--mode=sharded", "--workers=1"]],
];
test("imports and JSX are those of the application's deno.json, packages those beside its package.json", (t) =>
  stepsInLanes(
    t,
    2,
    variants.flatMap(([name, args]) => [
      ...["app.tsx", "app.tsx:api"].map((app) =>
        [`${name}: imports and JSX of ${app}`, () =>
          withProject(DENO_PROJECT, async (folder) => {
            await using cli = new Cli(`${folder}/${app}`, "--port=0", ...args);
            // The process that was started serves: a service manager sees one process.
            assertEquals(await fetchText(await cli.waitForUrl()), `<b>Hello</b> ${cli.pid}`);
            await stop(cli);
            assertMatch(cli.stderr, /^robusto: listening on \S+\n/);
          })] as const
      ),
      [`${name}: packages from node_modules`, () =>
        withProject(NODE_PROJECT, async (folder) => {
          await using cli = new Cli(`file://${folder}/app.js`, "--port=0", ...args);
          assertEquals(await fetchText(await cli.waitForUrl()), `tiny ${cli.pid}`);
          await stop(cli);
        })] as const,
    ]),
  ));

test("a folder whose name has spaces and signs is entered, also by a relative path", () =>
  inFolder(async (folder) => {
    const odd = `${folder}/a b,c 'd' %20 ü`;
    await write(odd, DENO_PROJECT);
    const words = ["run", "-A", MOD, "./app.tsx", "--bind", "127.0.0.1:0"];
    await using program = await Program.start(words, { cwd: odd });
    assertMatch(await fetchText(await program.url), /^<b>Hello<\/b>/);
    assertEquals(await program.stop("SIGTERM"), 0, program.output);
  }));

test("a shell that becomes the server stays one process", () =>
  withProject(DENO_PROJECT, async (folder) => {
    const launcher = ["sh", "-c", 'exec "$0" "$@"'];
    await using cli = new Cli({ launcher }, `${folder}/app.tsx`, "--port=0");
    assertEquals(await fetchText(await cli.waitForUrl()), `<b>Hello</b> ${cli.pid}`);
    await stop(cli);
  }));

test("the environment is passed on", () =>
  withProject({
    "deno.json": "{}",
    "app.ts": 'export default () => new Response(Deno.env.get("MINE"))',
  }, async (folder) => {
    await using cli = new Cli({ env: { MINE: "a b=c" } }, `${folder}/app.ts`, "--port=0");
    assertEquals(await fetchText(await cli.waitForUrl()), "a b=c");
    await stop(cli);
  }));

test(
  "sockets of a service manager reach the application's project",
  () =>
    withProject(DENO_PROJECT, async (folder) => {
      const path = `${folder}/a.sock`;
      const script = new URL("../net/activate.py", import.meta.url).pathname;
      const start = {
        launcher: ["python3", script, "tcp", `unix:${path}`, "--"],
        env: { NAMES: "http:local" },
      };
      for (const args of [[], ["--bind=fd:http", "--bind=fd:local"]]) {
        await using cli = new Cli(start, `${folder}/app.tsx`, ...args);
        const url = await cli.waitForUrl();
        await cli.waitFor(/^robusto: listening on unix:/m);
        assertEquals(await fetchText(url), `<b>Hello</b> ${cli.pid}`);
        assertEquals(await textAt(path), `<b>Hello</b> ${cli.pid}`);
        await stop(cli);
        await Deno.remove(path);
      }
    }),
  python,
);

test("a successor at SIGUSR2 is in the project of the application that it is to serve", () =>
  inFolder(async (folder) => {
    await write(`${folder}/first`, DENO_PROJECT);
    await write(`${folder}/second`, NODE_PROJECT);
    const config = `${folder}/config.json`;
    await Deno.writeTextFile(config, JSON.stringify({ mount: { "/": `${folder}/first/app.tsx` } }));
    await using cli = new Cli("--config", config, "--port=0", "--workers=1");
    const url = await cli.waitForUrl();
    assertEquals(await fetchText(url), `<b>Hello</b> ${cli.pid}`);
    await write(`${folder}/first`, { "greeting.ts": 'export default "Bye"' });
    cli.signal("SIGUSR2");
    const second = Number(await cli.waitFor(/^robusto: process ([0-9]+) has taken over\n/m));
    let last = second;
    try {
      assertEquals(await fetchText(url), `<b>Bye</b> ${second}`);
      await Deno.writeTextFile(
        config,
        JSON.stringify({ mount: { "/": `${folder}/second/app.js` } }),
      );
      Deno.kill(second, "SIGUSR2");
      last = Number(await cli.waitFor(/has taken over\n[^]*process ([0-9]+) has taken over\n/));
      assertEquals(await fetchText(url), `tiny ${last}`);
    } finally {
      Deno.kill(last, "SIGTERM");
    }
    assertEquals((await cli.waitForEnd()).code, 0);
  }));

test("applications of one workspace are served together, those of two projects are not", () =>
  inFolder(async (folder) => {
    const member = (name: string) => ({
      [`${name}/deno.json`]: JSON.stringify({ imports: { own: "./own.ts" } }),
      [`${name}/own.ts`]: `export default "${name}"`,
      [`${name}/app.ts`]: 'import own from "own"; export default () => new Response(own)',
    });
    await write(folder, { ...member("one"), ...member("two") });
    const mounts = ["one", "two"].map((name) => `--mount=/${name}=${folder}/${name}/app.ts`);
    {
      await using cli = new Cli(...mounts, "--port=0");
      assertEquals((await cli.waitForEnd()).code, 3);
      assertMatch(
        cli.stderr,
        /^robusto: \S+\/one\/deno\.json and \S+\/two\/deno\.json are not in force: .*workspace/m,
      );
    }
    await write(folder, { "deno.json": JSON.stringify({ workspace: ["./one", "./two"] }) });
    await using cli = new Cli(...mounts, "--port=0");
    const url = await cli.waitForUrl();
    for (const name of ["one", "two"]) assertEquals(await fetchText(url + name), name);
    await stop(cli);
  }));

const broken: [name: string, source: string | undefined, says: RegExp][] = [
  ["has a syntax error", "const x = ;", /its module failed\n[^]*app\.ts:1:11/],
  ["throws", "throw new Error('own error')", /its module failed\n[^]*own error/],
  ["imports what is not in its project", 'import "nowhere"', /its module failed\n[^]*"nowhere"/],
  ["is not there", undefined, /No such file or directory/],
];
test("an application in its project that cannot be loaded ends with 3", (t) =>
  stepsInLanes(
    t,
    2,
    broken.map(([name, source, says]) => [`an application that ${name}`, () =>
      withProject({ "deno.json": "{}" }, async (folder) => {
        if (source !== undefined) {
          await Deno.writeTextFile(`${folder}/app.ts`, source);
        }
        await using cli = new Cli(`${folder}/app.ts`, "--port=0");
        assertEquals((await cli.waitForEnd()).code, 3);
        assertMatch(cli.stderr, says);
        assert(cli.stderr.startsWith(`robusto: Cannot load ${folder}/app.ts: `), cli.stderr);
        assert(!cli.stderr.includes("in force"), cli.stderr);
      })]
    ),
  ));

test("what only prints stays in the process as it was started", () =>
  withProject(DENO_PROJECT, async (folder) => {
    for (const flag of ["--print-config", "--help", "--version"]) {
      await using cli = new Cli(`${folder}/app.tsx`, flag);
      const { code, stdout } = await cli.waitForEnd();
      assertEquals(code, 0);
      assert(stdout !== "" && cli.stderr === "", cli.stderr);
    }
    await using cli = new Cli(`${folder}/app.tsx`, "--port=none");
    assertEquals((await cli.waitForEnd()).code, 2);
    assertMatch(cli.stderr, /^robusto: Cannot use --port/);
  }));

test(
  "a configuration file that is a pipe is read once",
  () =>
    withProject(
      { ...DENO_PROJECT, "other.ts": "export { default } from './app.tsx'" },
      async (folder) => {
        const config = JSON.stringify({ mount: { "/other": `${folder}/other.ts` } });
        const launcher = ["bash", "-c", `exec "$0" "$@" --config <(echo '${config}')`];
        await using cli = new Cli({ launcher }, `${folder}/app.tsx`, "--port=0");
        const url = await cli.waitForUrl();
        for (const path of ["", "other"]) {
          assertMatch(await fetchText(url + path), /^<b>Hello<\/b>/);
        }
        await stop(cli);
      },
    ),
  isInstalled("bash") ? false : "bash",
);

test("a deno.json that the user names is the one in force", () =>
  withProject({
    "deno.json": JSON.stringify({ imports: { greeting: "./greeting.ts" } }),
    "greeting.ts": 'export default "Hello"',
    "other/deno.json": JSON.stringify({ imports: { greeting: "./greeting.ts" } }),
    "other/greeting.ts": 'export default "Other"',
    "app.ts": 'import own from "greeting"; export default () => new Response(own)',
  }, async (folder) => {
    const flags = ["-A", `--config=${folder}/other/deno.json`];
    await using cli = new Cli({ flags }, `${folder}/app.ts`, "--port=0");
    assertEquals(await fetchText(await cli.waitForUrl()), "Other");
    await stop(cli);
  }));

test("without --allow-all the message has the command that works", () =>
  withProject(DENO_PROJECT, async (folder) => {
    const flags = ["--allow-net", "--allow-read"];
    await using cli = new Cli({ flags }, `${folder}/app.tsx`, "--port=0");
    assertEquals((await cli.waitForEnd()).code, 3);
    const shown = await cli.waitFor(
      /not in force, .*--allow-all; this command uses it.*:\n {6}(\S*deno .*)/,
    );
    const app = `${folder}/app.tsx`;
    assertEquals(shown, `deno run FLAGS --preload=${ENTRY} ${app} ${app} --port=0`);
    const [, ...words] = shown.replace("FLAGS", flags.join(" ")).replace(
      "--port=0",
      "--bind=127.0.0.1:0",
    )
      .split(" ");
    await using program = await Program.start(words);
    assertMatch(await fetchText(await program.url), /^<b>Hello<\/b>/);
    assertEquals(await program.stop("SIGTERM"), 0, program.output);
  }));

test("a module that runs before is not run twice, and the message has the command that works", () =>
  withProject({ ...DENO_PROJECT, "first.ts": 'console.error("first")' }, async (folder) => {
    const flags = ["-A", `--preload=${folder}/first.ts`];
    await using cli = new Cli({ flags }, `${folder}/app.tsx`, "--port=0");
    assertEquals((await cli.waitForEnd()).code, 3);
    assertEquals(cli.stderr.match(/^first$/gm)?.length, 1);
    const shown = await cli.waitFor(/--preload would run twice; .*:\n {6}(\S*deno .*)/);
    // The program is Deno's own path here.
    const [, ...words] = shown.replace("--port=0", "--bind=127.0.0.1:0").split(" ");
    await using program = await Program.start(words);
    assertMatch(await fetchText(await program.url), /^<b>Hello<\/b>/);
    assertEquals(await program.stop("SIGTERM"), 0, program.output);
  }));

test("Robusto from a URL enters the application's project too", () =>
  inEmptyDirectory(async (options) => {
    await using host = serveCheckout();
    await write(options.cwd.pathname, DENO_PROJECT);
    const words = ["run", "-A", `http://${host.bindAddr}/mod.ts`, "./app.tsx"];
    await using program = await Program.start([...words, "--bind", "127.0.0.1:0"], options);
    assertEquals(await fetchText(await program.url), `<b>Hello</b> ${program.pid}`);
    assertEquals(await program.stop("SIGTERM"), 0, program.output);
  }));

const NPM_APP = `import isNumber from "npm:is-number@7.0.0";
  export default () => new Response(String(isNumber(1)));`;
const registry = await reachesRegistry() ? false : "the npm registry";

for (
  const [name, files] of [["no project", {}], ["its own project", { "deno.json": "{}" }]] as const
) {
  test(
    `an application with ${name} and a package leaves Robusto's checkout as it is`,
    () =>
      inFolder(async (folder) => {
        const checkout = `${folder}/robusto`;
        await copyCheckout(checkout);
        await write(`${folder}/app`, { ...files, "app.ts": NPM_APP });
        const lock = await Deno.readTextFile(`${checkout}/deno.lock`);
        const names = namesIn(checkout);
        await using program = await Program.start(
          ["run", "-A", `${checkout}/mod.ts`, `${folder}/app/app.ts`, "--bind=127.0.0.1:0"],
          { env: { DENO_DIR: `${folder}/cache` } },
        );
        assertEquals(await fetchText(await program.url), "true");
        assertEquals(await program.stop("SIGTERM"), 0, program.output);
        assertEquals(await Deno.readTextFile(`${checkout}/deno.lock`), lock);
        assertEquals(namesIn(checkout), names);
        const [host] = namesIn(`${folder}/cache/npm`);
        const packages = namesIn(`${folder}/cache/npm/${host}`);
        assertEquals(packages.filter((each) => !each.startsWith(".")), ["is-number"]);
        const own = name === "no project" ? ["app.ts"] : ["app.ts", "deno.json", "deno.lock"];
        assertEquals(namesIn(`${folder}/app`), own);
      }),
    registry,
  );
}

/** A user without any rights: "nobody" on Debian and elsewhere. */
const NOBODY = 65_534;

test(
  "a checkout that its user may only read serves an application with its own imports and packages",
  () =>
    inFolder(async (folder) => {
      await copyCheckout(`${folder}/robusto`); // root's, and nobody else may write
      await write(`${folder}/app`, {
        "deno.json": JSON.stringify({ imports: { "is-number": "npm:is-number@7.0.0" } }),
        "app.ts": `import isNumber from "is-number";
          export default () => new Response(isNumber(1) + " " + Deno.uid());`,
      });
      await Deno.mkdir(`${folder}/cache`);
      for (const path of ["app", "cache"]) await Deno.chown(`${folder}/${path}`, NOBODY, NOBODY);
      await Deno.chmod(folder, 0o755);
      const names = namesIn(`${folder}/robusto`);
      await using program = await Program.start(
        ["run", "-A", `${folder}/robusto/mod.ts`, "app.ts", "--bind=127.0.0.1:0"],
        {
          cwd: `${folder}/app`,
          env: { DENO_DIR: `${folder}/cache`, HOME: `${folder}/app` },
          uid: NOBODY,
        },
      );
      assertEquals(await fetchText(await program.url), `true ${NOBODY}`);
      assertEquals(await program.stop("SIGTERM"), 0, program.output);
      assertEquals(namesIn(`${folder}/robusto`), names);
      assertEquals(namesIn(`${folder}/app`), ["app.ts", "deno.json", "deno.lock"]);
    }),
  registry || (await runsAsNobody() ? false : "root, and a deno that every user may run"),
);

async function runsAsNobody(): Promise<boolean> {
  if (Deno.uid() !== 0) return false;
  try {
    const user = { uid: NOBODY, gid: NOBODY };
    const command = new Deno.Command(Deno.execPath(), {
      ...user,
      args: ["--version"],
      stdout: "null",
    });
    return (await command.output()).success;
  } catch {
    return false;
  }
}

async function copyCheckout(folder: string): Promise<void> {
  await Deno.mkdir(folder);
  const names = ["mod.ts", "src", "deno.json", "deno.lock"].map((name) =>
    new URL(name, ROOT).pathname
  );
  const { success } = await new Deno.Command("cp", { args: ["-r", ...names, folder] }).output();
  assert(success);
}

/** Whether a package can be had at all. */
async function reachesRegistry(): Promise<boolean> {
  let reached = false;
  await inEmptyDirectory(async ({ cwd, env }) => {
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["cache", "--quiet", "npm:is-number@7.0.0"],
      cwd,
      env,
      stderr: "null",
    }).output();
    reached = success;
  });
  return reached;
}
