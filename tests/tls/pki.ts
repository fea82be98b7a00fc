// A small PKI for the tests: two roots and the certificates that they sign, made by `openssl` in a folder
// that is removed when the process ends.

import { isInstalled } from "../support/program.ts";

/** Why tests with certificates cannot run, if they cannot. */
export const noPki: string | undefined = isInstalled("openssl")
  ? undefined
  : "openssl is not installed";

/** What a certificate is made with. */
interface Leaf {
  readonly ca: "root" | "other";
  readonly subject: string;
  readonly extensions: string;
  /** Days until it ends; before now where it is less than 0. */
  readonly days?: number;
}

const CLIENT = "extendedKeyUsage=clientAuth";
const LEAVES: Readonly<Record<string, Leaf>> = {
  server: {
    ca: "root",
    subject: "/C=DE/O=Acme, Inc./CN=localhost",
    extensions: "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1",
  },
  renewed: { ca: "root", subject: "/CN=renewed", extensions: "subjectAltName=DNS:localhost" },
  second: { ca: "root", subject: "/CN=second", extensions: "subjectAltName=DNS:second.test" },
  wildcard: { ca: "root", subject: "/CN=wild", extensions: "subjectAltName=DNS:*.wild.test" },
  ended: { ca: "root", subject: "/CN=ended", extensions: "subjectAltName=DNS:localhost", days: -1 },
  client: {
    ca: "root",
    subject: "/O=Acme/OU=a/OU=b/CN=Ann\u00e9/emailAddress=ann@example.org",
    extensions: `${CLIENT}\nsubjectAltName=email:ann@example.org,URI:urn:a`,
  },
  expiredClient: { ca: "root", subject: "/CN=late", extensions: CLIENT, days: -1 },
  stranger: { ca: "other", subject: "/CN=stranger", extensions: CLIENT },
};

/** Names of what there is. */
export type Holder =
  | "server"
  | "renewed"
  | "second"
  | "wildcard"
  | "ended"
  | "client"
  | "expiredClient"
  | "stranger";

/** Certificates and keys in files. */
export class Pki {
  readonly folder: string;

  /** Makes everything. */
  private constructor() {
    this.folder = Deno.makeTempDirSync({ prefix: "robusto-pki-" });
    globalThis.addEventListener("unload", () => Deno.removeSync(this.folder, { recursive: true }));
    for (const ca of ["root", "other"]) {
      openssl(
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
        ...["-keyout", this.key(ca), "-out", this.certificate(ca), "-days", "30"],
        ...["-subj", `/CN=${ca}`, "-addext", "basicConstraints=critical,CA:TRUE"],
      );
    }
    for (const [name, leaf] of Object.entries(LEAVES)) this.#sign(name, leaf);
    openssl(
      ...["pkcs8", "-topk8", "-in", this.key("server"), "-passout", "pass:secret"],
      ...["-out", this.key("encrypted")],
    );
    Deno.writeTextFileSync(`${this.folder}/password`, "secret\n");
  }

  static #shared: Pki | undefined;

  /** The one PKI of this process. */
  static get shared(): Pki {
    return Pki.#shared ??= new Pki();
  }

  /** Path of a certificate. */
  certificate(name: Holder | string): string {
    return `${this.folder}/${name}.crt`;
  }

  /** Path of a private key. */
  key(name: Holder | string): string {
    return `${this.folder}/${name}.key`;
  }

  /** Text of a file.
   *
   * @param path which */
  text(path: string): string {
    return Deno.readTextFileSync(path);
  }

  /** The root that signs the servers, in PEM. */
  get root(): string {
    return this.text(this.certificate("root"));
  }

  /** Options of a server with one of the certificates.
   *
   * @param name which */
  files(name: Holder = "server"): { tlsCertificate: string; tlsPrivateKey: string } {
    return { tlsCertificate: this.certificate(name), tlsPrivateKey: this.key(name) };
  }

  /** The same as texts.
   *
   * @param name which */
  pem(name: Holder = "server"): { cert: string; key: string } {
    return { cert: this.text(this.certificate(name)), key: this.text(this.key(name)) };
  }

  /** Copies a certificate and its key to files of their own, which can be replaced.
   *
   * @param name which */
  copy(name: Holder = "server"): { tlsCertificate: string; tlsPrivateKey: string } {
    const folder = Deno.makeTempDirSync({ dir: this.folder });
    const copies = { tlsCertificate: `${folder}/a.crt`, tlsPrivateKey: `${folder}/a.key` };
    this.replace(copies, name);
    return copies;
  }

  /** Replaces copies by another certificate and key.
   *
   * @param copies which files
   * @param name what stands in them from now on */
  replace(copies: { tlsCertificate: string; tlsPrivateKey: string }, name: Holder): void {
    Deno.copyFileSync(this.certificate(name), copies.tlsCertificate);
    Deno.copyFileSync(this.key(name), copies.tlsPrivateKey);
  }

  #sign(name: string, { ca, subject, extensions, days = 30 }: Leaf): void {
    const request = `${this.folder}/${name}.csr`;
    const extensionFile = `${this.folder}/${name}.ext`;
    Deno.writeTextFileSync(extensionFile, extensions);
    openssl(
      ...["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-utf8"],
      ...["-keyout", this.key(name), "-out", request, "-subj", subject],
    );
    openssl(
      ...["x509", "-req", "-in", request, "-out", this.certificate(name), "-days", `${days}`],
      ...["-CA", this.certificate(ca), "-CAkey", this.key(ca), "-CAcreateserial"],
      ...["-extfile", extensionFile],
    );
  }
}

function openssl(...args: string[]): void {
  const { success, stderr } = new Deno.Command("openssl", { args, stdin: "null" }).outputSync();
  if (!success) throw new Error(`openssl ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
