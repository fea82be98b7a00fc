// The numbers and names of examples/deploy/ fit together: manifests, Dockerfile, systemd unit, and the options.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseVariables } from "../../src/cli/settings/variables.ts";
import { DEFAULTS } from "../../src/options/defaults.ts";
import { isInstalled, ROOT } from "../support/program.ts";
import { DEPLOY } from "./image.ts";
import {
  keysOf,
  kubernetes,
  kubernetesContainer,
  kubernetesEnv,
  readManifest,
} from "./manifests.ts";
import { parseDockerfile } from "./dockerfile.ts";
import { parseSize, parseTime } from "./quantities.ts";

const MiB = 2 ** 20;
/** Longest time of `onWorkerStop`, in seconds. */
const WORKER_STOP = 2;
/** What Deno, Robusto and two workers take while they are idle, measured in a control group. */
const IDLE = 100 * MiB;

const dockerfile = parseDockerfile(Deno.readTextFileSync(new URL("Dockerfile", DEPLOY)));
const image = dockerfile.at(-1)!.instructions;
const imageEnv = Object.fromEntries(
  image.filter(({ name }) => name === "ENV").flatMap(({ words }) =>
    words.map((word) => word.split(/=(.*)/s).slice(0, 2))
  ),
) as Record<string, string>;
const [compose] = readManifest("compose.yaml");
const unit = Deno.readTextFileSync(new URL("robusto.service", DEPLOY));

/** The values of a directive of the systemd unit. */
function directive(name: string): string {
  return [...unit.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value]) => value).join(" ");
}

const unitEnv = Object.fromEntries(
  directive("Environment").split(" ").map((word) => word.split(/=(.*)/s).slice(0, 2)),
) as Record<string, string>;

/** Keys by their paths, as the schemas of Kubernetes 1.27 and of Compose have them. A misspelled key is silently
 * ignored by some engines. */
const KEYS: Record<string, string> = {
  Deployment: `apiVersion kind metadata metadata.name metadata.labels metadata.labels.app spec
    spec.selector spec.selector.matchLabels spec.selector.matchLabels.app
    spec.strategy spec.strategy.type spec.strategy.rollingUpdate
    spec.strategy.rollingUpdate.maxSurge spec.strategy.rollingUpdate.maxUnavailable
    spec.minReadySeconds spec.template spec.template.metadata spec.template.metadata.labels
    spec.template.metadata.labels.app spec.template.spec
    POD.terminationGracePeriodSeconds POD.automountServiceAccountToken POD.enableServiceLinks
    POD.topologySpreadConstraints POD.topologySpreadConstraints.maxSkew
    POD.topologySpreadConstraints.topologyKey POD.topologySpreadConstraints.whenUnsatisfiable
    POD.topologySpreadConstraints.labelSelector
    POD.topologySpreadConstraints.labelSelector.matchLabels
    POD.topologySpreadConstraints.labelSelector.matchLabels.app
    POD.securityContext POD.securityContext.runAsNonRoot POD.securityContext.runAsUser
    POD.securityContext.runAsGroup POD.securityContext.fsGroup POD.securityContext.seccompProfile
    POD.securityContext.seccompProfile.type
    POD.containers BOX.name BOX.image BOX.ports BOX.ports.name BOX.ports.containerPort
    BOX.env BOX.env.name BOX.env.value
    BOX.startupProbe BOX.startupProbe.httpGet BOX.startupProbe.httpGet.path
    BOX.startupProbe.httpGet.port BOX.startupProbe.periodSeconds
    BOX.startupProbe.failureThreshold
    BOX.livenessProbe BOX.livenessProbe.httpGet BOX.livenessProbe.httpGet.path
    BOX.livenessProbe.httpGet.port BOX.livenessProbe.periodSeconds
    BOX.livenessProbe.timeoutSeconds BOX.livenessProbe.failureThreshold
    BOX.readinessProbe BOX.readinessProbe.httpGet BOX.readinessProbe.httpGet.path
    BOX.readinessProbe.httpGet.port BOX.readinessProbe.periodSeconds
    BOX.readinessProbe.timeoutSeconds BOX.readinessProbe.failureThreshold
    BOX.resources BOX.resources.requests BOX.resources.requests.cpu
    BOX.resources.requests.memory BOX.resources.limits BOX.resources.limits.memory
    BOX.securityContext BOX.securityContext.allowPrivilegeEscalation
    BOX.securityContext.readOnlyRootFilesystem BOX.securityContext.capabilities
    BOX.securityContext.capabilities.drop
    BOX.volumeMounts BOX.volumeMounts.name BOX.volumeMounts.mountPath BOX.volumeMounts.readOnly
    POD.volumes POD.volumes.name POD.volumes.emptyDir POD.volumes.emptyDir.sizeLimit
    POD.volumes.secret POD.volumes.secret.secretName POD.volumes.secret.defaultMode`,
  Service: `apiVersion kind metadata metadata.name metadata.labels metadata.labels.app spec
    spec.selector spec.selector.app spec.ports spec.ports.name spec.ports.port
    spec.ports.targetPort`,
  HorizontalPodAutoscaler: `apiVersion kind metadata metadata.name spec spec.scaleTargetRef
    spec.scaleTargetRef.apiVersion spec.scaleTargetRef.kind spec.scaleTargetRef.name
    spec.minReplicas spec.maxReplicas spec.metrics spec.metrics.type spec.metrics.pods
    spec.metrics.pods.metric spec.metrics.pods.metric.name spec.metrics.pods.target
    spec.metrics.pods.target.type spec.metrics.pods.target.averageValue
    spec.behavior spec.behavior.scaleUp spec.behavior.scaleUp.stabilizationWindowSeconds
    spec.behavior.scaleDown spec.behavior.scaleDown.stabilizationWindowSeconds`,
  PodDisruptionBudget: `apiVersion kind metadata metadata.name spec spec.maxUnavailable
    spec.selector spec.selector.matchLabels spec.selector.matchLabels.app`,
  compose: `services services.app APP.build APP.build.context APP.build.dockerfile
    APP.build.additional_contexts APP.build.additional_contexts.robusto APP.ports
    APP.environment APP.environment.WEB_CONCURRENCY APP.environment.ROBUSTO_MAX_WORKER_HEAP
    APP.environment.ROBUSTO_SHUTDOWN_TIMEOUT APP.stop_grace_period APP.cpus APP.mem_limit
    APP.pids_limit APP.read_only APP.tmpfs APP.cap_drop APP.security_opt APP.restart
    APP.logging APP.logging.driver APP.logging.options APP.logging.options.max-size
    APP.logging.options.max-file`,
};

function expectKeys(node: unknown, kind: string): void {
  const known = new Set(
    KEYS[kind].replaceAll("BOX.", "POD.containers.").replaceAll("POD.", "spec.template.spec.")
      .replaceAll("APP.", "services.app.").split(/\s+/).map((path) => `.${path}`),
  );
  const unknown = [...keysOf(node)].filter((path) => !known.has(path));
  assertEquals(unknown, [], kind);
}

Deno.test("the manifests have known keys only", () => {
  for (const node of readManifest("kubernetes.yaml")) expectKeys(node, node.kind);
  expectKeys(compose, "compose");
});

Deno.test("the variables of image, manifests and unit are options with values that are right", () => {
  for (
    const env of [
      imageEnv,
      { ...imageEnv, ...kubernetesEnv() },
      { ...imageEnv, ...compose.services.app.environment },
      unitEnv,
    ]
  ) {
    assertEquals(parseVariables(env).unused, []);
  }
});

Deno.test("ports and names of the manifests fit together", () => {
  const { ports, env, image: _, ...container } = kubernetesContainer();
  const named = Object.fromEntries(
    ports.map(({ name, containerPort }: { name: string; containerPort: number }) => [
      name,
      `${containerPort}`,
    ]),
  );
  assertEquals(named, { http: imageEnv.PORT, admin: imageEnv.ROBUSTO_ADMIN.split(":")[1] });
  assertEquals(kubernetesEnv().ROBUSTO_ADMIN, `0.0.0.0:${named.admin}`);
  for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
    assertEquals(container[probe].httpGet.port, "admin");
  }
  assertEquals(kubernetes("Service").spec.ports[0].targetPort, "http");
  assertEquals(compose.services.app.ports, [`8080:${imageEnv.PORT}`]);
  const app = { app: "app" };
  const { spec } = kubernetes("Deployment");
  for (
    const selector of [
      spec.selector.matchLabels,
      spec.template.metadata.labels,
      kubernetes("Service").spec.selector,
      kubernetes("PodDisruptionBudget").spec.selector.matchLabels,
    ]
  ) assertEquals(selector, app);
  assertEquals(kubernetes("HorizontalPodAutoscaler").spec.scaleTargetRef.name, "app");
  const [user] = image.find(({ name }) => name === "USER")!.words;
  const { runAsUser, runAsGroup } = spec.template.spec.securityContext;
  assertEquals(`${runAsUser}:${runAsGroup}`, user);
  const { mountPath } = container.volumeMounts.find(({ name }: { name: string }) =>
    name === "admin"
  );
  assertEquals(kubernetesEnv().ROBUSTO_ADMIN_TOKEN_FILE, `${mountPath}/token`);
  assert(env.length > 0);
});

Deno.test("each engine waits longer for the end than the server takes", () => {
  const { ROBUSTO_STOP_DELAY, ROBUSTO_SHUTDOWN_TIMEOUT } = kubernetesEnv();
  const { spec } = kubernetes("Deployment").spec.template;
  const inKubernetes = parseTime(ROBUSTO_STOP_DELAY) + parseTime(ROBUSTO_SHUTDOWN_TIMEOUT);
  assert(spec.terminationGracePeriodSeconds > inKubernetes + WORKER_STOP);
  const { environment, stop_grace_period } = compose.services.app;
  const inCompose = parseTime(environment.ROBUSTO_SHUTDOWN_TIMEOUT) + WORKER_STOP;
  assert(parseTime(stop_grace_period) > inCompose);
  assert(10 >= parseTime(imageEnv.ROBUSTO_SHUTDOWN_TIMEOUT) + WORKER_STOP); // docker stop
  const underSystemd = DEFAULTS.shutdownTimeout / 1_000 + WORKER_STOP;
  assert(Number(directive("TimeoutStopSec")) > underSystemd);
});

Deno.test("each engine waits longer for the start than startTimeout", () => {
  const startTimeout = DEFAULTS.startTimeout / 1_000;
  const { startupProbe } = kubernetesContainer();
  assert(startupProbe.periodSeconds * startupProbe.failureThreshold > startTimeout);
  assert(Number(directive("TimeoutStartSec")) > startTimeout);
  const { flags } = image.find(({ name }) => name === "HEALTHCHECK")!;
  assert(parseTime(flags["start-period"]) >= startTimeout);
});

Deno.test("the limits of memory hold the workers", () => {
  const needs = ({ WEB_CONCURRENCY, ROBUSTO_MAX_WORKER_HEAP }: Record<string, string>) =>
    IDLE + DEFAULTS.maxBufferedContent +
    Number(WEB_CONCURRENCY) * parseSize(ROBUSTO_MAX_WORKER_HEAP);
  const { resources } = kubernetesContainer();
  assert(parseSize(resources.limits.memory) > needs(kubernetesEnv()));
  assertEquals(resources.limits.memory, resources.requests.memory);
  const { mem_limit, environment } = compose.services.app;
  assert(parseSize(mem_limit) > needs(environment));
  assert(parseSize(directive("MemoryMax")) > needs(unitEnv));
  const { volumes } = kubernetes("Deployment").spec.template.spec;
  assert(parseSize(volumes[0].emptyDir.sizeLimit) > DEFAULTS.maxSpooledContent);
});

Deno.test("the unit starts what the image starts, and its limits fit the options", () => {
  const { words } = image.find(({ name }) => name === "ENTRYPOINT")!;
  const [app] = image.find(({ name }) => name === "CMD")!.words;
  assertEquals(directive("ExecStart").split(" "), [...words, app]);
  assertEquals(unitEnv.DENO_DIR, imageEnv.DENO_DIR);
  // A quarter of the descriptors is left to the application.
  assert(Number(directive("LimitNOFILE")) * 0.75 > DEFAULTS.maxConnections);
  assertEquals(Number(directive("WatchdogSec")) * 1_000, DEFAULTS.workerTimeout);
});

Deno.test("the application's packages are those of the tests, so that examples are checked with them", () => {
  const read = (path: string) => JSON.parse(Deno.readTextFileSync(new URL(path, ROOT)));
  const { imports } = read("examples/deploy/app/deno.json");
  assertEquals(read("deno.json").scopes["./examples/deploy/app/"], imports);
  const lock = read("examples/deploy/app/deno.lock");
  const all = read("deno.lock");
  for (const [name, { integrity }] of Object.entries<{ integrity: string }>(lock.npm)) {
    assertEquals(all.npm[name]?.integrity, integrity, name);
  }
});

const analyze = isInstalled("systemd-analyze") ? "" : " (systemd-analyze is missing)";
Deno.test({
  name: `systemd accepts the unit and its socket${analyze}`,
  ignore: analyze !== "",
  async fn() {
    const folder = Deno.makeTempDirSync();
    try {
      const names = ["robusto.service", "robusto.socket"];
      for (const name of names) {
        const text = Deno.readTextFileSync(new URL(name, DEPLOY));
        const started = text.replaceAll("/usr/local/bin/deno", Deno.execPath());
        Deno.writeTextFileSync(`${folder}/${name}`, started);
      }
      const { code, stderr } = await new Deno.Command("systemd-analyze", {
        args: ["verify", ...names.map((name) => `${folder}/${name}`)],
        stdin: "null",
      }).output();
      // systemd 252 and older know neither, as the unit says.
      const complaints = new TextDecoder().decode(stderr).trim().split("\n")
        .filter((line) => line.includes(folder) && !/notify-reload|ReloadSignal/.test(line));
      assertEquals([code, complaints], [0, []]);
      assertStringIncludes(unit, "systemd 253 or later");
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});
