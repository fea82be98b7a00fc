// PageFolder, a folder in which the commands of one page run: with the files that pages name, free ports in
// place of those in the page, and places below the folder in place of those of the machine.

import { ROOT } from "../support/root.ts";

const PORTS = [
  /(?<=[\w\]]:)(\d{2,5})\b(?![:.])/g, // of an address
  /(?<=--(?:bind|admin|port)[ =])(\d{2,5})(?![\d.])/g,
  /(?<=\bport: |"port": |\bPORT=)(\d{2,5})\b/g,
];

/** Folders of the machine that pages name. */
const PLACES = ["etc", "run", "srv", "var"];
const MADE = ["etc/robusto", "run/app", "srv/app", "var/log/robusto", "bin"];

/** Has the packages of the machine, so that no test depends on PyPI. */
const VENV = "/usr/bin/python3 -m venv --system-site-packages --without-pip .venv";

/** The folder of one page. */
export class PageFolder implements AsyncDisposable {
  readonly path: string;
  readonly #ports = new Map<string, string>();

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder and its files. */
  static async create(): Promise<PageFolder> {
    const path = await Deno.makeTempDir({ prefix: "robusto-page-" });
    for (const folder of MADE) await Deno.mkdir(`${path}/${folder}`, { recursive: true });
    await Deno.symlink(Deno.execPath(), `${path}/bin/deno`);
    await copyFolder(new URL("files/", import.meta.url), path);
    await copyFolder(new URL("files/", import.meta.url), `${path}/srv/app`);
    await Deno.symlink(ROOT, `${path}/robusto`);
    await Deno.writeTextFile(`${path}/etc/robusto/token`, "a-token-for-operators\n");
    return new PageFolder(path);
  }

  /** Puts what the folder has in place of what a page names. */
  localText(text: string): string {
    let local = text
      .replace(/\bnpx -y deno@[\d.]+/g, "deno")
      .replace(new RegExp(`(?<![\\w./}-])/(?=(?:${PLACES.join("|")})/)`, "g"), `${this.path}/`)
      .replace(/(?<![\w./])mod\.ts\b/g, new URL("mod.ts", ROOT).pathname)
      .replace(/(?<![\w./])(?:\.\/)?(?=examples\/)/g, ROOT.pathname)
      .replace(/\/opt\/robusto\//g, ROOT.pathname)
      .replace(/^deno test -A$/, "$& --no-check") // types of all of Robusto take longer than the page
      .replace("python3 -m venv .venv", VENV)
      .replace(/\b0\.0\.0\.0\b/g, "127.0.0.1")
      .replace(/(?<=--stop-delay[ =])\d+s/g, "50ms");
    for (const port of PORTS) local = local.replace(port, (named) => this.#freePort(named));
    return local;
  }

  /** Variables of its commands: the default port of the command line is free too. */
  get env(): Record<string, string> {
    return {
      NO_COLOR: "1",
      DENO_NO_UPDATE_CHECK: "1",
      PATH: `${this.path}/bin:${Deno.env.get("PATH")}`,
      HOST: "127.0.0.1",
      WEB_CONCURRENCY: "1", // a start costs less
      PORT: this.#freePort("8070"),
    };
  }

  /** Writes a file that a block of the page holds. */
  async write(path: string, text: string): Promise<void> {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, this.localText(text));
  }

  /** Makes a certificate and its key under the names that pages use. Needs `openssl`. */
  async makeCertificate(): Promise<void> {
    const names = "-keyout key.pem -out cert.pem";
    const command =
      `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ${names} ` +
      "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 && " +
      "cp cert.pem site.crt && cp key.pem site.key";
    const { success, stderr } = await new Deno.Command("sh", {
      args: ["-c", command],
      cwd: this.path,
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }

  #freePort(named: string): string {
    let port = this.#ports.get(named);
    if (port === undefined) {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      port = String(listener.addr.port);
      this.#ports.set(named, port);
    }
    return port;
  }
}

async function copyFolder(from: URL, to: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (!isDirectory) {
      await Deno.copyFile(new URL(name, from), `${to}/${name}`);
      continue;
    }
    await Deno.mkdir(`${to}/${name}`);
    await copyFolder(new URL(`${name}/`, from), `${to}/${name}`);
  }
}
