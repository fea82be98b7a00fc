// Runs Express' own tests and prints the results as JSON: `express.ts CHECKOUT node|robusto`.

import module from "node:module";
import process from "node:process";
import { listenWithRobusto } from "./listen.ts";
import { runMochaFiles } from "./mocha.ts";

const [checkout, server] = Deno.args;

/** Packages with a file for the condition "module-sync", which Deno's `require` cannot load. */
const loader = module as unknown as { _resolveFilename(...args: unknown[]): string };
const resolve = loader._resolveFilename;
loader._resolveFilename = (...args) =>
  resolve.apply(loader, args).replace(/require\.mjs$/, "index.js");

if (server === "robusto") listenWithRobusto();
process.chdir(checkout);
const files = ["test", "test/acceptance"].flatMap((folder) =>
  [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".js"))
    .map(({ name }) => `${checkout}/${folder}/${name}`).sort()
);
const results = await runMochaFiles([`${checkout}/test/support/env.js`, ...files]);
console.log(`\n${JSON.stringify(results)}`);
Deno.exit();
