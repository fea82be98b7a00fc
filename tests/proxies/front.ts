// Starts nginx, HAProxy and Caddy for tests, with the configurations of examples/deploy/. They share nothing with
// proxies that the machine may run: they use a temporary folder and free ports of loopback.

import { assert } from "@std/assert";
import { isInstalled, ROOT } from "../support/program.ts";
import { turn, within } from "../support/latch.ts";

/** Longest wait for a proxy to open its ports, in milliseconds. */
const START_TIMEOUT = 10_000;
/** Number of attempts to start it: another process may take a port that was free. */
const ATTEMPTS = 3;

/** Replacements for texts of a configuration. */
export type Places = Readonly<Record<string, string>>;

/** The proxies; a module of nginx is a package of its own. */
type Proxy = "nginx" | "nginx stream" | "haproxy" | "caddy";

const NGINX_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";

/** A test that runs where a proxy is installed.
 *
 * @param proxy the proxy that it needs
 * @param claim name of the test
 * @param fn the test */
export function testWith(
  proxy: Proxy,
  claim: string,
  fn: () => Promise<void>,
): void {
  const lacking = missing(proxy);
  const name = lacking === undefined ? claim : `${claim} (${lacking} is missing)`;
  Deno.test({ name, ignore: lacking !== undefined, fn });
}

/** The program that a test with a proxy lacks; undefined if all are installed. */
function missing(proxy: Proxy): string | undefined {
  const program = proxy.split(" ")[0];
  if (!isInstalled("curl")) return "curl";
  if (!isInstalled(program)) return program;
  if (proxy !== "nginx stream") return undefined;
  try {
    Deno.statSync(NGINX_MODULE);
  } catch {
    return "libnginx-mod-stream";
  }
}

/** A running proxy. */
export class Front implements AsyncDisposable {
  /** The ports in the configuration, and the ports that are used instead. */
  readonly ports: ReadonlyMap<number, number>;
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  readonly #output: Promise<string>;

  /** Starts nginx with a file of examples/deploy/, which a small main configuration includes.
   *
   * @param name name of the file
   * @param ports ports on which it listens
   * @param places other replacements */
  static nginx(name: string, ports: readonly number[], places: Places): Promise<Front> {
    return Front.#start(name, ports, places, (folder, file) => {
      const stream = name.includes("stream");
      const main = `
        daemon off;
        master_process off;
        ${stream ? `load_module ${NGINX_MODULE};` : ""}
        pid ${folder}/pid;
        error_log stderr warn;
        events { worker_connections 512; }
        ${stream ? `include ${file};` : ""}
        http {
          access_log off;
          ${
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) =>
          `${kind}_temp_path ${folder}/${kind};`
        ).join("\n")
      }
          ${stream ? "" : `include ${file};`}
        }`;
      Deno.writeTextFileSync(`${folder}/main.conf`, main);
      return ["nginx", "-p", folder, "-e", "stderr", "-c", `${folder}/main.conf`];
    });
  }

  /** Starts HAProxy with a file of examples/deploy/.
   *
   * @param name name of the file
   * @param ports ports on which it listens
   * @param places other replacements */
  static haproxy(name: string, ports: readonly number[], places: Places): Promise<Front> {
    return Front.#start(name, ports, places, (_, file) => ["haproxy", "-db", "-f", file]);
  }

  /** Starts Caddy with the file of examples/deploy/, which a small main configuration includes.
   *
   * @param ports ports on which it listens
   * @param places other replacements */
  static caddy(ports: readonly number[], places: Places): Promise<Front> {
    return Front.#start("Caddyfile", ports, places, (folder, file) => {
      const main = `${folder}/main`;
      const options = "admin off\n auto_https off\n default_bind 127.0.0.1";
      Deno.writeTextFileSync(main, `{\n ${options}\n}\nimport ${file}\n`);
      const words = ["caddy", "run", "--config", main, "--adapter", "caddyfile"];
      return ["env", `HOME=${folder}`, ...words];
    });
  }

  static async #start(
    name: string,
    listened: readonly number[],
    places: Places,
    commandFor: (folder: string, file: string) => string[],
  ): Promise<Front> {
    for (let attempt = 1;; attempt++) {
      const ports = new Map(listened.map((port) => [port, freePort()]));
      const folder = Deno.makeTempDirSync({ prefix: "robusto-front-" });
      const file = `${folder}/${name}`;
      Deno.writeTextFileSync(file, placed(name, ports, places));
      const front = new Front(commandFor(folder, file), folder, ports);
      if (await front.#listens()) return front;
      const output = await front.#end();
      if (attempt === ATTEMPTS) throw new Error(`${name} does not listen: ${output}`);
    }
  }

  private constructor(command: string[], folder: string, ports: ReadonlyMap<number, number>) {
    this.ports = ports;
    this.#folder = folder;
    const [program, ...args] = command;
    const child = new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    this.#output = new Response(child.stderr).text();
  }

  /** The URL that stands for a port of the configuration. */
  url(port: number): string {
    return `http://127.0.0.1:${this.ports.get(port)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  /** Whether all ports open before the process ends or the time limit passes. */
  async #listens(): Promise<boolean> {
    let ended = false;
    void this.#child.status.then(() => ended = true);
    const deadline = performance.now() + START_TIMEOUT;
    for (const port of this.ports.values()) {
      while (!await isOpen(port)) {
        if (ended || performance.now() > deadline) return false;
        await turn();
      }
    }
    return !ended;
  }

  /** @returns its output */
  async #end(): Promise<string> {
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // it has ended already
    }
    await within(this.#child.status);
    const output = await this.#output;
    Deno.removeSync(this.#folder, { recursive: true });
    return output;
  }
}

/** A configuration of examples/deploy/ with its replacements. */
function placed(name: string, ports: ReadonlyMap<number, number>, places: Places): string {
  let text = Deno.readTextFileSync(new URL(`examples/deploy/${name}`, ROOT));
  for (const [from, to] of [...Object.entries(places), ...ports]) {
    assert(text.includes(`${from}`), `Cannot find ${from} in ${name}`);
    text = text.replaceAll(`${from}`, `${to}`);
  }
  return text.replace(/^( *(?:listen|bind) ):?([0-9]+)/gm, "$1127.0.0.1:$2"); // only on loopback
}

/** A port that is free now. */
export function freePort(): number {
  using probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (probe.addr as Deno.NetAddr).port;
}

async function isOpen(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}
