// Two instances behind HAProxy are replaced one after the other, ten times, under a steady load with content that is
// checked: no request fails. Only in the long run, ROBUSTO_SOAK=1; the suite has tests/proxies/rolling_update_test.ts.

import { assertEquals } from "@std/assert";
import { freePort, Front } from "../../proxies/front.ts";
import { isInstalled, Program } from "../../support/program.ts";
import { isLongRun } from "../run_length.ts";
import { SteadyLoad } from "./steady_load.ts";

const PORT = 8080;
const ROUNDS = 10;
const RATE = 1_000;

Deno.test({
  name: "a rolling restart of two instances behind HAProxy loses no request",
  ignore: !isLongRun || !isInstalled("haproxy"),
  async fn() {
    const places = [1, 2].map(() => ({ port: freePort(), admin: freePort() }));
    const app = new URL("../chaos/chaos_app.ts", import.meta.url).pathname;
    const start = async ({ port, admin }: typeof places[0]) => {
      const addresses = ["--bind", `127.0.0.1:${port}`, "--admin", `127.0.0.1:${admin}`];
      const others = ["--workers", "2", "--stop-delay", "600ms", "--trusted-proxies", "127.0.0.1"];
      const args = ["run", "-A", "--no-check", "mod.ts", app, ...addresses, ...others];
      return await Program.start(args);
    };
    const instances = await Promise.all(places.map(start));
    const [one, two] = places.map(({ port, admin }) => `127.0.0.1:${port} port ${admin}`);
    await using front = await Front.haproxy("haproxy_rolling.cfg", [PORT], {
      "127.0.0.1:8070 port 9070": one,
      "127.0.0.1:8071 port 9071": two,
      "inter 1s": "inter 100ms",
      // HAProxy repeats nothing, so that a lost request is seen.
      "retries 3": "retries 0",
      "option redispatch 1": "",
    });
    const connect = () => Deno.connect({ port: front.ports.get(PORT)! });
    const load = new SteadyLoad({ connect, rate: RATE, kept: 8, fresh: 4 });
    try {
      for (let round = 0; round < ROUNDS; round++) {
        for (const [index, place] of places.entries()) {
          assertEquals(await instances[index].stop("SIGTERM"), 0, instances[index].output);
          instances[index] = await start(place);
          while (await served(place.admin) < 20); // HAProxy has taken it in again
        }
      }
      console.log(`rolling restart: ${load.responses} responses, ${load.rate} in a second`);
    } finally {
      await load.end();
      for (const instance of instances) await instance.stop("SIGTERM");
    }
    assertEquals([load.failed, load.truncated], [[], []]);
  },
});

/** Requests that an instance has served. */
async function served(admin: number): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  return Number(/^robusto_requests_total ([0-9]+)$/m.exec(metrics)![1]);
}
