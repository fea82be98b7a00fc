// Builds the image of examples/deploy/Dockerfile without a container engine, and starts it: stages are folders,
// and a command runs in one of them as its root, in namespaces of its own. Packages come from the cache of Deno
// that runs the test, and the programs and libraries of the base image from this machine.

import { assert, assertEquals } from "@std/assert";
import { within } from "../support/latch.ts";
import { isInstalled, ROOT } from "../support/program.ts";
import { type Instruction, parseDockerfile, type Stage } from "./dockerfile.ts";

export const DEPLOY = new URL("examples/deploy/", ROOT);

/** A container that has not ended after so long is killed, so that the test fails. In milliseconds. */
const LONGEST_LIFE = 30_000;

/** Makes the folder $1 the root, read-only with $2, and runs the rest as the user $3. The programs of this machine
 * stand for those of the base image. */
const ENTER = `set -e
root=$1 access=$2 user=$3; shift 3
if [ "$access" = ro ]; then mount --bind "$root" "$root"; mount -o remount,bind,ro "$root"; fi
for name in usr bin lib lib64 etc; do
  if [ -d "/$name" ] && ! [ -L "/$name" ]; then mount --rbind "/$name" "$root/$name"; fi
done
mount --bind "$root.bin" "$root/usr/local/bin"
mount --bind "$DENO" "$root/usr/local/bin/deno"
mount --rbind /dev "$root/dev"
if [ $$ = 1 ]; then mount -t proc proc "$root/proc"; else mount --rbind /proc "$root/proc"; fi
if [ -n "$TMP_IS_WRITABLE" ]; then mount -t tmpfs none "$root/tmp"; fi
exec chroot "$root" setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all "$@"`;

/** crun refuses machines with both versions of control groups, so it sees the second only. */
const RUN_BY_RUNTIME = `mount -t cgroup2 none /sys/fs/cgroup
exec crun --cgroup-manager=disabled run --bundle "$1" "$0"`;

/** Sends a signal to a container of crun, or deletes it. */
export function tellRuntime(...words: string[]): boolean {
  const { success } = new Deno.Command("crun", { args: words, stdout: "null", stderr: "null" })
    .outputSync();
  return success;
}

/** Whether crun can start containers here: a control group is mounted, and a root has a mount namespace. */
export function hasRuntime(): boolean {
  if (!isInstalled("crun")) return false;
  const { success } = new Deno.Command("unshare", {
    args: [
      "--mount",
      "--propagation",
      "private",
      "mount",
      "-t",
      "cgroup2",
      "none",
      "/sys/fs/cgroup",
    ],
    stdout: "null",
    stderr: "null",
  }).outputSync();
  return success;
}

/** What an engine tells the runtime for `docker run --read-only --tmpfs /tmp --cap-drop ALL
 * --security-opt no-new-privileges --network host` (OCI runtime specification 1.0). */
function runtimeSpec(
  root: string,
  user: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): unknown {
  const [uid, gid] = user.split(":").map(Number);
  const bind = (destination: string, source = destination) => ({
    ...{ destination, source, type: "bind", options: ["rbind", "ro"] },
  });
  const host = "usr bin lib lib64 etc".split(" ").map((name) => `/${name}`)
    .filter((path) => !Deno.lstatSync(path).isSymlink);
  return {
    ociVersion: "1.0.2",
    process: {
      ...{ user: { uid, gid }, args, cwd: "/srv/app", noNewPrivileges: true },
      env: inEnvironment(env).slice(2),
      capabilities: { bounding: [], effective: [], permitted: [], inheritable: [] },
    },
    root: { path: root, readonly: true },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
      { destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "mode=1777"] },
      { destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=1777"] },
      ...host.map((path) => bind(path)),
      bind("/usr/local/bin", `${root}.bin`),
      bind("/usr/local/bin/deno", Deno.execPath()),
    ],
    linux: {
      namespaces: ["pid", "mount", "ipc", "uts"].map((type) => ({ type })),
      maskedPaths: ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug"],
      readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
    },
  };
}

/** What this machine lacks to run an image. */
export function missingForImages(): string | undefined {
  if (Deno.build.os !== "linux") return "Linux";
  for (const name of ["unshare", "setpriv", "chroot", "bash"]) if (!isInstalled(name)) return name;
  const { success } = new Deno.Command("unshare", {
    args: ["--pid", "--fork", "--mount", "--net", "true"],
    stdout: "null",
    stderr: "null",
  }).outputSync();
  return success ? undefined : "the right to make namespaces";
}

/** A built image. */
export class Image implements Disposable {
  readonly stages: readonly Stage[];
  readonly #folder: string;
  readonly #env: Record<string, string> = {};

  /** Runs the instructions of the Dockerfile. */
  constructor() {
    this.stages = parseDockerfile(Deno.readTextFileSync(new URL("Dockerfile", DEPLOY)));
    this.#folder = Deno.makeTempDirSync({ prefix: "robusto-image-" });
    Deno.chmodSync(this.#folder, 0o755);
    for (const stage of this.stages.slice(1)) this.#build(stage); // the first one is Deno itself
  }

  /** The last instruction of a name in the last stage. */
  last(name: string): Instruction {
    return this.stages.at(-1)!.instructions.findLast((each) => each.name === name)!;
  }

  /** The command that a container runs, with other words in place of CMD. */
  command(...words: string[]): string[] {
    return [...this.last("ENTRYPOINT").words, ...words.length ? words : this.last("CMD").words];
  }

  /** Variables of the image. */
  get env(): Readonly<Record<string, string>> {
    return this.#env;
  }

  /** Writes a file into its root, as a volume would bring it. */
  put(path: string, text: string): void {
    const place = this.#root("") + path;
    Deno.mkdirSync(place.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.writeTextFileSync(place, text);
  }

  /** Starts a container with a read-only root.
   *
   * @param env variables beside those of the image
   * @param writable whether /tmp is writable
   * @param words in place of CMD */
  start(env: Readonly<Record<string, string>>, writable = true, ...words: string[]): Container {
    const root = this.#root("");
    const user = this.last("USER").words[0].split(":")[0];
    const args = [
      ...["--pid", "--fork", "--kill-child", "--mount", "--propagation", "private"],
      ...["bash", "-c", ENTER, "enter", root, "ro", user],
      ...inEnvironment({ ...this.#env, ...env }),
      ...this.command(...words),
    ];
    return new Container(args, surroundings(writable));
  }

  /** Starts a container by crun, the runtime of podman, with what an engine gives it.
   *
   * @param name names the container for crun
   * @param env variables beside those of the image */
  startByRuntime(name: string, env: Readonly<Record<string, string>>): Container {
    const bundle = `${this.#folder}/${name}`;
    Deno.mkdirSync(bundle, { recursive: true });
    const variables = { ...this.#env, ...env };
    const spec = runtimeSpec(this.#root(""), this.last("USER").words[0], variables, this.command());
    Deno.writeTextFileSync(`${bundle}/config.json`, JSON.stringify(spec));
    const args = [
      "--mount",
      "--propagation",
      "private",
      "bash",
      "-c",
      RUN_BY_RUNTIME,
      name,
      bundle,
    ];
    return new Container(args, {});
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }

  #root(alias: string): string {
    return `${this.#folder}/${alias || "final"}`;
  }

  #build(stage: Stage): void {
    const root = this.#root(stage.alias ?? "");
    const folders = "usr/local/bin bin lib lib64 etc dev proc tmp".split(" ");
    for (const folder of folders) Deno.mkdirSync(`${root}/${folder}`, { recursive: true });
    for (const name of ["bin", "lib", "lib64"]) {
      if (!Deno.lstatSync(`/${name}`).isSymlink) continue;
      Deno.removeSync(`${root}/${name}`);
      Deno.symlinkSync(Deno.readLinkSync(`/${name}`), `${root}/${name}`);
    }
    Deno.mkdirSync(`${root}.bin`);
    Deno.writeTextFileSync(`${root}.bin/deno`, "");
    const env: Record<string, string> = {};
    let folder = "/";
    for (const { name, words, flags } of stage.instructions) {
      if (name === "WORKDIR") Deno.mkdirSync(root + (folder = words[0]), { recursive: true });
      else if (name === "COPY") this.#copy(root + folder, root, flags.from, words);
      else if (name === "RUN") {
        lendPackages(root, env);
        run(["unshare", "--mount", "--net", "--propagation", "private", "bash", "-c", ENTER], [
          ...["enter", root, "rw", "0", "env", `--chdir=${folder}`, ...inEnvironment(env).slice(1)],
          ...words,
        ]);
      } else if (name === "ENV") {
        for (const word of words) {
          const [variable, ...value] = word.split("=");
          env[variable] = value.join("=");
        }
      }
    }
    if (stage.alias === undefined) Object.assign(this.#env, env);
  }

  #copy(folder: string, root: string, from: string | undefined, words: readonly string[]): void {
    const target = words.at(-1)!;
    const source = from === undefined
      ? new URL("app/", DEPLOY).pathname
      : from === "robusto"
      ? ROOT.pathname
      : `${this.#root(from)}/`;
    for (const word of words.slice(0, -1)) {
      if (/^\/(usr\/local\/bin\/)?deno$/.test(word)) continue; // every command gets the Deno of this test
      const into = target.startsWith("/") ? root + target : `${folder}/${target}`;
      const [path, place] = [source + word, into.replace(/\/\.\/?$/, "")];
      Deno.mkdirSync(target.endsWith("/") ? place : place.replace(/\/[^/]*$/, ""), {
        recursive: true,
      });
      const isFolder = Deno.statSync(path).isDirectory;
      if (isFolder) Deno.mkdirSync(place, { recursive: true });
      run(["cp", "-a"], isFolder ? [`${path}/.`, place] : [path, place]);
    }
  }
}

/** A running container. */
export class Container implements AsyncDisposable {
  /** What it has written so far, on both outputs. */
  log = "";
  readonly #child: Deno.ChildProcess;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #read: Promise<unknown>;
  #more = Promise.withResolvers<void>();
  #isOver = false;

  constructor(args: string[], env: Record<string, string>) {
    this.#child = new Deno.Command("unshare", {
      args,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#timer = setTimeout(() => this.#kill(), LONGEST_LIFE);
    this.#read = Promise.all([this.#listen(this.#child.stdout), this.#listen(this.#child.stderr)])
      .then(() => {
        this.#isOver = true;
        this.#more.resolve();
      });
  }

  /** Number of its process 1, as this machine sees it. */
  get pid(): number {
    const { pid } = this.#child;
    return Number(Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim().split(" ")[0]);
  }

  /** Sends a signal to its process 1. */
  signal(signal: Deno.Signal): void {
    Deno.kill(this.pid, signal);
  }

  /** Waits for a text in its log. */
  async waitFor(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.log);
      if (match !== null) return match[1] ?? match[0];
      assert(!this.#isOver, `Expected ${pattern}, got\n${this.log}`);
      await this.#more.promise;
    }
  }

  /** Waits for its end.
   *
   * @returns the exit code of its process 1 */
  async waitForEnd(): Promise<number> {
    await this.#read;
    clearTimeout(this.#timer);
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill();
    await within(this.waitForEnd());
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL"); // and its process 1 with it, by --kill-child
    } catch {
      // It has ended already.
    }
  }

  async #listen(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.log += text;
      this.#more.resolve();
      this.#more = Promise.withResolvers();
    }
  }
}

/** Packages that the cache of this Deno has, so that the build needs no network. */
function lendPackages(root: string, { DENO_DIR }: Readonly<Record<string, string>>): void {
  const registry = `${DENO_DIR}/npm/registry.npmjs.org`;
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  const { imports } = JSON.parse(Deno.readTextFileSync(new URL("app/deno.json", DEPLOY)));
  Deno.mkdirSync(`${root}${registry}`, { recursive: true });
  for (const specifier of Object.values(imports) as string[]) {
    const name = /^npm:(.+)@/.exec(specifier)![1];
    run([Deno.execPath(), "cache", "--no-lock"], [specifier]); // where no test has used it before
    run(["cp", "-a"], [`${npmCache}/registry.npmjs.org/${name}`, `${root}${registry}/`]);
  }
}

function inEnvironment(env: Readonly<Record<string, string>>): string[] {
  const variables = Object.entries({ PATH: "/usr/local/bin:/usr/bin:/bin", ...env });
  return ["env", "-i", ...variables.map(([name, value]) => `${name}=${value}`)];
}

function surroundings(writable = false): Record<string, string> {
  return { DENO: Deno.execPath(), TMP_IS_WRITABLE: writable ? "1" : "" };
}

function run([program, ...before]: readonly string[], after: readonly string[]): void {
  const { code, stdout, stderr } = new Deno.Command(program, {
    args: [...before, ...after],
    env: surroundings(),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).outputSync();
  const output = [stdout, stderr].map((octets) => new TextDecoder().decode(octets)).join("");
  assertEquals(code, 0, `${program} ${after.join(" ")}\n${output}`);
}
