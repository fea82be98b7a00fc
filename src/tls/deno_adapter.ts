// TLS by `Deno.listenTls`: octets never leave Rust before they are plain, so it is the fastest that there
// is. It can do nothing but serve one certificate: neither is there a look at the first octets, nor are
// clients asked for certificates, nor is it told what was agreed on. A socket that is closed within its
// handshake is kept by Deno 2.9 until the client does something.

import type { ByteStream } from "../io/byte_stream.ts";
import type { ListeningSocket } from "../net/listening_socket.ts";
import { describeHandshakeFailure } from "./handshake_failure.ts";
import type { Keyring } from "./keyring.ts";
import { ReopeningSocket } from "./reopening_socket.ts";
import { ALPN_PROTOCOLS, TlsAdapter, type TlsAddress, type TlsConnection } from "./tls_adapter.ts";
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
    [this.#pem, this.#info] = prepare(this.keyring);
  }

  /** Opens a listening socket. The certificate of one cannot be changed: at a reload it is closed and
   * opened again, and who connects at that moment may be refused. */
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

  /** Waits for the handshake. */
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

  /** Puts other keys in force.
   *
   * @param keyring the keys */
  protected override use(keyring: Keyring): void {
    [this.#pem, this.#info] = prepare(keyring);
    for (const socket of this.#sockets) socket.reopen();
  }
}

/** Which setting `Deno.listenTls` does not have, if one is given.
 *
 * @param settings settings of TLS
 * @returns what to call it in a message */
export function whyNode(settings: TlsSettings): string | undefined {
  if (settings.certificates !== undefined) return "several certificates";
  if ((settings.clientAuth ?? "none") !== "none") return "clientAuth";
  if ((settings.minVersion ?? "TLSv1.2") !== "TLSv1.2") return "minVersion";
  if (settings.ciphers !== undefined) return "ciphers";
  return undefined;
}

/** Whatever Deno does not take is found here, before a socket is opened or closed. */
function prepare({ first }: Keyring): [pem: { cert: string; key: string }, info: TlsInfo] {
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
