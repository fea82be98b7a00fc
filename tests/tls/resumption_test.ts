// Clients that resume a TLS session: it proves no more than a full handshake with the CA in force would.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { FetchInfo } from "../../src/gateway/fetch/fetch_handler.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { until } from "../pool/pool_site.ts";
import { Site } from "../support/site.ts";
import { type Holder, noPki, Pki } from "./pki.ts";
import { portOf, sClient } from "./tls_clients.ts";

function test(name: string, fn: () => Promise<void>): void {
  const suffix = noPki === undefined ? "" : ` (${noPki})`;
  Deno.test({ name: name + suffix, ignore: noPki !== undefined, fn });
}

const showTls = (_request: Request, { tls }: FetchInfo) =>
  new Response(`<${tls!.clientVerification} ${tls!.clientVerificationError}>`);

const ASK = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/** A server whose CA of clients can be replaced, and a client with one session. */
class Sessions implements AsyncDisposable {
  readonly site: Site;
  readonly #clientCa: string;
  /** Path of the session. */
  readonly session: string;
  readonly #version: string;

  constructor(version: string, options: ServerOptions) {
    const folder = Deno.makeTempDirSync({ dir: Pki.shared.folder });
    this.#clientCa = `${folder}/ca.crt`;
    this.session = `${folder}/session`;
    this.#version = version;
    this.replaceCa("root");
    const files = options.tlsClientAuth === undefined ? {} : { tlsClientCa: this.#clientCa };
    this.site = new Site(showTls, { ...Pki.shared.copy("server"), ...files, ...options });
  }

  /** Writes the CA of clients. */
  replaceCa(...names: ("root" | "other")[]): void {
    const pki = Pki.shared;
    const texts = names.map((name) => pki.text(pki.certificate(name)));
    Deno.writeTextFileSync(this.#clientCa, texts.join(""));
  }

  /** Connects with a full handshake and keeps the session. */
  begin(holder?: Holder): Promise<string> {
    return this.#connect(["-sess_out", this.session, ...identity(holder)]);
  }

  /** Resumes the session; without a certificate only its session can prove anything. */
  resume(holder?: Holder): Promise<string> {
    return this.#connect(["-sess_in", this.session, ...identity(holder)]);
  }

  async #connect(args: string[]): Promise<string> {
    const port = portOf(this.site);
    // -quiet: the dump of the session could look like a response.
    const said = await sClient(port, [this.#version, "-quiet", ...args], ASK);
    return /<(.*)>/.exec(said)?.[1] ?? "closed";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.site[Symbol.asyncDispose]();
  }
}

function identity(holder: Holder | undefined): string[] {
  if (holder === undefined) return [];
  return ["-cert", Pki.shared.certificate(holder), "-key", Pki.shared.key(holder)];
}

const TRUSTED = "success undefined";

for (const version of ["-tls1_2", "-tls1_3"]) {
  test(`${version}: a client of a former CA is not let in by its session`, async () => {
    await using sessions = new Sessions(version, { tlsClientAuth: "required" });
    assertEquals(await sessions.begin("client"), TRUSTED);
    assertEquals(await sessions.resume("client"), TRUSTED);
    sessions.replaceCa("other");
    await sessions.site.server.reloadCertificates();
    assertEquals(await sessions.resume("client"), "closed");
    assertEquals(await sessions.resume(), "closed");
    const refused = () => sessions.site.log.filter(({ code }) => code === "certificate-refused");
    await until(() => refused().length === 2);
    assertMatch(String(refused()[0].error), /SESSION_OF_FORMER_CA/);
    assertEquals(sessions.site.server.stats.requests, 2);
    assertEquals(await sessions.begin("stranger"), TRUSTED);
  });

  test(`${version}: optional: a client of a former CA is not trusted by its session`, async () => {
    await using sessions = new Sessions(version, { tlsClientAuth: "optional" });
    assertEquals(await sessions.begin("client"), TRUSTED);
    sessions.replaceCa("other");
    await sessions.site.server.reloadCertificates();
    assertEquals(await sessions.resume("client"), "failed SESSION_OF_FORMER_CA");
    assertEquals(await sessions.resume(), "failed SESSION_OF_FORMER_CA");
  });

  for (const holder of ["stranger", "expiredClient"] as const) {
    test(`${version}: a session does not make a ${holder} trusted`, async () => {
      await using sessions = new Sessions(version, { tlsClientAuth: "optional" });
      assertMatch(await sessions.begin(holder), /^failed/);
      assertMatch(await sessions.resume(holder), /^failed/);
      assertMatch(await sessions.resume(), /^failed/);
    });

    test(`${version}: required: a session does not let a ${holder} in`, async () => {
      await using sessions = new Sessions(version, { tlsClientAuth: "required" });
      assertEquals(await sessions.begin(holder), "closed");
      assertEquals(await sessions.resume(holder), "closed");
      assertEquals(sessions.site.server.stats.requests, 0);
    });
  }

  test(`${version}: a session of another server of the process is no proof`, async () => {
    await using lenient = new Sessions(version, { tlsClientAuth: "optional" });
    await using strict = new Sessions(version, { tlsClientAuth: "required" });
    await lenient.begin("stranger");
    const session = Deno.readTextFileSync(lenient.session);
    Deno.writeTextFileSync(strict.session, session);
    assertEquals(await strict.resume("stranger"), "closed");
  });

  test(`${version}: sessions survive a reload that leaves the CA or adds one`, async () => {
    await using sessions = new Sessions(version, { tlsClientAuth: "required" });
    assertEquals(await sessions.begin("client"), TRUSTED);
    await sessions.site.server.reloadCertificates();
    assertEquals(await sessions.resume(), TRUSTED);
    sessions.replaceCa("other", "root");
    await sessions.site.server.reloadCertificates();
    assertEquals(await sessions.resume(), TRUSTED);
    assert(sessions.site.log.every(({ level }) => level === "info"));
  });

  for (const tlsAdapter of ["deno", "node"] as const) {
    test(`${tlsAdapter}, ${version}: a client resumes before and after a reload`, async () => {
      await using sessions = new Sessions(version, { tlsAdapter });
      const anonymous = "none undefined";
      assertEquals(await sessions.begin(), anonymous);
      assertEquals(await sessions.resume(), anonymous);
      await sessions.site.server.reloadCertificates();
      assertEquals(await sessions.resume(), anonymous);
    });
  }
}
