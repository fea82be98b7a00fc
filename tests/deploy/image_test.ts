// The image of examples/deploy/Dockerfile is built without a container engine and run read-only, as an
// unprivileged user and as process 1, in the order in which an orchestrator sends probes and signals; once by a
// runtime of container engines.

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { ROOT } from "../support/program.ts";
import { fetchText } from "../cli/cli_process.ts";
import {
  type Container,
  DEPLOY,
  hasRuntime,
  Image,
  missingForImages,
  tellRuntime,
} from "./image.ts";
import { kubernetes, kubernetesContainer, kubernetesEnv, type Node } from "./manifests.ts";
import { parseDockerfile } from "./dockerfile.ts";

const missing = missingForImages();
const lacks = missing === undefined ? "" : ` (${missing} is missing)`;
const runtime = hasRuntime() ? "" : " (crun is missing, or may not start containers)";
const TOKEN = "0123456789abcdef0123456789abcdef";
/** Shorter than in the manifest, and long enough for two failures of its readiness probe. */
const STOP_DELAY = "700ms";
const PROBE_PERIOD = 100;

/** Ports of the container; the network is that of this machine. */
const PORTS = { PORT: "0", ROBUSTO_ADMIN: "127.0.0.1:0" };

Deno.test("Dockerfile: the version of Deno is that of the README, and every command has the exec form", () => {
  const stages = parseDockerfile(Deno.readTextFileSync(new URL("Dockerfile", DEPLOY)));
  const [, version] = /deno@([0-9.]+[0-9])/.exec(
    Deno.readTextFileSync(new URL("README.md", ROOT)),
  )!;
  assertEquals(stages[0].image, `denoland/deno:bin-${version}`);
  const commands = stages.flatMap(({ instructions }) => instructions)
    .filter(({ name }) => ["RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"].includes(name));
  for (const { words, isExecForm } of commands) assert(isExecForm, words.join(" "));
  const final = stages.at(-1)!.instructions;
  const wordsOf = (wanted: string) => final.find(({ name }) => name === wanted)?.words;
  assertMatch(wordsOf("USER")![0], /^[1-9][0-9]*:[1-9][0-9]*$/); // runAsNonRoot needs a number
  assertEquals(wordsOf("STOPSIGNAL"), ["SIGTERM"]);
  assertEquals(wordsOf("EXPOSE"), ["8080"]);
});

/** Clients of a container, one connection each and new ones, until `end()`. */
class Clients {
  readonly statuses = new Map<number | string, number>();
  #isOver = false;
  readonly #ended: Promise<unknown>;

  constructor(url: string) {
    const ask = async (close: boolean) => {
      while (!this.#isOver) {
        const client = Deno.createHttpClient({ http2: false, poolMaxIdlePerHost: close ? 0 : 1 });
        try {
          for (let count = 0; count < 20 && !this.#isOver; count++) {
            const response = await fetch(url, { client });
            await response.text();
            this.#count(response.status);
          }
        } catch (error) {
          this.#count(String(error));
        } finally {
          client.close();
        }
      }
    };
    this.#ended = Promise.all([ask(false), ask(false), ask(true), ask(true)]);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#ended;
  }

  #count(status: number | string): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }
}

/** Sends a probe of the manifest until it has had so many results in a row.
 *
 * @returns the last status */
async function probe(
  { httpGet: { path } }: Node,
  admin: string,
  wanted: boolean,
  count = 1,
): Promise<void> {
  for (let inRow = 0; inRow < count;) {
    const response = await fetch(admin + path, { headers: { connection: "close" } });
    await response.body?.cancel();
    inRow = response.ok === wanted ? inRow + 1 : 0;
    if (inRow < count) await new Promise((resolve) => setTimeout(resolve, PROBE_PERIOD));
  }
}

async function isHealthy(image: Image, admin: string): Promise<boolean> {
  const [program, ...args] = image.last("HEALTHCHECK").words;
  const { port } = new URL(admin);
  const { success } = await new Deno.Command(program, {
    args: args.map((word) => word.replace("9070", port)),
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

async function addresses(container: Container): Promise<{ url: string; admin: string }> {
  const admin = await container.waitFor(/Admin listener on (http:\/\/\S+:[1-9][0-9]*)\//);
  const url = await container.waitFor(/"listening on (http:\/\/\S+:[1-9][0-9]*\/)/);
  return { admin: admin.replace("0.0.0.0", "127.0.0.1"), url: url.replace("0.0.0.0", "127.0.0.1") };
}

Deno.test({
  name: `the image of examples/deploy/Dockerfile${lacks}`,
  ignore: missing !== undefined,
  async fn(test) {
    using image = new Image();
    image.put("/run/secrets/admin/token", TOKEN);

    await test.step("probes and signals in the order of the manifest: no request fails", async () => {
      const { startupProbe, readinessProbe, livenessProbe } = kubernetesContainer();
      const env = kubernetesEnv();
      await using container = image.start({
        ...env,
        PORT: "0",
        ROBUSTO_ADMIN: env.ROBUSTO_ADMIN.replace("9070", "0"),
        ROBUSTO_STOP_DELAY: STOP_DELAY,
      });
      const admin = (await container.waitFor(/Admin listener on (http:\/\/\S+:[1-9][0-9]*)\//))
        .replace("0.0.0.0", "127.0.0.1");
      await probe(startupProbe, admin, true);
      const { url } = await addresses(container);
      await probe(readinessProbe, admin, true);
      await probe(livenessProbe, admin, true);
      const refused = await fetch(`${admin}/metrics`);
      assertEquals([refused.status, await refused.text().then(() => "")], [401, ""]);
      const metrics = await fetch(`${admin}/metrics`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      const text = await metrics.text();
      for (const { pods } of kubernetes("HorizontalPodAutoscaler").spec.metrics) {
        assertMatch(text, new RegExp(`^${pods.metric.name}(\\{[^}]*\\})? [0-9]+$`, "m"));
      }

      const clients = new Clients(url);
      container.signal("SIGUSR2");
      await container.waitFor(/cannot hand over: this is process 1 of a container/);
      container.signal("SIGHUP");
      await container.waitFor(/"reloaded/);
      container.signal("SIGTERM");
      await probe(readinessProbe, admin, false, readinessProbe.failureThreshold);
      await probe(livenessProbe, admin, true);
      await clients.end(); // a load balancer sends nothing more now
      assertEquals(await container.waitForEnd(), 0, container.log);
      assertEquals([...clients.statuses.keys()], [200], container.log);
      // Its logs are JSON on both outputs; a start downloads nothing and writes nothing.
      for (const line of container.log.trimEnd().split("\n")) JSON.parse(line);
    });

    await test.step({
      name: `a runtime of container engines starts and stops it${runtime}`,
      ignore: runtime !== "",
      async fn() {
        const name = `robusto-${crypto.randomUUID()}`;
        await using container = image.startByRuntime(name, PORTS);
        try {
          const { url, admin } = await addresses(container);
          assertMatch(await fetchText(url), /./);
          assertEquals(await fetchText(`${admin}/readyz`), "ok\n");
          assert(tellRuntime("kill", name, "SIGUSR2"));
          await container.waitFor(/cannot hand over: this is process 1 of a container/);
          assert(tellRuntime("kill", name, "SIGTERM"));
          assertEquals(await container.waitForEnd(), 0, container.log);
          const lines = container.log.trimEnd().split("\n").map((line) => JSON.parse(line));
          assertEquals(lines.filter(({ event }) => event !== undefined).at(-1).event, "stopped");
        } finally {
          tellRuntime("delete", "--force", name);
        }
      },
    });

    await test.step("the health check is good while it serves, and bad while it starts or stops", async () => {
      await using container = image.start({ ...PORTS, ROBUSTO_STOP_DELAY: "60s" });
      const { admin } = await addresses(container);
      while (!await isHealthy(image, admin)); // a moment after the line
      container.signal("SIGTERM");
      await container.waitFor(/stop-delayed/);
      assertEquals(await isHealthy(image, admin), false);
      await new Promise((resolve) => setTimeout(resolve, 150)); // sooner it counts as an echo
      container.signal("SIGTERM");
      assertEquals(await container.waitForEnd(), 1);
      assertEquals(await isHealthy(image, admin), false);
    });

    await test.step("SIGTERM while workers load ends process 1 at once with exit code 0", async () => {
      image.put("/srv/app/slow.ts", "await new Promise((resolve) => setTimeout(resolve, 60_000));");
      await using container = image.start(PORTS, true, "/srv/app/slow.ts");
      await container.waitFor(/Admin listener on/);
      container.signal("SIGTERM");
      assertEquals(await container.waitForEnd(), 0, container.log);
      assertMatch(container.log, /stopping before the start is complete/);
    });

    await test.step("Python in processes: without a writable /tmp, and nothing is left at the end", async () => {
      image.put(
        "/srv/app/app.py",
        `import os, subprocess
def application(environ, start_response):
    size = len(environ["wsgi.input"].read())
    child = subprocess.Popen(["sleep", "60"])  # outlives its parent
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{size} {os.getuid()}".encode()]
`,
      );
      const flags = ["--python=/usr/bin/python3", "--workers=1"];
      await using container = image.start(PORTS, false, "/srv/app/app.py", ...flags);
      const { url } = await addresses(container);
      const body = new Uint8Array(300_000);
      const response = await fetch(url, { method: "POST", body });
      assertEquals(await response.text(), "300000 10001", container.log);
      assertMatch(container.log, /cannot-spool-content/);
      const inside = Deno.readLinkSync(`/proc/${container.pid}/ns/pid`);
      container.signal("SIGTERM");
      assertEquals(await container.waitForEnd(), 0, container.log);
      assertEquals(processesIn(inside), []);
    });
  },
});

/** The processes in a namespace. */
function processesIn(namespace: string): string[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => name).filter((name) => {
    if (!/^[0-9]+$/.test(name)) return false;
    try {
      return Deno.readLinkSync(`/proc/${name}/ns/pid`) === namespace;
    } catch {
      return false; // it has ended
    }
  });
}

Deno.test({
  name: `process 1 reaps orphans and leaves the children of Deno to Deno${lacks}`,
  ignore: missing !== undefined,
  async fn() {
    const program = new URL("./fixtures/orphans.ts", import.meta.url).pathname;
    const { stdout, stderr } = await new Deno.Command("unshare", {
      args: [
        ...["--pid", "--fork", "--mount-proc", "--kill-child"],
        ...[Deno.execPath(), "run", "-A", "--no-lock", program],
      ],
      stdin: "null",
    }).output();
    const [out, err] = [stdout, stderr].map((octets) => new TextDecoder().decode(octets));
    assertNotEquals(out, "", err);
    assertEquals(JSON.parse(out), { orphanSeen: true, orphanLeft: false, status: 0 }, err);
  },
});
