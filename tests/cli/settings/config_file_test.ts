// Configuration files that are parsed or refused.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { parseConfig, readConfigFile } from "../../../src/cli/settings/config_file.ts";
import { ExitError } from "../../../src/cli/settings/exit_error.ts";

Deno.test("parseConfig takes values as in ServerOptions and numbers as flags spell them", () => {
  const text = `{
    "bind": ["127.0.0.1:0", "[::1]:0"], "headTimeout": 5000, "contentTimeout": "10s",
    "maxHeadSize": "16KiB", "keepAliveLimit": "none", "minContentRate": "none", "port": "80",
    "noDelay": false, "serverName": "", "mode": "pool", "minWorkers": 3, "queueTimeout": "2s",
    "maxWorkerHeap": "64MiB", "handlerTimeout": "none"
  }`;
  assertEquals(parseConfig(text, "c.json"), {
    bind: ["127.0.0.1:0", "[::1]:0"],
    headTimeout: 5_000,
    contentTimeout: 10_000,
    maxHeadSize: 16_384,
    keepAliveLimit: Infinity,
    minContentRate: 0,
    port: 80,
    noDelay: false,
    serverName: "",
    mode: "pool",
    minWorkers: 3,
    queueTimeout: 2_000,
    maxWorkerHeap: 67_108_864,
    handlerTimeout: Infinity,
  });
});

Deno.test("parseConfig takes comments, trailing commas, workers, app and a schema", () => {
  const text = `\uFEFF{
    "$schema": "./robusto.schema.json", // for editors
    /* the site */ "app": "./site.ts",
    "bind": ["80", "[::]:80",],
    "serverName": "a // b /* c */",
    "workers": "2:8",
  }`;
  const common = { app: "./site.ts", bind: ["80", "[::]:80"], serverName: "a // b /* c */" };
  assertEquals(parseConfig(text, "c.json"), { ...common, minWorkers: 2, maxWorkers: 8 });
  assertEquals(parseConfig('{"workers": 4}', "c.json"), { minWorkers: 4, maxWorkers: 4 });
});

Deno.test("parseConfig takes applications, each as APP or with a dedicated pool", () => {
  const text = `{
    "mount": {
      "/": "./site.ts",
      "/reports/": {
        "app": "./reports.ts:app",
        "pool": { "maxWorkers": 1, "handlerTimeout": "30s", "maxWorkerHeap": "none" }
      },
      "/blog": { "app": "./blog.ts" },
      "/py": { "app": "./app.py:app", "pool": {} }
    },
    "port": 80
  }`;
  assertEquals(parseConfig(text, "c.json"), {
    port: 80,
    mount: [
      { prefix: "", app: "./site.ts" },
      {
        prefix: "/reports",
        app: "./reports.ts:app",
        pool: { maxWorkers: 1, handlerTimeout: 30_000, maxWorkerHeap: Infinity },
      },
      { prefix: "/blog", app: "./blog.ts" },
      { prefix: "/py", app: "./app.py:app", pool: {} },
    ],
  });
});

const refused: [text: string, message: string][] = [
  ["", "Cannot read configuration file c.json: "],
  ["{", "Cannot read configuration file c.json: "],
  ["[]", "Cannot read configuration file c.json: expected a JSON object"],
  ["null", "expected a JSON object"],
  ['"x"', "expected a JSON object"],
  [
    '{"headTimout": 1}',
    'Cannot use "headTimout" in c.json: no option has this name, did you mean headTimeout',
  ],
  ['{"head-timeout": 1}', "did you mean headTimeout"],
  ['{"constructor": 1}', 'Cannot use "constructor" in c.json'],
  ['{"__proto__": {"port": 1}}', 'Cannot use "__proto__" in c.json'],
  ['{"onLog": "x"}', 'Cannot use "onLog" in c.json'],
  [
    '{"headTimeout": null}',
    "Cannot use headTimeout in c.json: expected a whole number of milliseconds, got null",
  ],
  ['{"headTimeout": "soon"}', "Cannot use headTimeout in c.json: expected 250ms"],
  ['{"headTimeout": 0}', "Cannot use headTimeout in c.json: expected a whole number"],
  ['{"noDelay": "false"}', 'Cannot use noDelay in c.json: expected true or false, got "false"'],
  ['{"bind": 8070}', "Cannot use bind in c.json: expected a string"],
  ['{"mode": "threaded"}', 'got "threaded"'],
  ['{"mounts": {}}', 'Cannot use "mounts" in c.json: no option has this name, did you mean mount'],
  ['{"mount": "./a.ts"}', "Cannot use mount in c.json: expected an object whose keys are paths"],
  ['{"mount": ["./a.ts"]}', "Cannot use mount in c.json: expected an object whose keys are paths"],
  [
    '{"mount": {"a": "./a.ts"}}',
    'Cannot use mount in c.json: expected a path that begins with "/"',
  ],
  ['{"mount": {"/a": ""}}', "Cannot use mount /a in c.json: expected APP, such as ./app.ts"],
  [
    '{"mount": {"/a": "./a.ts", "/a/": "./b.ts"}}',
    'Cannot use mount /a in c.json: expected one application there, got "./a.ts" and "./b.ts"',
  ],
  ['{"mount": {"/a": 1}}', 'Cannot use mount /a in c.json: expected APP or { "app": APP, "pool"'],
  ['{"mount": {"/a": {"pool": {}}}}', 'Cannot use mount /a in c.json: expected APP or { "app": A'],
  ['{"mount": {"/a": {"app": "./a.ts", "pol": {}}}}', 'got "pol" too'],
  [
    '{"mount": {"/a": {"app": "./a.ts", "pool": 2}}}',
    "Cannot use pool of /a in c.json: expected an object with options",
  ],
  [
    '{"mount": {"/a": {"app": "./a.ts", "pool": {"maxWorker": 2}}}}',
    'Cannot use "maxWorker" in the pool of /a in c.json: no option about workers has this name, did ' +
    "you mean maxWorkers",
  ],
  [
    '{"mount": {"/a": {"app": "./a.ts", "pool": {"headTimeout": "2s"}}}}',
    'Cannot use "headTimeout" in the pool of /a in c.json: no option about workers has this name',
  ],
  [
    '{"mount": {"/": {"app": "./a.ts", "pool": {"queueTimeout": "soon"}}}}',
    "Cannot use queueTimeout in the pool of / in c.json: expected 250ms",
  ],
  ['{"workers": true}', 'Cannot use workers in c.json: expected a number or "N:M"'],
  ['{"workers": "4:2"}', 'Cannot use workers in c.json: expected N or N:M, got "4:2", where N is'],
  [
    '{"workers": 4, "minWorkers": 2}',
    "Cannot use workers in c.json together with minWorkers: it sets both numbers",
  ],
  ['{"app": 1}', 'Cannot use app in c.json: expected APP, such as "./app.ts"'],
  [
    '{"app": "./a.ts", "mount": {"/": "./b.ts"}}',
    'Cannot use mount in c.json /=./b.ts: the application at / is "./a.ts" already',
  ],
  ['{"port": 1, "port": 2}', 'line 1, column 13: expected the key "port" once, got'],
  ['{"port": 1 "x"}', 'line 1, column 12: expected "," or "}", got'],
  ['{\n  // a comment\n  "port": 0x1\n}', 'line 3, column 12: expected "," or "}", got "x"'],
  ['{"$schem": "a"}', "no option has this name, did you mean $schema"],
];
for (const [text, message] of refused) {
  Deno.test(`parseConfig refuses ${text || "nothing"}`, () => {
    assertEquals(assertThrows(() => parseConfig(text, "c.json"), ExitError, message).exitCode, 2);
  });
}

Deno.test("readConfigFile names a file that it cannot read", async () => {
  const message = "Cannot read configuration file /nowhere/c.json: ";
  const error = await assertRejects(() => readConfigFile("/nowhere/c.json"), ExitError, message);
  assertEquals(error.exitCode, 2);
});
