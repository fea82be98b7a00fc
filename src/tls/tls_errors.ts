// The errors of TLS: certificates that cannot be used, a client that speaks plain HTTP, a handshake that
// fails.

import { ProtocolError } from "../http1/protocol_error.ts";
import type { ByteStream } from "../io/byte_stream.ts";

/** A certificate, a private key or another setting of TLS cannot be used. */
export class CertificateError extends TypeError {
  /** Name of the class, as in every `Error`. */
  override readonly name: string = "CertificateError";
}

/** A client speaks plain HTTP where TLS is expected. */
export class NoTlsError extends ProtocolError {
  /** Name of the class, as in every `Error`. */
  override readonly name: string = "NoTlsError";
  /** Content of the response to the client. */
  override readonly advice: string =
    "This port speaks HTTPS only: the URL has to begin with https:";
  /** The connection as it was accepted; reading it begins with the first octet. */
  readonly stream: ByteStream;

  /** Makes the error of one client.
   *
   * @param stream its connection, which begins with the first octet */
  constructor(stream: ByteStream) {
    const message = "Cannot begin TLS: the client speaks plain HTTP";
    super("http-on-tls-port", 400, "RFC 9110 §4.2.2", message);
    this.stream = stream;
  }
}

/** Stable names of the reasons why a handshake fails, for programs and tests. */
export type TlsFailure =
  | "client-closed"
  | "no-tls"
  | "no-shared-version"
  | "no-shared-cipher"
  | "no-shared-protocol"
  | "certificate-required"
  | "certificate-refused"
  | "refused-by-client"
  | "malformed"
  | "other";

/** A TLS handshake has failed, or a connection broke the protocol later. */
export class FatalTlsAlertError extends Error {
  /** Name of the class, as in every `Error`. */
  override readonly name: string = "FatalTlsAlertError";
  /** Stable name of the reason. */
  readonly code: TlsFailure;

  /** Makes the error of one fault.
   *
   * @param code stable name of the reason
   * @param message action first, then the reason, no full stop
   * @param cause the library's own error */
  constructor(code: TlsFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
