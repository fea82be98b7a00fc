// The command line as a process with workers: applications that do not load, numbers of workers,
// and signals during requests.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { stepsInLanes } from "../support/in_lanes.ts";
import { beginRequest, Cli, fetchText, fixture, readToEnd, send } from "./cli_process.ts";

/** Makes a folder, and removes it after the test. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const broken: [name: string, source: string, exportName: string, message: RegExp][] = [
  ["throws", 'throw new RangeError("own error");', "", /RangeError: own error\n +at .*app\.ts:1:7/],
  ["has a syntax error", "const x = ;", "", /SyntaxError: .*\n?[^]*app\.ts:1:11/],
  ["imports a missing module", 'import "./missing.ts";', "", /missing\.ts/],
  ["has no default export", "export const api = 1;", "", /has no default export.*api/],
  ["has no such export", "export const api = () => {};", ":apu", /no export "apu".* api/],
  ["exports a value that cannot be served", "export default 42;", "", /Gateway, got number/],
  [
    "fails in onWorkerStart",
    'export function onWorkerStart() { throw new Error("own start"); }' +
    "export default () => new Response();",
    "",
    /Error: own start\n +at .*onWorkerStart/,
  ],
];
for (const kind of ["web", "killable"]) {
  Deno.test(`${kind}: a module that cannot be served ends with 3 and shows its own error`, (t) =>
    stepsInLanes(
      t,
      2,
      broken.map(([name, source, exportName, message]) => [
        `a module that ${name}`,
        () =>
          inFolder(async (folder) => {
            await Deno.writeTextFile(`${folder}/app.ts`, source);
            const app = `${folder}/app.ts${exportName}`;
            await using cli = new Cli(app, "--port=0", "--workers=2", "--worker-kind", kind);
            assertEquals(await cli.waitForEnd(), { code: 3, signal: null, stdout: "" });
            // Deno may print a line about the other worker, which is ended while it loads.
            const lines = cli.stderr.split("\n");
            assert(
              lines.some((line) => line.startsWith(`robusto: Cannot load ${app}: `)),
              cli.stderr,
            );
            assertMatch(cli.stderr, message);
            assert(!cli.stderr.includes("listening"), cli.stderr);
          }),
      ]),
    ));
}

Deno.test("a missing module ends with 3 before a worker is started", async () => {
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
  Deno.test(`${kind}: --workers 2 is two workers, and one serves while the other waits`, async () => {
    await using cli = new Cli(
      ...[fixture("pool.ts:number"), "--port=0", "--workers", "2"],
      ...["--exchanges-per-worker=1", "--worker-kind", kind],
    );
    const url = await cli.waitForUrl();
    using held = await beginRequest(url, "Connection: close\r\n");
    const other = await fetchText(url);
    await send(held, "12345");
    const workers = [other, /[12]$/.exec(await readToEnd(held))?.[0]];
    assertEquals(workers.toSorted(), ["1", "2"]);
    cli.signal("SIGTERM");
    assertEquals((await cli.waitForEnd()).code, 0);
  });

  Deno.test(`${kind}: SIGHUP loads new code, and the old code finishes its requests`, async () => {
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

Deno.test("SIGHUP with code that does not load is reported, and the old code serves until the next one", async () => {
  await inFolder(async (folder) => {
    await writeVersion(folder, "old");
    await using cli = new Cli(`${folder}/app.ts`, "--port=0", "--workers=2");
    const url = await cli.waitForUrl();
    await Deno.writeTextFile(`${folder}/app.ts`, 'throw new Error("own error");');
    cli.signal("SIGHUP");
    await cli.waitFor(/^robusto: Cannot load \S+app\.ts: .*; the old code goes on\n/m);
    await cli.waitFor(/^ *Error: own error\n +at .*app\.ts:1:7/m);
    assertEquals(await fetchText(url), "old");
    await writeVersion(folder, "new");
    cli.signal("SIGHUP");
    await cli.waitFor(/^robusto: reloaded /m);
    assertEquals(await fetchText(url), "new");
    cli.signal("SIGTERM");
    assertEquals((await cli.waitForEnd()).code, 0);
  });
});

Deno.test("SIGHUP in mode inline is reported and the server continues", async () => {
  await using cli = new Cli(fixture("pool.ts"), "--port=0", "--mode=inline");
  const url = await cli.waitForUrl();
  cli.signal("SIGHUP");
  await cli.waitFor(/^robusto: Cannot reload: .*; the old code goes on\n/m);
  assertEquals(await fetchText(url), "Hello world!");
  cli.signal("SIGTERM");
  assertEquals((await cli.waitForEnd()).code, 0);
});

Deno.test("SIGTERM lets every worker finish its requests, and calls onWorkerStop", async () => {
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
  for (const response of [await readToEnd(first), await readToEnd(second)]) {
    assertMatch(response, /^HTTP\/1\.1 200 OK\r\n/);
    assertMatch(response, /\r\nConnection: close\r\n/i);
  }
  assertEquals((await cli.waitForEnd()).code, 0);
  assertEquals(cli.stderr.match(/stopped worker [12]/g)?.toSorted(), [
    "stopped worker 1",
    "stopped worker 2",
  ]);
});

/** Writes an application whose response has its version and the content of the request. */
async function writeVersion(folder: string, version: string): Promise<void> {
  const source =
    `export default async (request: Request) => new Response("${version}" + await request.text())`;
  // The rename is one step, so that a reader never sees half of the file.
  await Deno.writeTextFile(`${folder}/next.ts`, source);
  await Deno.rename(`${folder}/next.ts`, `${folder}/app.ts`);
}
