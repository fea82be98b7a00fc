// Two instances behind HAProxy are replaced one after the other, as examples/deploy/haproxy_rolling.cfg says:
// its health checks ask /readyz, and --stop-delay keeps an instance serving until HAProxy has seen the 503.

import { assert, assertEquals } from "@std/assert";
import { Cli, fetchText, fixture } from "../cli/cli_process.ts";
import { freePort, Front, testWith } from "./front.ts";

const PORT = 8080;
/** In place of the file's, so that the test takes less time; longer than two checks, as there. */
const STOP_DELAY = "600ms";
const FASTER = { "inter 1s": "inter 100ms" };
/** HAProxy repeats nothing, so that a lost request is seen. */
const WITHOUT_REPEATS = { "retries 3": "retries 0", "option redispatch 1": "" };

class Instance implements AsyncDisposable {
  readonly port = freePort();
  readonly admin = freePort();
  #process: Cli | undefined;

  async start(): Promise<void> {
    this.#process = new Cli(
      fixture("apps.ts"),
      ...[`--bind=127.0.0.1:${this.port}`, `--admin=127.0.0.1:${this.admin}`],
      ...[`--stop-delay=${STOP_DELAY}`, "--workers=1", "--trusted-proxies=127.0.0.1"],
    );
    await this.#process.waitForUrl();
  }

  /** Stops the process as an orchestrator does, and starts a new one. */
  async replace(): Promise<void> {
    this.#process!.signal("SIGTERM");
    const { code } = await this.#process!.waitForEnd();
    assertEquals(code, 0, this.#process!.log);
    await this.start();
  }

  async served(): Promise<number> {
    const metrics = await fetchText(`http://127.0.0.1:${this.admin}/metrics`);
    return Number(/^robusto_requests_total ([0-9]+)$/m.exec(metrics)![1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
  }
}

testWith(
  "haproxy",
  "a rolling update of two instances behind HAProxy loses no request",
  async () => {
    await using one = new Instance();
    await using two = new Instance();
    await Promise.all([one.start(), two.start()]);
    await using front = await Front.haproxy("haproxy_rolling.cfg", [PORT], {
      "127.0.0.1:8070 port 9070": `127.0.0.1:${one.port} port ${one.admin}`,
      "127.0.0.1:8071 port 9071": `127.0.0.1:${two.port} port ${two.admin}`,
      ...FASTER,
      ...WITHOUT_REPEATS,
    });
    const client = Deno.createHttpClient({ http2: false });
    const counts: Record<string, number> = {};
    let isOver = false;
    const ask = async (method: string) => {
      while (!isOver) {
        const body = method === "POST" ? "abc" : null;
        const response = await fetch(front.url(PORT), { method, body, client });
        await response.text();
        counts[response.status] = (counts[response.status] ?? 0) + 1;
      }
    };
    const asking = Promise.all(["GET", "POST", "GET", "POST"].map(ask));
    asking.catch(() => {}); // it is awaited below
    try {
      for (const instance of [one, two]) {
        await instance.replace();
        while (await instance.served() < 20); // HAProxy has taken it in again
      }
    } finally {
      isOver = true;
      await asking.finally(() => client.close());
    }
    assertEquals(Object.keys(counts), ["200"], JSON.stringify(counts));
    assert(counts["200"] > 100);
  },
);
