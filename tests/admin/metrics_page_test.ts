// What docs/metrics.md says is true: every metric with its type and labels, the queries and alerts, and the
// counterparts of Cheroot's statistics.

import { assert, assertEquals } from "@std/assert";
import { isInstalled, ROOT } from "../support/program.ts";
import { Site } from "../support/site.ts";
import { until } from "../support/latch.ts";
import { GET } from "../server/serving.ts";
import { ADMIN, adminText, eventually, metricsOf } from "./admin_site.ts";

const APP = new URL("./fixtures/app.ts", import.meta.url);
const page = Deno.readTextFileSync(new URL("docs/metrics.md", ROOT));

/** Keys of Cheroot's `server.stats`, and of each of its worker threads. */
const CHEROOT = [
  ...["Enabled", "Bind Address", "Run time", "Accepts", "Accepts/sec", "Queue", "Threads"],
  ...["Threads Idle", "Socket Errors", "Requests", "Bytes Read", "Bytes Written", "Work Time"],
  ...["Read Throughput", "Write Throughput", "Worker Threads"],
  ...["Requests", "Bytes Read", "Bytes Written", "Work Time", "Read Throughput", "Write Throughput"]
    .map((key) => `Worker Threads › ${key}`),
];

/** A site with a pool, and one with shards, which have served a request. */
async function withSites(use: (sites: readonly Site[]) => Promise<void>): Promise<void> {
  await using pool = new Site(APP, { ...ADMIN, minWorkers: 1 });
  await using sharded = new Site(APP, { ...ADMIN, minWorkers: 1, mode: "sharded" });
  for (const site of [pool, sharded]) {
    await until(() => site.server.ready);
    await site.ask(GET);
  }
  await eventually(async () =>
    (await metricsOf(sharded)).has("http_server_request_duration_seconds") &&
    sharded.server.stats.shards!.length === 1
  );
  await use([pool, sharded]);
}

Deno.test("docs/metrics.md has a row for every metric, with its type and labels", async () => {
  const documented = [...page.matchAll(/^\| `(\w+)` +\| (counter|gauge|histogram) +\| (.*?) *\|/gm)]
    .map(([, name, type, cell]) => {
      const labels = cell.replace(/: `.*/, "").matchAll(/`(\w+)`/g);
      return `${name} ${type} ${[...labels].map(([, label]) => label)}`;
    });
  await withSites(async (sites) => {
    const given = new Set<string>();
    for (const site of sites) {
      for (const { name, type, samples } of (await metricsOf(site)).values()) {
        const labels = Object.keys(samples[0].labels).filter((label) => label !== "le");
        given.add(`${name} ${type} ${labels}`);
      }
    }
    assertEquals(new Set(documented), given);
  });
});

Deno.test("queries and alerts of docs/metrics.md name metrics that exist", () => {
  const rows = new Set([...page.matchAll(/^\| `(\w+)` /gm)].map(([, name]) => name));
  const blocks = [...page.matchAll(/^```(?:promql|yaml)\n([^]*?)^```$/gm)].map(([, text]) => text);
  const named = blocks.flatMap((text) =>
    [...text.matchAll(/\b(?:robusto_|http_server_|process_)\w+/g)].map(([name]) => name)
  );
  assert(named.length > 10);
  for (const name of named) {
    assert(rows.has(name) || rows.has(name.replace(/_(bucket|count|sum)$/, "")), name);
  }
});

Deno.test({
  name: "promtool accepts the queries and alerts of docs/metrics.md",
  ignore: !isInstalled("promtool"), // Debian's package prometheus
  async fn() {
    const alerts = /^```yaml\n(groups:\n[^]*?)^```$/m.exec(page)![1];
    const queries = /^```promql\n([^]*?)\n```$/m.exec(page)![1].split("\n");
    const rules = queries.map((expr, at) => `      - {record: "q${at}", expr: '${expr}'}\n`);
    const path = await Deno.makeTempFile({ suffix: ".yml" });
    for (const text of [alerts, `groups:\n  - name: a\n    rules:\n${rules.join("")}`]) {
      await Deno.writeTextFile(path, text);
      const { code, stdout, stderr } = await new Deno.Command("promtool", {
        args: ["check", "rules", path],
      }).output();
      const said = [stdout, stderr].map((octets) => new TextDecoder().decode(octets)).join("");
      assertEquals(code, 0, said);
    }
    await Deno.remove(path);
  },
});

Deno.test("every key of Cheroot's statistics has its counterpart in /stats", async () => {
  const rows = [...page.matchAll(/^\| ([A-Z][\w /›]*?) +\| `([\w.[\]]+)` /gm)];
  assertEquals(rows.map(([, key]) => key).sort(), CHEROOT.toSorted());
  await withSites(async (sites) => {
    const documents = await Promise.all(
      sites.map(async (site) => JSON.parse(await adminText(site, "GET /stats"))),
    );
    // A thread's CPU time is sent twice a second.
    await eventually(async () => {
      documents[0] = JSON.parse(await adminText(sites[0], "GET /stats"));
      return documents[0].pool.workers[0].cpuTime !== undefined;
    });
    for (const [, key, path] of rows) {
      const steps = path.replaceAll("[]", ".0").split(".");
      const found = documents.map((document) =>
        steps.reduce((value, step) => value?.[step], document)
      );
      assert(found.some((value) => value !== undefined), `${key}: ${path} is not there`);
    }
  });
});
