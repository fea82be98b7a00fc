// The command line as a process with workers: what it says of an application that does not load, how
// many workers there are, and what its signals do to requests that are under way.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { beginRequest, Cli, fetchText, fixture, readToEnd, send } from "./cli_process.ts";

/** Runs with the path of a folder that is gone afterwards. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const broken: [name: string, source: string, exportName: string, says: RegExp][] = [
  ["throws", 'throw new RangeError("own error");', "", /RangeError: own error\n +at .*app\.ts:1:7/],
  ["has a syntax error", "const x = ;", "", /SyntaxError: .*\n?[^]*app\.ts:1:11/],
  ["imports what is not there", 'import "./missing.ts";', "", /missing\.ts/],
  ["has no default export", "export const api = 1;", "", /has no default export.*api/],
  ["has no such export", "export const api = () => {};", ":apu", /no export "apu".* api/],
  ["exports what cannot be served", "export default 42;", "", /Gateway, got number/],
  [
    "fails in onWorkerStart",
    'export function onWorkerStart() { throw new Error("own start"); }' +
    "export default () => new Response();",
    "",
    /Error: own start\n +at .*onWorkerStart/,
  ],
];
for (const kind of ["web", "killable"]) {
  for (const [name, source, exportName, says] of broken) {
    Deno.test(`${kind}: a module that ${name} ends with 3 and shows its own error`, async () => {
      await inFolder(async (folder) => {
        await Deno.writeTextFile(`${folder}/app.ts`, source);
        const app = `${folder}/app.ts${exportName}`;
        await using cli = new Cli(app, "--port=0", "--workers=2", "--worker-kind", kind);
        assertEquals(await cli.waitForEnd(), { code: 3, signal: null, stdout: "" });
        // Deno may have a line of its own about the other worker, which is ended while it loads.
        const lines = cli.stderr.split("\n");
        assert(lines.some((line) => line.startsWith(`robusto: Cannot load ${app}: `)), cli.stderr);
        assertMatch(cli.stderr, says);
        assert(!cli.stderr.includes("listening"), cli.stderr);
      });
    });
  }
}

Deno.test("a module that is not there ends with 3 before any worker is started", async () => {
  await using cli = new Cli("./nowhere.ts", "--workers=2");
  assertEquals((await cli.waitForEnd()).code, 3);
  assertMatch(cli.stderr, /^robusto: Cannot load \.\/nowhere\.ts: No such file or directory/);
});

Deno.test("an address in use ends with 4 although workers were started", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  await using cli = new Cli(fixture("pool.ts"), "--workers=2", "--port", String(port));
  assertEquals((await cli.waitForEnd()).code, 4);
  assertMatch(cli.stderr, /^robusto: Cannot listen on 127\.0\.0\.1:\d+: Address already in use/m);
});

Deno.test("the main thread does not import the application", async () => {
  await using cli = new Cli(fixture("pool.ts:thread"), "--port=0", "--workers=1");
  assertEquals(await fetchText(await cli.waitForUrl()), "worker");
  cli.signal("SIGTERM");
  assertEquals((await cli.waitForEnd()).code, 0);
  assertEquals(cli.stderr.match(/loaded in \w+/g), ["loaded in worker"]);
});

for (const kind of ["web", "killable"]) {
  Deno.test(`${kind}: --workers 2 is two workers, and one that waits leaves the other`, async () => {
    await using cli = new Cli(
      ...[fixture("pool.ts:number"), "--port=0", "--workers", "2"],
      ...["--exchanges-per-worker=1", "--worker-kind", kind],
    );
    const url = await cli.waitForUrl();
    using held = await beginRequest(url, "Connection: close\r\n");
    const other = await fetchText(url);
    await send(held, "12345");
    const answers = [other, /[12]$/.exec(await readToEnd(held))?.[0]];
    assertEquals(answers.toSorted(), ["1", "2"]);
    cli.signal("SIGTERM");
    assertEquals((await cli.waitForEnd()).code, 0);
  });

  Deno.test(`${kind}: SIGHUP serves new code, and what was under way is finished by the old`, async () => {
    await inFolder(async (folder) => {
      await writeVersion(folder, "old");
      await using cli = new Cli(
        ...[`${folder}/app.ts`, "--port=0", "--workers=2", "--worker-kind", kind],
      );
      const url = await cli.waitForUrl();
      assertEquals(await fetchText(url), "old");
      using held = await beginRequest(url, "Connection: close\r\n");
      await writeVersion(folder, "new");
      cli.signal("SIGHUP");
      await cli.waitFor(/^robusto: reloaded \S+app\.ts\n/m);
      assertEquals(await fetchText(url), "new");
      await send(held, "12345");
      assertMatch(await readToEnd(held), /\r\n\r\nold12345$/);
      cli.signal("SIGTERM");
      assertEquals((await cli.waitForEnd()).code, 0);
    });
  });
}

Deno.test("SIGHUP with code that does not load is told, the old goes on, the next one mends it", async () => {
  await inFolder(async (folder) => {
    await writeVersion(folder, "old");
    await using cli = new Cli(`${folder}/app.ts`, "--port=0", "--workers=2");
    const url = await cli.waitForUrl();
    await Deno.writeTextFile(`${folder}/app.ts`, 'throw new Error("own error");');
    cli.signal("SIGHUP");
    await cli.waitFor(/^robusto: Cannot load \S+app\.ts: .*; the old code goes on\n/m);
    await cli.waitFor(/^Error: own error\n +at .*app\.ts:1:7/m);
    assertEquals(await fetchText(url), "old");
    await writeVersion(folder, "new");
    cli.signal("SIGHUP");
    await cli.waitFor(/^robusto: reloaded /m);
    assertEquals(await fetchText(url), "new");
    cli.signal("SIGTERM");
    assertEquals((await cli.waitForEnd()).code, 0);
  });
});

Deno.test("SIGHUP in mode inline is told and ends nothing", async () => {
  await using cli = new Cli(fixture("pool.ts"), "--port=0", "--mode=inline");
  const url = await cli.waitForUrl();
  cli.signal("SIGHUP");
  await cli.waitFor(/^robusto: Cannot reload: .*; the old code goes on\n/m);
  assertEquals(await fetchText(url), "Hello world!");
  cli.signal("SIGTERM");
  assertEquals((await cli.waitForEnd()).code, 0);
});

Deno.test("SIGTERM lets every worker finish what it holds, and calls onWorkerStop", async () => {
  await using cli = new Cli(
    ...[fixture("pool.ts:number"), "--port=0", "--workers=2", "--exchanges-per-worker=1"],
  );
  const url = await cli.waitForUrl();
  using first = await beginRequest(url);
  using second = await beginRequest(url);
  cli.signal("SIGTERM");
  await cli.waitFor(/^robusto: stopping, a second signal stops at once\n/m);
  await send(first, "12345");
  await send(second, "12345");
  for (const answer of [await readToEnd(first), await readToEnd(second)]) {
    assertMatch(answer, /^HTTP\/1\.1 200 OK\r\n/);
    assertMatch(answer, /\r\nConnection: close\r\n/i);
  }
  assertEquals((await cli.waitForEnd()).code, 0);
  assertEquals(cli.stderr.match(/stopped worker [12]/g)?.toSorted(), [
    "stopped worker 1",
    "stopped worker 2",
  ]);
});

/** An application that says which version it is, and what it was sent. */
async function writeVersion(folder: string, version: string): Promise<void> {
  const source =
    `export default async (request: Request) => new Response("${version}" + await request.text())`;
  // In one step: a reader never sees half of it.
  await Deno.writeTextFile(`${folder}/next.ts`, source);
  await Deno.rename(`${folder}/next.ts`, `${folder}/app.ts`);
}
