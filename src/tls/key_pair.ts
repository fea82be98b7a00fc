// Reads a certificate and its private key, from text or files, and checks that they can be used. That runs
// before anything is opened, so that a wrong file is an error at the start and not for a client.

import { certificateInfo } from "./certificate_info.ts";
import { builtin } from "./node_modules.ts";
import { CertificateError } from "./tls_errors.ts";
import type { CertificateInfo } from "./tls_info.ts";
import type { CertificateSettings } from "./tls_settings.ts";

/** A certificate with its private key, ready for use. */
export interface KeyPair {
  /** The certificate and its chain, in PEM. */
  readonly certificate: string;
  /** The private key in PEM, decrypted. */
  readonly privateKey: string;
  /** The contents of the certificate. */
  readonly info: CertificateInfo;
}

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
const PRIVATE_KEY =
  /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[^-]+-----END (?:[A-Z]+ )?PRIVATE KEY-----/;

/** Whether a setting is PEM itself, and not the path of a file with it. */
export function isPem(text: string): boolean {
  return text.includes("-----BEGIN ");
}

/** Reads a certificate and its private key.
 *
 * @param settings PEM or paths
 * @returns the pair
 * @throws {CertificateError} when they cannot be read or do not belong together */
export function loadKeyPair(settings: CertificateSettings): KeyPair {
  const chain = settings.certificateChain === undefined
    ? []
    : readCertificates(settings.certificateChain, "certificate chain");
  const [own, ...rest] = readCertificates(settings.certificate, "certificate");
  const info = infoOf(own, settings.certificate, "certificate");
  for (const issuer of rest) infoOf(issuer, settings.certificate, "certificate");
  for (const issuer of chain) infoOf(issuer, settings.certificateChain!, "certificate chain");
  const privateKey = readPrivateKey(settings);
  const { X509Certificate } = builtin("node:crypto");
  if (!new X509Certificate(own).checkPrivateKey(privateKey)) {
    throw new CertificateError(
      `Cannot use private key${nameOf(settings.privateKey)}: it is not the one of the certificate` +
        nameOf(settings.certificate),
    );
  }
  return {
    certificate: [own, ...rest, ...chain].join("\n") + "\n",
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    info,
  };
}

/** Reads certificates.
 *
 * @param source PEM, or the path of a file with it
 * @param what their name in messages
 * @returns each certificate in PEM, at least one
 * @throws {CertificateError} when the source has no certificate or cannot be read */
export function readCertificates(source: string, what: string): string[] {
  const certificates = readText(source, what).match(CERTIFICATES) ?? [];
  if (certificates.length > 0) return certificates;
  throw new CertificateError(
    `Cannot use ${what}${nameOf(source)}: expected PEM with -----BEGIN CERTIFICATE-----`,
  );
}

/** A warning about a certificate that can be used but is not valid at `now`; undefined if it is valid. */
export function warningOf({ info }: KeyPair, now: number): string | undefined {
  const who = `of ${info.subject.find(([name]) => name === "CN")?.[1] ?? info.serialNumber}`;
  if (now > info.validTo) {
    return `Certificate ${who} has expired at ${new Date(info.validTo).toISOString()}`;
  }
  if (now < info.validFrom) {
    return `Certificate ${who} is not valid before ${new Date(info.validFrom).toISOString()}`;
  }
  return undefined;
}

function readPrivateKey({ privateKey, password, passwordFile }: CertificateSettings) {
  const pem = readText(privateKey, "private key").match(PRIVATE_KEY)?.[0];
  const what = `private key${nameOf(privateKey)}`;
  if (pem === undefined) {
    throw new CertificateError(`Cannot use ${what}: expected PEM with -----BEGIN PRIVATE KEY-----`);
  }
  const passphrase = passwordFile === undefined
    ? password
    : readFile(passwordFile, "password file").split(/\r?\n/)[0];
  const isEncrypted = pem.includes("ENCRYPTED");
  if (isEncrypted && passphrase === undefined) {
    throw new CertificateError(`Cannot use ${what}: it is encrypted, expected a password`);
  }
  if (!isEncrypted && passphrase !== undefined) {
    throw new CertificateError(`Cannot use a password with ${what}: it is not encrypted`);
  }
  try {
    const key = { key: pem, format: "pem" } as const;
    return builtin("node:crypto").createPrivateKey(isEncrypted ? { ...key, passphrase } : key);
  } catch (cause) {
    const reason = isEncrypted ? "wrong password, or no key" : "no key";
    throw new CertificateError(`Cannot use ${what}: ${reason}`, { cause });
  }
}

function infoOf(pem: string, source: string, what: string): CertificateInfo {
  const { X509Certificate } = builtin("node:crypto");
  try {
    return certificateInfo(new X509Certificate(pem).raw);
  } catch (cause) {
    throw new CertificateError(`Cannot use ${what}${nameOf(source)}: it is malformed`, { cause });
  }
}

function readText(source: string, what: string): string {
  return isPem(source) ? source : readFile(source, `${what} file`);
}

function readFile(path: string, what: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    throw new CertificateError(
      `Cannot read ${what} ${JSON.stringify(path)}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** A file's name in a message; empty for PEM, which may be a key. */
function nameOf(source: string): string {
  return isPem(source) ? "" : ` ${JSON.stringify(source)}`;
}
