// The command line with Python processes: which interpreter serves, how the server starts, reloads and stops, and
// that no process outlives it.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { until } from "../support/latch.ts";
import { Program, ROOT } from "../support/program.ts";
import { PYTHON_KINDS, REAL_PYTHON } from "./python_site.ts";

const { ignore } = PYTHON_KINDS[1];
const MOD = new URL("mod.ts", ROOT).pathname;
const words = ["run", "-A", "--no-lock", MOD];
const real = ["--bind", "127.0.0.1:0", "--python", REAL_PYTHON ?? ""];

const APP = `
import atexit, os, signal, subprocess, sys, time
VERSION = "first"
atexit.register(lambda: print("at exit of the", VERSION))
child = None

def app(environ, start_response):
    global child
    path = environ["PATH_INFO"]
    if path == "/slow":
        time.sleep(1)
    if path == "/child":
        child = subprocess.Popen(["sleep", "1000"])
    if path == "/daemon":
        reader, writer = os.pipe()
        if os.fork() == 0:
            daemon = os.fork()
            if daemon == 0:
                time.sleep(1000)
            os.write(writer, str(daemon).encode())
            os._exit(0)
        os.wait()
    start_response("200 OK", [])
    if path == "/daemon":
        return [os.read(reader, 20)]
    if path == "/surroundings":
        import extra
        return [" ".join([os.getcwd(), os.environ["ROBUSTO_TEST"], extra.VALUE]).encode()]
    if path == "/child":
        return [str(child.pid).encode()]
    if path == "/pid":
        return [str(os.getpid()).encode()]
    return [VERSION.encode()]

def make(name="made"):
    def made(environ, start_response):
        start_response("200 OK", [])
        return [name.encode()]
    return made
`;

/** Runs in a folder with the application, as a file and in a package. */
async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await Deno.writeTextFile(`${folder}/app.py`, APP);
    await Deno.mkdir(`${folder}/package/inner`, { recursive: true });
    await Deno.writeTextFile(`${folder}/package/__init__.py`, "");
    await Deno.writeTextFile(`${folder}/package/inner/site.py`, "from .other import app, make\n");
    await Deno.writeTextFile(`${folder}/package/inner/other.py`, APP);
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const ask = async (program: Program, path: string) =>
  await (await fetch(`${await program.url}${path}`)).text();

function exists(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

Deno.test("the start says which interpreter serves", { ignore }, () =>
  inFolder(async (cwd) => {
    await using program = await Program.start(
      [...words, "./app.py:app", ...real, "--workers", "2"],
      {
        cwd,
      },
    );
    assertMatch(
      program.output,
      /robusto: python \S*python3\S* \(CPython 3\.\d+\.\d+\S*\), 2 processes$/m,
    );
    assertEquals(await ask(program, "/"), "first");
    assertEquals(await program.stop("SIGTERM"), 0, program.output);
    assertEquals(program.output.match(/at exit of the first/g)?.length, 2, program.output);
  }));

Deno.test("auto takes the environment that is active, else the one beside the application", {
  ignore,
}, () =>
  inFolder(async (cwd) => {
    for (
      const [folder, env] of [["package/.venv", {}], ["active", {
        VIRTUAL_ENV: `${cwd}/active`,
      }]] as const
    ) {
      await Deno.mkdir(`${cwd}/${folder}/bin`, { recursive: true });
      const link = `${cwd}/${folder}/bin/python`;
      const found = await new Deno.Command(REAL_PYTHON!, {
        args: ["-c", "import sys; print(sys.executable)"],
      })
        .output();
      await Deno.symlink(new TextDecoder().decode(found.stdout).trim(), link);
      const options = ["--bind", "127.0.0.1:0", "--workers", "1"];
      await using program = await Program.start(
        [...words, "package/inner/other.py:app", ...options],
        { cwd, env: { VIRTUAL_ENV: "", ...env } },
      );
      assert(program.output.includes(`robusto: python ${link} (`), program.output);
      assertEquals(await ask(program, "/"), "first");
      assertEquals(await program.stop("SIGTERM"), 0, program.output);
    }
  }));

Deno.test(
  "a module is found by its name, and a factory makes the application",
  { ignore },
  () =>
    inFolder(async (cwd) => {
      for (
        const [app, text] of [
          ["package.inner.site:app", "first"],
          ["package.inner.site:make()", "made"],
          ["app:app", "first"],
          ["python:app:make()", "made"],
        ]
      ) {
        await using program = await Program.start([...words, app, ...real, "--workers", "1"], {
          cwd,
        });
        assertEquals(await ask(program, "/"), text);
        assertEquals(await program.stop("SIGTERM"), 0, program.output);
      }
    }),
);

Deno.test(
  "folder, environment and packages are those that were asked for",
  { ignore },
  () =>
    inFolder(async (cwd) => {
      await Deno.mkdir(`${cwd}/library`);
      await Deno.writeTextFile(`${cwd}/library/extra.py`, 'VALUE = "from a library"\n');
      const places = ["--chdir", "package", "--python-path", "library"];
      await using program = await Program.start(
        [...words, "inner.site:app", ...real, "--workers", "1", ...places],
        { cwd, env: { ROBUSTO_TEST: "from outside" } },
      );
      assertEquals(
        await ask(program, "/surroundings"),
        `${cwd}/package from outside from a library`,
      );
      assert(program.output.includes(`Worker 1 is process ${await ask(program, "/pid")}`));
      assertEquals(await program.stop("SIGTERM"), 0, program.output);
    }),
);

Deno.test(
  "SIGHUP loads the application afresh, and the old processes finish",
  { ignore },
  () =>
    inFolder(async (cwd) => {
      await using program = await Program.start([
        ...words,
        "./app.py:app",
        ...real,
        "--workers",
        "2",
      ], {
        cwd,
      });
      const before = await ask(program, "/pid");
      const slow = ask(program, "/slow");
      await Deno.writeTextFile(`${cwd}/app.py`, APP.replace('"first"', '"second"'));
      Deno.kill(program.pid, "SIGHUP");
      await until(() => program.output.includes("at exit of the first"));
      assertEquals(await slow, "first");
      assertEquals(await ask(program, "/"), "second");
      await until(() => !exists(before));
      assertEquals(await program.stop("SIGTERM"), 0, program.output);
      assertMatch(program.output, /at exit of the second/);
    }),
);

Deno.test(
  "a stop that reaches all processes of a service loses no request",
  { ignore },
  () =>
    inFolder(async (cwd) => {
      await using program = await Program.start([
        ...words,
        "./app.py:app",
        ...real,
        "--workers",
        "1",
      ], {
        cwd,
      });
      const pid = await ask(program, "/pid");
      const slow = ask(program, "/slow");
      await new Promise((resolve) => setTimeout(resolve, 300));
      Deno.kill(Number(pid), "SIGTERM"); // as systemd does for all processes
      Deno.kill(Number(pid), "SIGINT");
      assertEquals(await program.stop("SIGTERM"), 0, program.output);
      assertEquals(await slow, "first");
      assertMatch(program.output, /at exit of the first/);
    }),
);

for (const path of ["/", "/loop"]) {
  Deno.test(
    `no process outlives a server that is killed, ${path === "/" ? "idle" : "while it computes"}`,
    {
      ignore,
    },
    () =>
      inFolder(async (cwd) => {
        await Deno.writeTextFile(
          `${cwd}/app.py`,
          APP.replace(
            '    if path == "/slow":',
            '    while path == "/loop":\n        pass\n    if path == "/slow":',
          ),
        );
        await using program = await Program.start([
          ...words,
          "./app.py:app",
          ...real,
          "--workers",
          "1",
        ], {
          cwd,
        });
        const pids: string[] = [];
        for (const path of ["/pid", "/child", "/daemon"]) pids.push(await ask(program, path));
        assert(pids.every(exists));
        const looping = fetch(`${await program.url}${path}`).then(
          (response) => response.text(),
          () => {},
        );
        await new Promise((resolve) => setTimeout(resolve, 100));
        Deno.kill(program.pid, "SIGKILL");
        await until(() => !pids.some(exists));
        await looping;
      }),
  );
}

const FAULTS: [app: string, python: string, code: number, output: RegExp][] = [
  [
    "./broken.py:app",
    REAL_PYTHON ?? "",
    3,
    /robusto: Cannot load \.\/broken\.py:app: its module failed\n {4}Traceback \(most recent call last\):\n {6}File "\S+\/broken\.py", line 2, in <module>\n.*import nowhere\n {4}ModuleNotFoundError: No module named 'nowhere'\n/ms,
  ],
  [
    "broken:app",
    REAL_PYTHON ?? "",
    3,
    /robusto: Cannot load broken:app: its module failed\n {4}Traceback \(most recent call last\):\n {6}File "\S+\/broken\.py", line 2, /m,
  ],
  ["./leaving.py:app", REAL_PYTHON ?? "", 3, /^ *SystemExit: 7$/m],
  [
    "./ending.py:app",
    REAL_PYTHON ?? "",
    3,
    /Cannot load .*: the worker has ended: exit process \d+ with exit code 5/,
  ],
  [
    "./app.py:missing",
    REAL_PYTHON ?? "",
    3,
    /^ *AttributeError: module 'app' has no attribute 'missing'$/m,
  ],
  ["./app.py:make", REAL_PYTHON ?? "", 3, /if it makes the application, use make\(\)$/m],
  [
    "./app.py:app",
    "./nowhere",
    3,
    /Cannot load .*: Python cannot be used: there is no \S+\/nowhere$/m,
  ],
  ["./app.py:app", "/bin/true", 3, /\/bin\/true is not a Python interpreter$/m],
];
for (const [app, python, code, output] of FAULTS) {
  Deno.test(`exit code ${code} for ${app} and ${python === REAL_PYTHON ? "a Python" : python}`, {
    ignore,
  }, () =>
    inFolder(async (cwd) => {
      await Deno.writeTextFile(`${cwd}/broken.py`, "\nimport nowhere\n");
      await Deno.writeTextFile(`${cwd}/leaving.py`, "import sys\nsys.exit(7)\n");
      await Deno.writeTextFile(`${cwd}/ending.py`, "import os\nos._exit(5)\n");
      const { code: exitCode, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [...words, app, "--bind", "127.0.0.1:0", "--python", python, "--workers", "1"],
        cwd,
        env: { NO_COLOR: "1" },
        stdin: "null",
        stdout: "null",
      }).output();
      const text = new TextDecoder().decode(stderr);
      assertEquals(exitCode, code, text);
      assertMatch(text, output);
    }));
}

Deno.test("without the permission to run a program the embedded interpreter serves, and the start says so", async () => {
  const permissions = ["--allow-read", "--allow-env", "--allow-net", "--allow-sys"];
  const app = "examples/my_crazy_app.py:my_crazy_app";
  await using program = await Program.start(
    ["run", ...permissions, "--no-lock", MOD, app, "--bind", "127.0.0.1:0", "--workers", "1"],
  );
  assertMatch(
    program.output,
    /robusto: python embedded \(CPython in WebAssembly\), as .*python3 needs the permission --allow-run$/m,
  );
  assertEquals(await program.stop("SIGTERM"), 0, program.output);
});
