// What does a server ask of an implementation of TLS? To open a listening socket, to make the handshake
// on what was accepted there, and to say what came of it. Certificates are read here, for all of them.

import type { ByteStream } from "../io/byte_stream.ts";
import type { ListeningSocket } from "../net/listening_socket.ts";
import { filesOf, type Keyring, loadKeyring } from "./keyring.ts";
import { tlsEnviron } from "./tls_environ.ts";
import type { TlsInfo } from "./tls_info.ts";
import type { TlsSettings } from "./tls_settings.ts";

/** What is offered by ALPN (RFC 7301), the best first. curl asks for the second where it is told to
 * speak HTTP/1.0. */
export const ALPN_PROTOCOLS: readonly string[] = ["http/1.1", "http/1.0"];

/** A connection behind its handshake. */
export interface TlsConnection {
  /** What is spoken inside of TLS. */
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
}

/** An implementation of TLS, with its certificates. */
export abstract class TlsAdapter {
  /** Name of the implementation. */
  abstract readonly name: string;
  /** What it was made with. */
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
   * @param address where
   * @param open opens one without TLS there, for implementations that wrap what it accepts
   * @returns the socket */
  abstract bind(address: TlsAddress, open: () => ListeningSocket): ListeningSocket;

  /** Makes the handshake. Closing the stream ends it.
   *
   * @param stream what the listening socket has accepted
   * @returns the connection
   * @throws {NoTlsError} when the client speaks plain HTTP, where that can be told
   * @throws {FatalTlsAlertError} when the handshake fails */
  abstract wrap(stream: ByteStream): Promise<TlsConnection>;

  /** Makes the variables that WSGI applications find.
   *
   * @param info what is known of a connection
   * @returns names and values, without `wsgi.url_scheme` */
  getEnviron(info: TlsInfo): Record<string, string> {
    return Object.fromEntries(tlsEnviron(info));
  }

  /** Reads the files again. Connections that are open go on as they are.
   *
   * @throws {CertificateError} when any of them cannot be used; the old ones stay in force */
  reload(): void {
    const keyring = loadKeyring(this.settings);
    this.use(keyring);
    this.#keyring = keyring;
  }

  /** What should be noted of the certificates in force, such as that one has expired. */
  get warnings(): readonly string[] {
    return this.#keyring.warnings;
  }

  /** The files that the certificates come from. */
  get files(): readonly string[] {
    return filesOf(this.settings);
  }

  /** The keys that are in force. */
  protected get keyring(): Keyring {
    return this.#keyring;
  }

  /** Puts other keys in force for handshakes from now on.
   *
   * @param keyring the keys
   * @throws when the implementation cannot use them */
  protected abstract use(keyring: Keyring): void;
}
