// Local files that a module imports, by its code and an import map.

import { assertEquals } from "@std/assert";
import { importsIn, localImports } from "../../../src/cli/watch/module_imports.ts";

const MAP = localImports(
  { imports: { "@/": "./src/", "greeting": "./greeting.ts", "hono": "npm:hono", "x/": "/opt/x/" } },
  "/srv",
);

const rows: [code: string, paths: string[]][] = [
  ['import { a } from "./a.ts";', ["/srv/app/a.ts"]],
  ["import a from '../b.ts'\nexport * from \"./c.js\"", ["/srv/b.ts", "/srv/app/c.js"]],
  ['import "./a.css";', ["/srv/app/a.css"]],
  ['import data from "./a.json" with { type: "json" };', ["/srv/app/a.json"]],
  ["import {\n  a,\n  b,\n} from './d.ts'", ["/srv/app/d.ts"]],
  ['const a = await import("./a.ts")', ["/srv/app/a.ts"]],
  ["import(/* later */ `./a.ts`)", ["/srv/app/a.ts"]],
  ['const a = require("./a");', ["/srv/app/a"]],
  ['new Worker(new URL("./w.ts", import.meta.url))', ["/srv/app/w.ts"]],
  ['import "file:///srv/e.ts"; import "/srv/f.ts"', ["/srv/e.ts", "/srv/f.ts"]],
  ['import "./a%20b.ts?x=1"', ["/srv/app/a b.ts"]],
  ['import "@/deep/g.ts"; import greeting from "greeting"', [
    "/srv/src/deep/g.ts",
    "/srv/greeting.ts",
  ]],
  ['import "x/y.ts"', ["/opt/x/y.ts"]],
  ['import "hono"; import "npm:hono"; import "node:fs"; import "https://a.test/b.ts"', []],
  ["import(name)", []],
];
for (const [code, paths] of rows) {
  Deno.test(`importsIn ${JSON.stringify(code)}`, () => {
    assertEquals(importsIn(code, "/srv/app/app.ts", MAP), paths);
  });
}

Deno.test("scopes of an import map count too, and a broken one is empty", () => {
  assertEquals(localImports({ scopes: { "./a/": { b: "./b.ts" } } }, "/srv"), [["b", "/srv/b.ts"]]);
  assertEquals(localImports({ imports: { a: 1 }, scopes: null }, "/srv"), []);
  assertEquals(localImports(null, "/srv"), []);
});
