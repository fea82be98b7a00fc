// A Python application in the embedded interpreter of a process of the command line: its output, its environment, a reload, the memory of
// an upload, and the end of the process.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { crc32 } from "node:zlib";
import { until } from "../pool/pool_site.ts";
import { memoryOf } from "../bench/load/processes.ts";
import { Program, ROOT } from "../support/program.ts";

const MOD = new URL("mod.ts", ROOT).pathname;
const FIXTURES = new URL("fixtures/", import.meta.url).pathname;
const SIZE = 64 * 1024 * 1024;
/** Growth of memory before V8 collects garbage, in MiB; an upload that is kept whole takes more. */
const MOST_GROWTH = 40;

const words = ["run", "-A", "--no-lock", MOD];
const listening = ["--bind", "127.0.0.1:0", "--workers", "1", "--python", "embedded"];

Deno.test("a Python application prints, reads its environment, reloads and ends as in CPython", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const source = await Deno.readTextFile(`${FIXTURES}surroundings.py`);
    await Deno.writeTextFile(`${folder}/app.py`, source);
    await using program = await Program.start([...words, "./app.py", ...listening], {
      cwd: folder,
      env: { ROBUSTO_TEST: "from outside", PYTHONPATH: "/nowhere" },
      input: "not for applications",
    });
    const url = await program.url;
    const ask = async (path: string, init?: RequestInit) =>
      await (await fetch(`${url}/${path}`, init)).text();

    assertMatch(program.output, /^loaded$/m);
    assertMatch(program.output, /^warned$/m);
    const path = `${folder}/app.py`;
    assertEquals(
      await ask("see"),
      `['', 'from outside', '${folder}', '${path}', ['${path}']]`,
    );

    assertEquals(await ask("say"), "said");
    await until(() => program.output.includes("to standard error"));
    assertMatch(program.output, /^a line\nno line end yet, but now$/m);
    assertMatch(
      program.output,
      /error wsgi-errors: to standard error \(request .* GET \/say, queued \d+ ms, worker 1\)$/m,
    );

    await ask("checksum", upload()); // fills caches and compiles
    const idle = memoryOf([program.pid], "VmRSS");
    Deno.writeTextFileSync(`/proc/${program.pid}/clear_refs`, "5");
    assertEquals(await ask("checksum", upload()), String(crc32(new Uint8Array(SIZE))));
    const growth = memoryOf([program.pid], "VmHWM") - idle;
    assert(growth < MOST_GROWTH, `Memory grew by ${growth} MiB`);

    await Deno.writeTextFile(path, source.replace('"first"', '"second"'));
    assertEquals(await ask("version"), "first");
    Deno.kill(program.pid, "SIGHUP");
    await until(() => program.output.includes("at exit of the first"), 60_000);
    assertEquals(await ask("version"), "second");

    assertEquals(await program.stop("SIGTERM"), 0, program.output);
    assertMatch(program.output, /^at exit of the second$/m);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a missing application gives exit code 3 and Python's error", async () => {
  const path = "tests/python/fixtures/surroundings.py:missing";
  const { code, stderr } = await run([path, "--workers", "1", "--python", "embedded"]);
  assertEquals(code, 3, stderr);
  assertMatch(
    stderr,
    /robusto: Cannot load tests\/python\/fixtures\/surroundings\.py:missing: its module failed\n {4}AttributeError: module 'surroundings' has no attribute 'missing'\n$/m,
  );
});

Deno.test("a missing file gives exit code 3 before an interpreter is started", async () => {
  const { code, stderr } = await run(["./nowhere.py"]);
  assertEquals(code, 3, stderr);
  assertMatch(stderr, /robusto: Cannot load \.\/nowhere\.py: No such file or directory/);
});

const WARNED: [permissions: string[], workers: number, warns: boolean][] = [
  [["-A"], 2, true],
  [["-A"], 1, false],
  [["--allow-read", "--allow-env", "--allow-net", "--allow-sys"], 2, false],
  [
    ["--allow-read", "--allow-env", "--allow-net", "--allow-sys", `--allow-write=${ROOT.pathname}`],
    2,
    true,
  ],
];
for (const [permissions, workers, warns] of WARNED) {
  Deno.test(`${workers} workers with Python and ${permissions} ${warns ? "warn" : "do not warn"} of files without locks`, async () => {
    // It warns before an interpreter is loaded, which takes seconds; this start does not get so far.
    const { code, stderr } = await run(
      ["examples/my_crazy_app.py:my_crazy_app", "--workers", String(workers)],
      ["--python", "embedded", "--python-path", "/nowhere"],
      permissions,
    );
    assertEquals(code, 3, stderr);
    assertMatch(stderr, /there is no \/nowhere for pythonPath/);
    assertEquals(/ warn no-file-locks: /.test(stderr), warns, stderr);
  });
}

for (const mode of ["inline", "sharded"]) {
  Deno.test(`mode ${mode} is rejected for Python before anything is loaded`, async () => {
    const { code, stderr } = await run(["./nowhere.py", "--mode", mode]);
    assertEquals(code, 2, stderr);
    assertMatch(
      stderr,
      new RegExp(`^robusto: Cannot use --mode "${mode}": an application in Python`),
    );
  });
}

Deno.test("--python-path is rejected without a Python application", async () => {
  const { code, stderr } = await run(["examples/hello.ts", "--python-path", "/tmp"]);
  assertEquals(code, 2, stderr);
  assertMatch(stderr, /^robusto: Cannot use --python-path: no application is written in Python/);
});

async function run(
  args: readonly string[],
  more: readonly string[] = [],
  permissions: readonly string[] = ["-A"],
): Promise<{ code: number; stderr: string }> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, "--no-lock", MOD, ...args, ...more, "--bind", "127.0.0.1:0"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

function upload(): RequestInit {
  let left = SIZE;
  const piece = new Uint8Array(64 * 1024);
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left === 0) return controller.close();
      left -= piece.length;
      controller.enqueue(piece.slice());
    },
  });
  return { method: "POST", body };
}
