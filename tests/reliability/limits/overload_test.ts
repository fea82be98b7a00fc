// Many more clients than a pool can serve: it rejects what it cannot serve in time, and gives good responses at about
// the rate that it has for a few clients. Only in the long run, ROBUSTO_SOAK=1.

import { assert, assertEquals } from "@std/assert";
import { isInstalled, Program } from "../../support/program.ts";
import { isLongRun } from "../run_length.ts";

const app = new URL("overload_app.ts", import.meta.url).href;
const CROWDS = isLongRun ? [1_000, 3_000, 10_000] : [1_000];
const SECONDS = isLongRun ? 10 : 1;
/** Good responses beside those of a few clients: less in the suite, where others use the machine. */
const LEAST = isLongRun ? 0.8 : 0.3;

const missing = isInstalled("wrk") ? "" : " (wrk is missing)";

Deno.test({
  name: `a pool that is overloaded keeps its rate of good responses${missing}`,
  ignore: missing !== "" || !isLongRun, // rates say nothing where others use the machine
  async fn() {
    const args = ["run", "-A", "--no-check", "mod.ts", app, "--mode", "pool", "--workers", "2"];
    await using server = await Program.start([...args, "--bind", "127.0.0.1:0"]);
    const url = await server.url;
    await rateOfGood(url, 16, 1);
    const best = await rateOfGood(url, 16, SECONDS);
    for (const clients of CROWDS) {
      const rate = await rateOfGood(url, clients, SECONDS);
      if (isLongRun) {
        console.log(`${clients} clients: ${rate} of ${best} good responses in a second`);
      }
      assert(
        rate > LEAST * best,
        `${clients} clients have ${rate} good responses, 16 have ${best}`,
      );
    }
    assertEquals(await server.stop("SIGTERM"), 0, server.output);
  },
});

/** Good responses in a second, by wrk. */
async function rateOfGood(url: string, clients: number, seconds: number): Promise<number> {
  const args = ["-c", `${clients}`, "-t", "1", "-d", `${seconds}`, "--timeout", "20", `${url}/`];
  const { stdout } = await new Deno.Command("wrk", { args, stderr: "inherit" }).output();
  const text = new TextDecoder().decode(stdout);
  const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
  const good = number(/(\d+) requests in/) - number(/Non-2xx or 3xx responses: (\d+)/);
  return Math.round(good / seconds);
}
