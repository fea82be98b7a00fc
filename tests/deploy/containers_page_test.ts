// What docs/containers.md and docs/deployment.md say about variables, commands and configurations is true.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseAll } from "@std/yaml";
import { parseVariables } from "../../src/cli/settings/variables.ts";
import { ROOT } from "../support/program.ts";
import { DEPLOY } from "./image.ts";
import { kubernetes } from "./manifests.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
const page = read("docs/containers.md");

Deno.test("docs/containers.md names variables that exist, and has the commands of the files", () => {
  for (const [name] of page.matchAll(/ROBUSTO_[A-Z_]*[A-Z]/g)) {
    // A name that is no option is refused, or is left over.
    const values: Record<string, string> = {
      ROBUSTO_STOP_DELAY: "5s",
      ROBUSTO_MAX_SPOOLED_CONTENT: "1MiB",
    };
    assertEquals(parseVariables({ [name]: values[name] ?? "1" }).unused, [], name);
  }
  const [, build] = /^#\s+(docker build .*)$/m.exec(
    Deno.readTextFileSync(new URL("Dockerfile", DEPLOY)),
  )!;
  assertStringIncludes(page, build);
});

Deno.test("the configurations in docs/containers.md are YAML for the names of the manifests", () => {
  const blocks = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text]) => parseAll(text));
  // deno-lint-ignore no-explicit-any
  const [[adapter], [monitor]] = blocks as any[][];
  const [{ seriesQuery, metricsQuery }] = adapter.rules;
  for (const { pods } of kubernetes("HorizontalPodAutoscaler").spec.metrics) {
    assertStringIncludes(seriesQuery, pods.metric.name);
  }
  assertStringIncludes(metricsQuery, "<<.LabelMatchers>>");
  const { spec } = kubernetes("Deployment");
  assertEquals(monitor.spec.selector, spec.selector);
  const [{ port, authorization }] = monitor.spec.podMetricsEndpoints;
  const { containers, volumes } = spec.template.spec;
  assert(containers[0].ports.some(({ name }: { name: string }) => name === port));
  assertEquals(authorization.credentials.name, volumes[1].secret.secretName);
});

Deno.test("the command for hosting platforms in docs/deployment.md sets what the page says", async () => {
  const [, command] = /^(PORT=8080 .*)$/m.exec(read("docs/deployment.md"))!;
  const words = command.split(" ");
  const variables = words.filter((word) => /^[A-Z_]+=/.test(word)).map((word) => word.split("="));
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...words.slice(variables.length + 1), "--print-config"],
    env: { NO_COLOR: "1", ...Object.fromEntries(variables) },
    cwd: ROOT,
    stdin: "null",
  }).output();
  assertEquals(code, 0);
  const { bind, minWorkers, shutdownTimeout } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  assertEquals([bind.value, bind.source], [["0.0.0.0:8080"], "environment PORT"]);
  assertEquals([minWorkers.value, minWorkers.source], [4, "environment WEB_CONCURRENCY"]);
  assertEquals(shutdownTimeout.source, "environment ROBUSTO_SHUTDOWN_TIMEOUT");
});
