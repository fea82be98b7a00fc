// All key pairs of a server, by the names that clients ask for, and the CA of clients' certificates. They
// are read as a whole, so that one broken file leaves all the old ones in force.

import { isPem, type KeyPair, loadKeyPair, readCertificates, warningOf } from "./key_pair.ts";
import { CertificateError } from "./tls_errors.ts";
import type { NamedCertificateSettings, TlsSettings } from "./tls_settings.ts";

/** The keys that are in force. */
export interface Keyring {
  /** For clients without SNI, or with an unknown name. */
  readonly first: KeyPair;
  /** The others, by name in small letters; `*.` stands for one label. */
  readonly byName: ReadonlyMap<string, KeyPair>;
  /** Certificates of the CA that must have signed clients' certificates, in PEM. */
  readonly clientCa: readonly string[] | undefined;
  /** Warnings for the log. */
  readonly warnings: readonly string[];
}

/** Reads all keys.
 *
 * @param settings PEM or paths
 * @returns the keys
 * @throws {CertificateError} when any of them cannot be used */
export function loadKeyring(settings: TlsSettings): Keyring {
  const first = loadKeyPair(settings);
  const byName = new Map<string, KeyPair>();
  for (const each of settings.certificates ?? []) {
    const pair = loadKeyPair(each);
    for (const name of namesOf(each, pair)) {
      if (byName.has(name)) {
        throw new CertificateError(`Cannot use two certificates for ${JSON.stringify(name)}`);
      }
      byName.set(name, pair);
    }
  }
  const clientCa = settings.clientCa === undefined
    ? undefined
    : readCertificates(settings.clientCa, "CA of clients");
  const pairs = [first, ...new Set(byName.values())];
  const warnings = pairs.map((pair) => warningOf(pair, Date.now()));
  return {
    first,
    byName,
    clientCa,
    warnings: warnings.filter((each): each is string => each !== undefined),
  };
}

/** Finds the key pair for a name (RFC 6125 §6.4.3: `*` is one whole label).
 *
 * @param keyring the keys
 * @param serverName the name that the client asks for by SNI, if it does
 * @returns the pair for that name, else the first one */
export function chooseKeyPair(keyring: Keyring, serverName: string | undefined): KeyPair {
  if (serverName === undefined) return keyring.first;
  const name = serverName.toLowerCase();
  const wildcard = "*" + name.slice(Math.max(0, name.indexOf(".")));
  return keyring.byName.get(name) ?? keyring.byName.get(wildcard) ?? keyring.first;
}

/** The files that settings name.
 *
 * @param settings PEM or paths
 * @returns the paths, each once */
export function filesOf(settings: TlsSettings): string[] {
  const sources = [settings, ...settings.certificates ?? []].flatMap((each) => [
    each.certificate,
    each.privateKey,
    each.certificateChain,
    each.passwordFile,
  ]);
  const files = [...sources, settings.clientCa].filter((each): each is string =>
    each !== undefined && !isPem(each)
  );
  return [...new Set(files)];
}

function namesOf(settings: NamedCertificateSettings, { info }: KeyPair): string[] {
  const { serverNames } = settings;
  const names = serverNames ??
    info.subjectAltNames.filter(([kind]) => kind === "DNS").map(([, name]) => name);
  if (names.length > 0) return names.map((name) => name.toLowerCase());
  throw new CertificateError(
    "Cannot use certificate for SNI: it has no DNS name, expected serverNames",
  );
}
