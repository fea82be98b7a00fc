// Turns what the TLS library says about a failed handshake into one of a few reasons that people and
// programs can distinguish. Both adapters use rustls, which Deno is built with, so the words are the same.

import { FatalTlsAlertError, type TlsFailure } from "./tls_errors.ts";

/** Words of the library and the reasons they stand for; the first match counts. */
const REASONS: readonly (readonly [words: RegExp, code: TlsFailure, meaning: string])[] = [
  [/InvalidContentType/, "no-tls", "the client does not speak TLS, perhaps plain HTTP"],
  [
    /SupportedVersionsExtensionRequired|Tls1\dNotOffered|SignatureAlgorithmsExtensionRequired/,
    "no-shared-version",
    "the client speaks no version of TLS that is accepted here",
  ],
  [
    /InCommon|no (shared|common)|CipherSuite/i,
    "no-shared-cipher",
    "the client has no cipher suite or key exchange that is accepted here",
  ],
  [
    /support any known protocol|NoApplicationProtocol/i,
    "no-shared-protocol",
    "the client does not offer http/1.1 by ALPN",
  ],
  [/sent no certificates/, "certificate-required", "the client has no certificate"],
  [/invalid peer certificate/, "certificate-refused", "the client's certificate is not trusted"],
  [/received fatal alert/, "refused-by-client", "the client has refused it"],
  [
    /unexpected end of file|socket hang up|eof|reset|broken pipe|canceled|closed/i,
    "client-closed",
    "the client has closed the connection",
  ],
  [/corrupt message|decrypt|unexpected message|misbehaved/i, "malformed", "it is malformed"],
];

/** Finds the reason why a handshake has failed.
 *
 * @param error the error that the library threw
 * @returns the error with its reason */
export function describeHandshakeFailure(error: unknown): FatalTlsAlertError {
  if (error instanceof FatalTlsAlertError) return error;
  const said = error instanceof Error ? error.message : String(error);
  const [, code, meaning] = REASONS.find(([words]) => words.test(said)) ??
    [undefined, "other" as const, "it was refused"];
  return handshakeFailure(code, code === "client-closed" ? meaning : `${meaning}: ${said}`, error);
}

/** Makes the error of a handshake that failed.
 *
 * @param code stable name of the reason
 * @param meaning the reason in words
 * @param cause the library's own error
 * @returns the error */
export function handshakeFailure(
  code: TlsFailure,
  meaning: string,
  cause?: unknown,
): FatalTlsAlertError {
  return new FatalTlsAlertError(code, `Cannot make TLS handshake: ${meaning}`, cause);
}

/** Makes the alert that tells a client the reason, for a connection that is not encrypted yet
 * (RFC 8446 §6). Deno's `node:tls` does not send it.
 *
 * @param code why the handshake failed
 * @returns the record; undefined when no alert fits */
export function alertRecord(code: TlsFailure): Uint8Array | undefined {
  const description = DESCRIPTIONS[code];
  return description === undefined ? undefined : new Uint8Array([21, 3, 3, 0, 2, 2, description]); // an alert of TLS 1.2, two octets, fatal
}

const DESCRIPTIONS: Partial<Record<TlsFailure, number>> = {
  "malformed": 50, // decode_error
  "no-tls": 50,
  "no-shared-version": 70, // protocol_version
  "no-shared-cipher": 40, // handshake_failure
  "no-shared-protocol": 120, // no_application_protocol
  "other": 80, // internal_error
};
