// Turns the options about TLS into one object of settings and chooses the adapter. It checks that
// they fit each other before any file is read.

import type { BindAddress } from "../net/bind_address.ts";
import type { Mode } from "./modes.ts";
import { type OptionOf, optionsOf } from "./option_rules.ts";
import type { ServerOptions } from "./server_options.ts";
import { suggestName } from "./suggest_name.ts";
import { AUTO_ADAPTER } from "../tls/get_tls_adapter.ts";
import { DenoTlsAdapter, whyNode } from "../tls/deno_adapter.ts";
import { NodeTlsAdapter } from "../tls/node_adapter.ts";
import { TlsAdapter } from "../tls/tls_adapter.ts";
import type { NamedCertificateSettings, TlsAdapterName, TlsSettings } from "../tls/tls_settings.ts";

/** Settings of TLS with the adapter chosen. */
export interface DecidedTlsSettings extends TlsSettings {
  readonly adapter: TlsAdapterName;
}

/** Name of an option about TLS other than `tls` itself. */
export type TlsOption = OptionOf<"tls">;

/** Their names. */
export const TLS_OPTIONS = optionsOf("tls");

/** The member of {@linkcode TlsSettings} that each of them sets. */
const SETTING_OF = {
  tlsCertificate: "certificate",
  tlsPrivateKey: "privateKey",
  tlsCertificateChain: "certificateChain",
  tlsPasswordFile: "passwordFile",
  tlsSni: "certificates",
  tlsAdapter: "adapter",
  tlsClientAuth: "clientAuth",
  tlsClientCa: "clientCa",
  tlsMinVersion: "minVersion",
  tlsCiphers: "ciphers",
  tlsReloadOnChange: "reloadOnChange",
  cert: "certificate",
  key: "privateKey",
} as const satisfies Record<TlsOption, keyof TlsSettings>;

const SETTINGS: readonly string[] = [...new Set(Object.values(SETTING_OF)), "password"];

/** Resolves the options about TLS.
 *
 * @param given the options that were given, each checked by itself
 * @param mode where handlers run
 * @param bind the addresses of the server
 * @returns settings with the adapter chosen, or the adapter that was given; `undefined` without TLS
 * @throws {TypeError} when options exclude each other or would have no effect */
export function resolveTls(
  given: ServerOptions,
  mode: Mode,
  bind: readonly BindAddress[],
): TlsAdapter | DecidedTlsSettings | undefined {
  const settings = given.tls instanceof TlsAdapter ? given.tls : settingsOf(given);
  if (settings instanceof TlsAdapter) {
    refuseBesideTls(given);
    if (mode !== "sharded") return settings;
    throw new TypeError(
      'Cannot use a TlsAdapter as tls in mode "sharded": it cannot go to another thread, expected ' +
        "an object of settings",
    );
  }
  if (settings === undefined) return undefined;
  checkSettings(settings);
  return { ...settings, adapter: chooseAdapter(settings, given, mode, bind) };
}

/** Makes the adapter that was chosen; reads its files.
 *
 * @param tls the result of {@linkcode resolveTls}
 * @throws {CertificateError} when a file cannot be used */
export function createTlsAdapter(
  tls: TlsAdapter | DecidedTlsSettings | undefined,
): TlsAdapter | undefined {
  if (tls === undefined || tls instanceof TlsAdapter) return tls;
  return tls.adapter === "deno" ? new DenoTlsAdapter(tls) : new NodeTlsAdapter(tls);
}

function settingsOf(given: ServerOptions): TlsSettings | undefined {
  if (given.tls !== undefined) {
    refuseBesideTls(given);
    for (const name of Object.keys(given.tls)) {
      if (SETTINGS.includes(name)) continue;
      const nearest = suggestName(name, SETTINGS);
      throw new TypeError(
        `Cannot use ${JSON.stringify(name)} in tls: no setting has this name` +
          (nearest === undefined ? "" : `, did you mean ${nearest}`),
      );
    }
    return given.tls as TlsSettings;
  }
  const { cert, key, tlsCertificate = cert, tlsPrivateKey = key } = given;
  if (given.tlsCertificate !== undefined && cert !== undefined) {
    throw conflict("cert", "tlsCertificate");
  }
  if (given.tlsPrivateKey !== undefined && key !== undefined) {
    throw conflict("key", "tlsPrivateKey");
  }
  if (tlsCertificate === undefined || tlsPrivateKey === undefined) {
    const other = TLS_OPTIONS.find((name) => given[name] !== undefined);
    if (other === undefined) return undefined;
    const missing = tlsCertificate === undefined ? "tlsCertificate" : "tlsPrivateKey";
    throw new TypeError(`Cannot use ${other} without ${missing}`);
  }
  const settings = Object.fromEntries(
    TLS_OPTIONS.filter((name) => given[name] !== undefined)
      .map((name) => [SETTING_OF[name], given[name]]),
  );
  return {
    ...settings,
    certificate: tlsCertificate,
    privateKey: tlsPrivateKey,
    ...(given.tlsSni === undefined ? {} : { certificates: [given.tlsSni].flat().map(parseSni) }),
  };
}

/** Reads a value of `tlsSni`.
 *
 * @param text `NAME=CERTIFICATE,KEY`
 * @returns the certificate and its name
 * @throws {RangeError} when the text has another form */
export function parseSni(text: string): NamedCertificateSettings {
  const [, name, certificate, privateKey] = /^([A-Za-z0-9*._-]+)=([^,]+),([^,]+)$/.exec(text) ?? [];
  if (name !== undefined) return { serverNames: [name], certificate, privateKey };
  throw new RangeError(
    `Cannot use ${JSON.stringify(text)} for SNI: expected NAME=CERTIFICATE,KEY with two files`,
  );
}

function checkSettings(settings: TlsSettings): void {
  const { clientAuth = "none", clientCa, password, passwordFile } = settings;
  for (const name of ["certificate", "privateKey"] as const) {
    if (typeof settings[name] !== "string") throw new TypeError(`Cannot use tls without ${name}`);
  }
  if (clientAuth !== "none" && clientCa === undefined) {
    throw new TypeError("Cannot ask clients for certificates without tlsClientCa");
  }
  if (clientAuth === "none" && clientCa !== undefined) {
    throw new TypeError(
      'Cannot use tlsClientCa without tlsClientAuth: expected "optional" or "required"',
    );
  }
  if (password !== undefined && passwordFile !== undefined) {
    throw conflict("password", "passwordFile");
  }
}

function chooseAdapter(
  settings: TlsSettings,
  given: ServerOptions,
  mode: Mode,
  bind: readonly BindAddress[],
): TlsAdapterName {
  const { adapter = "auto" } = settings;
  const reason = reasonAgainstDeno(given, mode, bind) ?? whyNode(settings);
  if (adapter === "deno" && reason !== undefined) {
    throw new TypeError(`Cannot use ${reason} with TLS adapter "deno": expected "node" or "auto"`);
  }
  return adapter === "auto" ? AUTO_ADAPTER : adapter;
}

/** Names what the server does with its sockets that `Deno.listenTls` cannot do. */
function reasonAgainstDeno(
  { proxyProtocol = "off" }: ServerOptions,
  mode: Mode,
  bind: readonly BindAddress[],
): string | undefined {
  if (mode === "sharded") return 'mode "sharded"'; // threads cannot share what it opens
  if (proxyProtocol !== "off") return "proxyProtocol"; // the server reads the first octets itself
  return bind.some(({ transport }) => transport !== "tcp") ? "a socket that is not TCP" : undefined;
}

/** Refuses options about TLS beside `tls`, which replaces them all. */
function refuseBesideTls(given: ServerOptions): void {
  const other = TLS_OPTIONS.find((name) => given[name] !== undefined);
  if (other !== undefined) throw conflict("tls", other);
}

function conflict(one: string, other: string): TypeError {
  return new TypeError(`Cannot use ${one} together with ${other}: expected one of them`);
}
