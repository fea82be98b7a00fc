// TLS by `Deno.listenTls`: decryption happens in Rust, so it is the fastest implementation. It serves one
// certificate; it cannot look at the first octets, ask clients for certificates, or learn what was agreed
// on. Deno 2.9 keeps a socket that is closed within its handshake until the client does something.

import type { ByteStream } from "../io/byte_stream.ts";
import type { ListeningSocket } from "../net/listening_socket.ts";
import { describeHandshakeFailure } from "./handshake_failure.ts";
import { ReopeningSocket } from "./reopening_socket.ts";
import {
  ALPN_PROTOCOLS,
  keyringOf,
  TlsAdapter,
  type TlsAddress,
  type TlsConnection,
} from "./tls_adapter.ts";
import { CertificateError } from "./tls_errors.ts";
import type { TlsInfo } from "./tls_info.ts";
import type { TlsSettings } from "./tls_settings.ts";

/** TLS by `Deno.listenTls`. */
export class DenoTlsAdapter extends TlsAdapter {
  /** `"deno"`. */
  readonly name = "deno";
  readonly #sockets = new Set<ReopeningSocket>();
  #pem: { readonly cert: string; readonly key: string };
  #info: TlsInfo;

  /** Reads the certificates; opens nothing.
   *
   * @param settings certificate and private key
   * @throws {CertificateError} when they cannot be used, or more is asked for */
  constructor(settings: TlsSettings) {
    const reason = whyNode(settings);
    if (reason !== undefined) {
      throw new CertificateError(`Cannot use ${reason} with TLS adapter "deno": expected "node"`);
    }
    super(settings);
    [this.#pem, this.#info] = prepare(this);
  }

  /** Opens a listening socket. Its certificate cannot be changed: at a reload the socket is closed and
   * opened again, and a client that connects at that moment may be refused.
   *
   * @param address where to listen
   * @returns the socket
   * @throws what `Deno.listenTls` throws */
  bind(address: TlsAddress): ListeningSocket {
    const socket = new ReopeningSocket(
      (port) =>
        Deno.listenTls({ ...address, port, ...this.#pem, alpnProtocols: [...ALPN_PROTOCOLS] }),
      address.port,
      () => this.#sockets.delete(socket),
    );
    this.#sockets.add(socket);
    return socket;
  }

  /** Waits for the handshake.
   *
   * @param stream a connection that the socket of {@linkcode bind} accepted
   * @returns the connection
   * @throws {TypeError} when it was not accepted from `Deno.listenTls`
   * @throws {FatalTlsAlertError} when the handshake fails */
  async wrap(stream: ByteStream): Promise<TlsConnection> {
    if (!isTlsConn(stream)) {
      throw new TypeError("Cannot begin TLS: expected what was accepted from Deno.listenTls");
    }
    const info = this.#info;
    try {
      const { alpnProtocol } = await stream.handshake();
      const agreed = alpnProtocol === null ? undefined : alpnProtocol;
      return { stream, info: agreed === undefined ? info : { ...info, alpnProtocol: agreed } };
    } catch (error) {
      throw describeHandshakeFailure(error);
    }
  }

  /** Puts the keys in force that were read last. */
  protected override useKeys(): void {
    [this.#pem, this.#info] = prepare(this);
    for (const socket of this.#sockets) socket.reopen();
  }
}

/** Finds a setting that `Deno.listenTls` does not have.
 *
 * @param settings settings of TLS
 * @returns its name in a message; undefined when there is none */
export function whyNode(settings: TlsSettings): string | undefined {
  if (settings.certificates !== undefined) return "several certificates";
  if ((settings.clientAuth ?? "none") !== "none") return "clientAuth";
  if ((settings.minVersion ?? "TLSv1.2") !== "TLSv1.2") return "minVersion";
  if (settings.ciphers !== undefined) return "ciphers";
  return undefined;
}

/** The certificate and key for `Deno.listenTls`, and the description of every connection with them. */
function prepare(adapter: TlsAdapter): [pem: { cert: string; key: string }, info: TlsInfo] {
  const { first } = keyringOf(adapter);
  const pem = { cert: first.certificate, key: first.privateKey };
  return [pem, {
    adapter: "deno",
    library: `Deno/${Deno.version.deno}`,
    protocol: undefined,
    cipher: undefined,
    cipherBits: undefined,
    serverName: undefined,
    alpnProtocol: undefined,
    clientVerification: "none",
    clientVerificationError: undefined,
    clientCertificate: undefined,
    serverCertificate: first.info,
    sessionId: undefined,
  }];
}

function isTlsConn(stream: ByteStream): stream is Deno.TlsConn {
  return "handshake" in stream;
}
