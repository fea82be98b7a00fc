// Configuration files that are parsed or refused.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { parseConfig, readConfigFile } from "../../../src/cli/settings/config_file.ts";
import { REFUSED } from "./config_rows.ts";
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

for (const [text, message] of REFUSED) {
  Deno.test(`parseConfig refuses ${text || "nothing"}`, () => {
    assertEquals(assertThrows(() => parseConfig(text, "c.json"), ExitError, message).exitCode, 2);
  });
}

Deno.test("readConfigFile names a file that it cannot read", async () => {
  const message = "Cannot read configuration file /nowhere/c.json: ";
  const error = await assertRejects(() => readConfigFile("/nowhere/c.json"), ExitError, message);
  assertEquals(error.exitCode, 2);
});

Deno.test("a configuration file of another server or language is named, with what to do", () => {
  const rows: readonly (readonly [path: string, text: string, kind: string])[] = [
    ["/etc/gunicorn.conf.py", 'bind = "0.0.0.0:8000"\n', "Python, as for gunicorn"],
    ["puma.rb", "workers 2\n", "Ruby, as for Puma"],
    ["uwsgi.ini", "[uwsgi]\nhttp = :8000\n", "INI, as for uWSGI"],
    ["robusto.toml", 'bind = "80"\n', "TOML"],
    ["robusto.yml", "bind: 80\n", "YAML"],
    ["robusto.config.ts", "export default {};\n", "a program"],
    [".env", "ROBUSTO_BIND=80\n", "a list of variables, which deno run --env-file reads"],
    ["nginx.conf", "worker_processes 2;\nevents {}\nhttp { server { listen 80; } }\n", "for nginx"],
    ["haproxy.cfg.old", "global\n  maxconn 10\n", "for HAProxy"],
    ["site.conf", "<VirtualHost *:80>\n", "for Apache"],
    ["Caddyfile", "example.org {\n}\n", "for Caddy"],
    ["settings", "[server]\nport = 80\n", "INI or TOML"],
  ];
  for (const [path, text, kind] of rows) {
    const { message } = assertThrows(() => parseConfig(text, path), ExitError);
    assertEquals(
      message,
      `Cannot read configuration file ${path}: it is ${kind}; write JSON such as ` +
        '{ "bind": "0.0.0.0:8080", "workers": 4 }, --print-config shows all keys',
    );
  }
  // What is JSON is read under any name, and a mistake in JSON is shown with its place.
  assertEquals(parseConfig('{"bind": "80"}', "robusto.yaml"), { bind: "80" });
  for (const text of ["// of nginx\nhttp {", "{ bind: 80 }"]) {
    assertThrows(() => parseConfig(text, "robusto.conf"), ExitError, "line ");
  }
});
