// A server under a steady load is changed in every way: its application is loaded anew, its certificates are renewed,
// successors take over, and it stops. No request fails, and no response is cut. For more of each: ROBUSTO_SOAK=1.

import { assert, assertEquals } from "@std/assert";
import { REAL_PYTHON } from "../../python/python_site.ts";
import { Program } from "../../support/program.ts";
import { until } from "../../support/latch.ts";
import { noPki, Pki } from "../../tls/pki.ts";
import { isLongRun, runLength } from "../run_length.ts";
import { SteadyLoad } from "./steady_load.ts";

const RATE = runLength({ short: 200, long: 1_000 });
const RELOADS = runLength({ short: 2, long: 50 });
const RENEWALS = runLength({ short: 2, long: 20 });
const UPGRADES = runLength({ short: 2, long: 10 });

interface Changed {
  readonly name: string;
  readonly app: string;
  readonly flags: readonly string[];
  readonly tls?: true;
  readonly upgrades: number;
  readonly missing?: string;
}

const python = ["--python", REAL_PYTHON ?? "", "--workers", "2"];

const changed: readonly Changed[] = [
  {
    name: "a pool with TLS",
    app: "chaos_app.ts",
    flags: ["--mode", "pool", "--workers", "2"],
    tls: true,
    upgrades: UPGRADES,
    missing: noPki,
  },
  {
    name: "shards with TLS",
    app: "chaos_app.ts",
    flags: ["--mode", "sharded", "--workers", "2"],
    tls: true,
    upgrades: 0, // threads share their sockets and cannot pass them on
    missing: noPki,
  },
  {
    name: "Python processes",
    app: "chaos_app.py:app",
    flags: ["--mode", "pool", ...python],
    upgrades: Math.ceil(UPGRADES / 2),
    missing: REAL_PYTHON === undefined ? "python3" : undefined,
  },
];

for (const { name, app, flags, tls, upgrades, missing } of changed) {
  const suffix = missing === undefined ? "" : ` (missing: ${missing})`;
  Deno.test({
    name: `${name}: reloads, renewals, upgrades and a stop under load lose no request${suffix}`,
    ignore: missing !== undefined || Deno.build.os !== "linux",
    async fn() {
      const files = tls && Pki.shared.copy("server");
      const path = new URL(`../chaos/${app}`, import.meta.url).pathname;
      await using program = await Program.start([
        ...["run", "-A", "--no-check", "mod.ts", path, "--bind", "127.0.0.1:0"],
        ...["--max-connections", "1000", ...flags], // below the limit of descriptors, so that nothing is logged
        ...files === undefined
          ? []
          : ["--tls-certificate", files.tlsCertificate, "--tls-private-key", files.tlsPrivateKey],
      ]);
      const port = Number(new URL(await program.url).port);
      const connect = () =>
        tls
          ? Deno.connectTls({ hostname: "localhost", port, caCerts: [Pki.shared.root] })
          : Deno.connect({ hostname: "127.0.0.1", port });
      const load = new SteadyLoad({ connect, rate: RATE, kept: 8, fresh: 4 });
      let pid = program.pid;
      try {
        const step = async (signal: Deno.Signal, done: RegExp) => {
          const [before, responses] = [program.output.length, load.responses];
          Deno.kill(pid, signal);
          await until(() => done.test(program.output.slice(before)), 60_000);
          await until(() => load.responses > responses + RATE / 10);
          return done.exec(program.output.slice(before))!;
        };
        const upgradeAfter = Math.ceil(RELOADS / (upgrades + 1));
        for (let reload = 1; reload <= RELOADS; reload++) {
          if (files !== undefined && reload <= RENEWALS) {
            Pki.shared.replace(files, reload % 2 === 0 ? "server" : "renewed");
          }
          await step("SIGHUP", /robusto: reloaded .*\n/);
          const isDue = reload % upgradeAfter === 0 && reload / upgradeAfter <= upgrades;
          if (isDue) pid = Number((await step("SIGUSR2", /process ([0-9]+) has taken over\n/))[1]);
        }
        assertEquals([load.failed, load.truncated], [[], []], program.output);
        if (isLongRun) {
          console.log(`${name}: ${load.responses} responses, ${load.rate} in a second`);
        }
        Deno.kill(pid, "SIGTERM");
        await until(() => load.failed.some((failure) => failure.includes("refused")));
        await load.end();
        assertEquals(load.truncated, [], program.output);
        assertEquals(await program.stop(), 0, program.output);
        assert(!/ (?:warn|error) /.test(program.output), program.output);
      } finally {
        await load.end();
        try {
          Deno.kill(pid, "SIGKILL");
        } catch {
          // It has ended.
        }
      }
    },
  });
}
