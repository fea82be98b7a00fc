// Arguments of the command line that are parsed or refused.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type Arguments, parseArguments } from "../../../src/cli/settings/arguments.ts";
import { ExitError } from "../../../src/cli/settings/exit_error.ts";

const nothing = {
  action: "serve",
  app: undefined,
  mounts: [],
  config: undefined,
  options: {},
} as const;

const understood: [args: string[], meaning: Arguments][] = [
  [[], nothing],
  [["./app.ts"], { ...nothing, app: "./app.ts" }],
  [["./app.ts", "--head-timeout", "10s"], {
    ...nothing,
    app: "./app.ts",
    options: { headTimeout: 10_000 },
  }],
  [["--head-timeout=250ms", "./app.ts"], {
    ...nothing,
    app: "./app.ts",
    options: { headTimeout: 250 },
  }],
  [["--bind", "80", "--bind=[::1]:0"], { ...nothing, options: { bind: ["80", "[::1]:0"] } }],
  [["--hostname", "::1", "--port", "0"], { ...nothing, options: { hostname: "::1", port: 0 } }],
  [["--host=::1"], { ...nothing, options: { hostname: "::1" } }],
  [["--max-content-size", "none"], { ...nothing, options: { maxContentSize: Infinity } }],
  [["--keep-alive-limit", "none"], { ...nothing, options: { keepAliveLimit: Infinity } }],
  [["--min-content-rate", "none"], { ...nothing, options: { minContentRate: 0 } }],
  [["--min-content-rate", "1KB"], { ...nothing, options: { minContentRate: 1_000 } }],
  [["--timeout", "5000"], { ...nothing, options: { timeout: 5_000 } }],
  [["--mode", "inline"], { ...nothing, options: { mode: "inline" } }],
  [["--mode=pool"], { ...nothing, options: { mode: "pool" } }],
  [["--workers", "4"], {
    ...nothing,
    options: { minWorkers: 4, maxWorkers: 4 },
    setsWorkers: true,
  }],
  [["--workers=2:8", "./app.ts"], {
    ...nothing,
    app: "./app.ts",
    setsWorkers: true,
    options: { minWorkers: 2, maxWorkers: 8 },
  }],
  [["--min-workers=2", "--max-workers=8"], {
    ...nothing,
    options: { minWorkers: 2, maxWorkers: 8 },
  }],
  [["--handler-timeout=2s", "--response-timeout", "none"], {
    ...nothing,
    options: { handlerTimeout: 2_000, responseTimeout: Infinity },
  }],
  [["--max-worker-heap", "64MiB", "--worker-kind", "killable"], {
    ...nothing,
    options: { maxWorkerHeap: 67_108_864, workerKind: "killable" },
  }],
  [["--queue-size=0"], { ...nothing, options: { queueSize: 0 } }],
  [["--trusted-proxies", "10.0.0.0/8, ::1", "--trusted-proxies=unix"], {
    ...nothing,
    options: { trustedProxies: ["10.0.0.0/8", "::1", "unix"] },
  }],
  [["--trusted-proxies", "none"], { ...nothing, options: { trustedProxies: [] } }],
  [["--proxy-protocol", "required", "--forwarded-fields=off"], {
    ...nothing,
    options: { proxyProtocol: "required", forwardedFields: "off" },
  }],
  [["--proxy-mode"], { ...nothing, options: { proxyMode: true } }],
  [["--proxy-mode", "./app.ts"], { ...nothing, app: "./app.ts", options: { proxyMode: true } }],
  [["--no-delay", "false", "./app.ts"], {
    ...nothing,
    app: "./app.ts",
    options: { noDelay: false },
  }],
  [["--no-delay=false"], { ...nothing, options: { noDelay: false } }],
  [["--strict-mode=true"], { ...nothing, options: { strictMode: true } }],
  [["--server-name="], { ...nothing, options: { serverName: "" } }],
  [["--server-name=--x"], { ...nothing, options: { serverName: "--x" } }],
  [["--server-name", "a=b"], { ...nothing, options: { serverName: "a=b" } }],
  [["--config", "c.json"], { ...nothing, config: "c.json" }],
  [["--print-config", "--config=c.json"], {
    ...nothing,
    action: "print-config",
    config: "c.json",
  }],
  [["--mount", "/py=./app.py:app", "--mount", "/=./site.ts"], {
    ...nothing,
    mounts: [{ prefix: "/py", app: "./app.py:app" }, { prefix: "", app: "./site.ts" }],
  }],
  [["--mount=/blog/=https://host/a.ts?b=c:d", "./site.ts"], {
    ...nothing,
    app: "./site.ts",
    mounts: [{ prefix: "/blog", app: "https://host/a.ts?b=c:d" }],
  }],
  [["--mount", "=./site.ts"], { ...nothing, mounts: [{ prefix: "", app: "./site.ts" }] }],
  [["--", "--app.ts"], { ...nothing, app: "--app.ts" }],
  [["--help"], { action: "help" }],
  [["./app.ts", "-h", "--nonsense"], { action: "help" }],
  [["--version"], { action: "version" }],
  [["-V"], { action: "version" }],
];
for (const [args, meaning] of understood) {
  Deno.test(`parseArguments understands ${JSON.stringify(args)}`, () => {
    assertEquals(parseArguments(args), meaning);
  });
}

const refused: [args: string[], message: string][] = [
  [
    ["--head-timout", "1s"],
    "Cannot use --head-timout: no flag has this name, did you mean --head-timeout",
  ],
  [["--headTimeout=1s"], "did you mean --head-timeout"],
  [["--confg", "x"], "did you mean --config"],
  [
    ["--threads", "4"],
    "Cannot use --threads: no flag has this name, did you mean --exchanges-per-worker",
  ],
  [["--something-else"], "Cannot use --something-else: no flag has this name"],
  [["-x"], "Cannot use -x: no flag has this name"],
  [["--port", "1", "--port", "2"], "Cannot use --port twice: expected it once"],
  [["--print-config", "--print-config"], "Cannot use --print-config twice"],
  [["--no-delay", "--no-delay=false"], "Cannot use --no-delay twice"],
  [["--port"], "Cannot use --port: expected a value behind it"],
  [["--port", "--bind"], "Cannot use --port: expected a value behind it"],
  [["--config"], "Cannot use --config: expected a value behind it"],
  [["--config="], "Cannot use --config: expected the path of a file"],
  [["--print-config=yes"], "Cannot give --print-config a value: it takes none"],
  [["a.ts", "b.ts"], 'Cannot use "b.ts": the application is "a.ts" already'],
  [["--no-delay=yes"], 'Cannot use --no-delay: expected true or false, got "yes"'],
  [
    ["--head-timeout", "10 s"],
    'Cannot use --head-timeout: expected 250ms, 10s, 2m, 1h or bare milliseconds, or none, got "10 s"',
  ],
  [
    ["--max-head-size", "big"],
    "Cannot use --max-head-size: expected 512B, 16KiB, 1MB, 1GiB or bare octets, got",
  ],
  [
    ["--max-head-size", "none"],
    "Cannot use --max-head-size: expected a size from 16B to 16MiB, got none",
  ],
  [
    ["--head-timeout", "0"],
    "Cannot use --head-timeout: expected a duration from 1ms to 2147483647ms or none, got 0",
  ],
  [["--port", "70000"], "Cannot use --port: expected a whole number from 0 to 65535, got 70000"],
  [
    ["--mode", "threaded"],
    'Cannot use --mode: expected "inline" or "pool" or "sharded", got "threaded"',
  ],
  [["--workers"], "Cannot use --workers: expected a value behind it"],
  [["--workers", "many"], 'Cannot use --workers: expected N or N:M, got "many"'],
  [["--workers", "1:2:3"], 'Cannot use --workers: expected N or N:M, got "1:2:3"'],
  [["--workers", ":2"], 'Cannot use --workers: expected N or N:M, got ":2"'],
  [["--workers", "4:2"], 'Cannot use --workers: expected N or N:M, got "4:2", where N is above M'],
  [["--workers", "0"], "Cannot use --workers: expected a whole number from 1 to 1024, got 0"],
  [["--workers", "1:2000"], "Cannot use --workers: expected a whole number from 1 to 1024"],
  [["--workers=1", "--workers=2"], "Cannot use --workers twice"],
  [["--workers=1", "--max-workers=2"], "Cannot use --workers together with --max-workers"],
  [["--min-workers=1", "--workers=2"], "Cannot use --workers together with --min-workers"],
  [
    ["--max-worker-heap=1MiB"],
    "Cannot use --max-worker-heap: expected a size from 16MiB to 1024GiB or none, got 1MiB",
  ],
  [["--mount"], "Cannot use --mount: expected a value behind it"],
  [["--mount", "./a.ts"], 'Cannot use --mount: expected /PREFIX=APP, got "./a.ts"'],
  [["--mount", "/a="], "Cannot use --mount /a: expected APP, such as ./app.ts"],
  [["--mount", "a=./a.ts"], 'Cannot use --mount: expected a path that begins with "/", or nothing'],
  [["--mount", "/a?b=./a.ts"], "Cannot use --mount: expected a path without a query"],
  [
    ["--mount", "/a=./a.ts", "--mount=/a/=./b.ts"],
    'Cannot use --mount /a: expected one application there, got "./a.ts" and "./b.ts"',
  ],
  [
    ["./app.ts", "--mount", "/=./site.ts"],
    'Cannot use --mount /=./site.ts: the application at / is "./app.ts" already',
  ],
  [["--mounts", "/a=./a.ts"], "did you mean --mount"],
  [["--bind", "80", "--bind", "x"], 'Cannot bind to "x"'],
];
for (const [args, message] of refused) {
  Deno.test(`parseArguments refuses ${JSON.stringify(args)}`, () => {
    assertEquals(assertThrows(() => parseArguments(args), ExitError, message).exitCode, 2);
  });
}

Deno.test("a flag in the table of docs/from-gunicorn.md leads to the flag that stands beside it", async () => {
  const page = await Deno.readTextFile(new URL("../../../docs/from-gunicorn.md", import.meta.url));
  const flags = (cell: string) => [...cell.matchAll(/`(--[\w-]+)`/g)].map((match) => match[1]);
  const here = new Map<string, Set<string>>();
  for (const [, gunicorn, uwsgi, ours] of page.matchAll(/^\|(.+?)\|(.+?)\|(.+?)\|.*\|$/gm)) {
    for (const flag of [...flags(gunicorn), ...flags(uwsgi)]) {
      here.set(flag, new Set([...here.get(flag) ?? [], ...flags(ours)]));
    }
  }
  // These exist here too, with another meaning; the page says so.
  for (const flag of ["--timeout", "--log-format"]) here.delete(flag);
  let count = 0;
  for (const [flag, ours] of here) {
    if (ours.has(flag) || flag === "--capture-output") continue;
    const { message } = assertThrows(() => parseArguments([flag, "1"]), ExitError);
    if (ours.size === 0) {
      assertMatch(message, /no flag has this name, (?!did you mean)/);
      continue;
    }
    const suggested = /did you mean (--[\w-]+)/.exec(message)?.[1];
    assert(suggested !== undefined && ours.has(suggested), message);
    count++;
  }
  assert(count > 30, `${count} flags`);
});

Deno.test("a flag of Deno behind the program is told to stand before it", () => {
  for (const flag of ["-A", "--allow-net", "--unstable-net", "--env-file=.env", "--no-check"]) {
    assertThrows(
      () => parseArguments(["./app.ts", flag]),
      ExitError,
      "flags of Deno stand before the program",
    );
  }
});
