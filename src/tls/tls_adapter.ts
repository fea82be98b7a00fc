// The interface between a server and an implementation of TLS: it opens a listening socket, makes the
// handshake on each accepted connection, and describes the TLS of the connection. The base class reads
// the certificates, for all implementations.

import type { ByteStream } from "../io/byte_stream.ts";
import type { ListeningSocket } from "../net/listening_socket.ts";
import { filesOf, type Keyring, loadKeyring } from "./keyring.ts";
import { tlsEnviron } from "./tls_environ.ts";
import type { TlsInfo } from "./tls_info.ts";
import type { TlsSettings } from "./tls_settings.ts";

/** The protocols offered by ALPN (RFC 7301), the best first. curl asks for the second with its option for
 * HTTP/1.0. */
export const ALPN_PROTOCOLS: readonly string[] = ["http/1.1", "http/1.0"];

/** A connection behind its handshake. */
export interface TlsConnection {
  /** The octets inside of TLS. */
  readonly stream: ByteStream;
  /** What is known of its TLS. */
  readonly info: TlsInfo;
}

/** Where to listen. */
export interface TlsAddress {
  /** Name or IP address. */
  readonly hostname: string;
  /** TCP port; 0 is any free one. */
  readonly port: number;
  /** Connections that the system keeps until they are accepted. */
  readonly tcpBacklog: number;
  /** Whether other processes may listen on the same port. */
  readonly reusePort?: boolean;
}

/** The keys of an adapter, for the implementations here. */
export let keyringOf: (adapter: TlsAdapter) => Keyring;

/** An implementation of TLS, with its certificates. */
export abstract class TlsAdapter {
  /** Name of the implementation. */
  abstract readonly name: string;
  /** The settings that it was made with. */
  readonly settings: TlsSettings;
  #keyring: Keyring;

  /** Reads the certificates; opens nothing.
   *
   * @param settings certificates, and what is asked of clients
   * @throws {CertificateError} when a certificate or a key cannot be used */
  constructor(settings: TlsSettings) {
    this.settings = settings;
    this.#keyring = loadKeyring(settings);
  }

  /** Opens a listening socket.
   *
   * @param address where to listen
   * @param open opens a socket without TLS there, for implementations that do all of TLS in
   * {@linkcode wrap}
   * @returns the socket */
  abstract bind(address: TlsAddress, open: () => ListeningSocket): ListeningSocket;

  /** Makes the handshake. Closing the stream ends it.
   *
   * @param stream the connection, as the listening socket accepted it
   * @returns the connection
   * @throws {NoTlsError} when the client speaks plain HTTP, if the implementation can detect that
   * @throws {FatalTlsAlertError} when the handshake fails */
  abstract wrap(stream: ByteStream): Promise<TlsConnection>;

  /** Makes the variables that WSGI applications find in their environ.
   *
   * @param info the TLS of a connection
   * @returns names and values, without `wsgi.url_scheme` */
  getEnviron(info: TlsInfo): Record<string, string> {
    return Object.fromEntries(tlsEnviron(info));
  }

  /** Reads the files again. Open connections are not affected.
   *
   * @throws {CertificateError} when any of them cannot be used; the old certificates stay in force then */
  reload(): void {
    const before = this.#keyring;
    this.#keyring = loadKeyring(this.settings);
    try {
      this.useKeys();
    } catch (error) {
      this.#keyring = before;
      throw error;
    }
  }

  /** Warnings about the certificates in force, such as that one has expired. */
  get warnings(): readonly string[] {
    return this.#keyring.warnings;
  }

  /** The files that the certificates come from. */
  get files(): readonly string[] {
    return filesOf(this.settings);
  }

  /** Puts the keys in force that {@linkcode reload} has read, for handshakes from now on.
   *
   * @throws when the implementation cannot use them */
  protected abstract useKeys(): void;

  static {
    keyringOf = (adapter) => adapter.#keyring;
  }
}
