// slowhttptest attacks a server in its four ways at once: slow heads, slow content, ranges, slow reading. It reports
// that the service is available all the time. In all modes: ROBUSTO_SOAK=1.

import { assert, assertEquals } from "@std/assert";
import { isInstalled, Program } from "../../support/program.ts";
import { isLongRun, runLength } from "../run_length.ts";

const app = new URL("hostile_app.ts", import.meta.url).href;
const SECONDS = runLength({ short: 4, long: 30 });
const CONNECTIONS = runLength({ short: 100, long: 1_000 });

const WAYS: Readonly<Record<string, readonly string[]>> = {
  "slow heads": ["-H", "-i", "1"],
  "slow content": ["-B", "-i", "1", "-s", "8192", "-x", "10"],
  "ranges": ["-R", "-a", "10", "-b", "3000", "-t", "HEAD"],
  "slow reading": ["-X", "-w", "512", "-y", "1024", "-n", "1", "-z", "32", "-k", "3"],
};

const missing = isInstalled("slowhttptest") ? "" : " (slowhttptest is missing)";

for (const mode of isLongRun ? ["pool", "inline", "sharded"] : ["pool"]) {
  Deno.test({
    name: `mode ${mode}: slowhttptest finds the service available${missing}`,
    ignore: missing !== "",
    async fn() {
      const workers = mode === "inline" ? [] : ["--workers", "2"];
      const args = ["run", "-A", "--no-check", "mod.ts", app, "--mode", mode, ...workers];
      await using server = await Program.start([...args, "--bind", "127.0.0.1:0"]);
      const url = `${await server.url}/`;
      const attacks = Object.entries(WAYS).map(async ([way, flags]) => {
        const usual = [
          "-c",
          `${CONNECTIONS}`,
          "-r",
          `${CONNECTIONS}`,
          "-l",
          `${SECONDS}`,
          "-p",
          "5",
        ];
        const { stdout } = await new Deno.Command("slowhttptest", {
          args: [...flags, ...usual, "-u", url],
        }).output();
        // deno-lint-ignore no-control-regex -- it colours its output
        const text = new TextDecoder().decode(stdout).replace(/\x1b\[[0-9;]*m/g, "");
        const reports = [...text.matchAll(/service available:\s+(YES|NO)/g)].map(([, word]) =>
          word
        );
        assert(reports.length > 0, text);
        assertEquals(new Set(reports), new Set(["YES"]), `${way}: ${text}`);
      });
      await Promise.all(attacks);
      assertEquals(await server.stop("SIGTERM"), 0, server.output);
    },
  });
}
