// TLS by `node:tls`, over any stream of octets. It looks at the first octets before the library does, can
// ask clients for certificates, and changes certificates between two connections, so that a reload
// refuses no client.

import type { SecureContext, SecureContextOptions, Server, TLSSocket } from "node:tls";
import type { ByteStream } from "../io/byte_stream.ts";
import { prefixedStream } from "../io/prefixed_stream.ts";
import type { ListeningSocket } from "../net/listening_socket.ts";
import { certificateInfo } from "./certificate_info.ts";
import { ClientTrust } from "./client_trust.ts";
import { handshakeFailure } from "./handshake_failure.ts";
import { type KeyPair, unusable } from "./key_pair.ts";
import { chooseKeyPair, type Keyring } from "./keyring.ts";
import { handshake } from "./node_handshake.ts";
import { builtin } from "./node_modules.ts";
import {
  ALPN_PROTOCOLS,
  keyringOf,
  TlsAdapter,
  type TlsAddress,
  type TlsConnection,
} from "./tls_adapter.ts";
import { CertificateError, NoTlsError } from "./tls_errors.ts";
import type { CertificateInfo, TlsInfo } from "./tls_info.ts";
import { TlsStream } from "./tls_stream.ts";
import type { TlsSettings } from "./tls_settings.ts";

/** First octet of every handshake (RFC 8446 §5.1). */
const HANDSHAKE_RECORD = 22;
/** Octets of the first read; most clients' first messages fit. */
const FIRST_READ = 2048;

/** TLS by `node:tls`. */
export class NodeTlsAdapter extends TlsAdapter {
  /** `"node"`. */
  readonly name = "node";
  readonly #trust = new ClientTrust();
  #context: KeysInForce;

  /** Reads the certificates; opens nothing.
   *
   * @param settings certificates, and what is asked of clients
   * @throws {CertificateError} when they cannot be used */
  constructor(settings: TlsSettings) {
    super(settings);
    this.#context = new KeysInForce(keyringOf(this), settings, this.#trust);
  }

  /** Opens a listening socket without TLS: {@linkcode wrap} does all of it.
   *
   * @param _address where to listen; `open` knows it
   * @param open opens the socket
   * @returns the socket */
  bind(_address: TlsAddress, open: () => ListeningSocket): ListeningSocket {
    return open();
  }

  /** Looks at the first octets and makes the handshake.
   *
   * @param stream the connection, with nothing read from it
   * @returns the connection
   * @throws {NoTlsError} when the client speaks plain HTTP
   * @throws {FatalTlsAlertError} when the handshake fails, or a setting forbids what was agreed on */
  async wrap(stream: ByteStream): Promise<TlsConnection> {
    const context = this.#context; // one handshake uses the same keys throughout, even across a reload
    const first = await readFirst(stream);
    const connection = prefixedStream(first, stream);
    if (isLetter(first[0])) throw new NoTlsError(connection);
    if (first[0] !== HANDSHAKE_RECORD) {
      throw handshakeFailure("no-tls", "the client does not speak TLS");
    }
    const { socket, transport } = await handshake(context.server, connection);
    try {
      return { info: context.examine(socket), stream: new TlsStream(socket, transport) };
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** Puts the keys in force that were read last. */
  protected override useKeys(): void {
    this.#context = new KeysInForce(keyringOf(this), this.settings, this.#trust);
  }
}

/** The keys in force, in the form of the library. */
class KeysInForce {
  readonly server: Server;
  readonly #keyring: Keyring;
  readonly #settings: TlsSettings;
  readonly #trust: ClientTrust;
  readonly #ciphers: ReadonlySet<string> | undefined;

  constructor(keyring: Keyring, settings: TlsSettings, trust: ClientTrust) {
    const tls = builtin("node:tls");
    this.#keyring = keyring;
    this.#settings = settings;
    this.#trust = trust;
    this.#ciphers = knownCiphers(settings.ciphers);
    const contexts = new Map<KeyPair, SecureContext>();
    for (const pair of keyring.byName.values()) {
      if (!contexts.has(pair)) contexts.set(pair, this.#createContext(pair));
    }
    this.#createContext(keyring.first); // createServer() would not say which certificate it refuses
    const choose = (name: string, done: (error: null, context?: SecureContext) => void) =>
      done(null, contexts.get(chooseKeyPair(keyring, name)));
    this.server = tls.createServer({
      ...this.#contextOf(keyring.first),
      ALPNProtocols: [...ALPN_PROTOCOLS],
      requestCert: (settings.clientAuth ?? "none") !== "none",
      // examine() checks the certificate: the library would not say why it closes.
      rejectUnauthorized: false,
      ...(contexts.size > 0 ? { SNICallback: choose } : {}),
    });
  }

  /** Describes the TLS of a connection.
   *
   * @throws {FatalTlsAlertError} when the settings forbid what was agreed on */
  examine(socket: TLSSocket): TlsInfo {
    const cipher = socket.getCipher();
    if (this.#ciphers !== undefined && !this.#ciphers.has(cipher.name.toLowerCase())) {
      throw handshakeFailure("no-shared-cipher", `${cipher.name} is not one of the ciphers`);
    }
    const serverName = textOr(socketName(socket));
    return {
      adapter: "node",
      library: `Deno/${Deno.version.deno}`,
      protocol: socket.getProtocol() ?? undefined,
      cipher: cipher.name,
      cipherBits: bitsOf(cipher.name),
      serverName,
      alpnProtocol: textOr(socket.alpnProtocol),
      ...this.#examineClient(socket),
      serverCertificate: chooseKeyPair(this.#keyring, serverName).info,
      sessionId: undefined,
    };
  }

  #examineClient(
    socket: TLSSocket,
  ): Pick<TlsInfo, "clientVerification" | "clientVerificationError" | "clientCertificate"> {
    const { clientAuth = "none" } = this.#settings;
    const der = clientAuth === "none" ? undefined : socket.getPeerCertificate(false)?.raw;
    if (der === undefined) {
      if (clientAuth === "required") {
        throw handshakeFailure("certificate-required", "the client has no certificate");
      }
      return {
        clientVerification: "none",
        clientVerificationError: undefined,
        clientCertificate: undefined,
      };
    }
    let reason: string | undefined = String(socket.authorizationError ?? "unknown");
    if (socket.authorized) {
      const certificate = certificateInfo(der);
      reason = this.#whyUntrusted(certificate, socket.isSessionReused());
      if (reason === undefined) {
        return {
          clientVerification: "success",
          clientVerificationError: undefined,
          clientCertificate: certificate,
        };
      }
    }
    if (clientAuth === "required") {
      const meaning = `the client's certificate is not trusted: ${reason}`;
      throw handshakeFailure("certificate-refused", meaning);
    }
    return {
      clientVerification: "failed",
      clientVerificationError: reason,
      clientCertificate: undefined,
    };
  }

  /** The library says "authorized" of every resumed session, also after a certificate that it refused. */
  #whyUntrusted(certificate: CertificateInfo, resumed: boolean): string | undefined {
    const { clientCa = [] } = this.#keyring;
    if (resumed) return this.#trust.faultOf(certificate, clientCa);
    this.#trust.remember(certificate, clientCa);
    return undefined;
  }

  /** @throws {CertificateError} when the library refuses the pair, such as one with a short key */
  #createContext(pair: KeyPair): SecureContext {
    try {
      return builtin("node:tls").createSecureContext(this.#contextOf(pair));
    } catch (cause) {
      const { reason, message } = cause as { reason?: unknown; message: string };
      throw unusable(pair, typeof reason === "string" ? reason : message, cause);
    }
  }

  #contextOf({ certificate, privateKey }: KeyPair): SecureContextOptions {
    const { clientCa } = this.#keyring;
    return {
      cert: certificate,
      key: privateKey,
      minVersion: this.#settings.minVersion ?? "TLSv1.2",
      ...(clientCa === undefined ? {} : { ca: [...clientCa] }),
    };
  }
}

/** The accepted cipher suites. Deno's library negotiates any suite that it has, so this set is compared with
 * the one that was agreed on. */
function knownCiphers(ciphers: string | undefined): ReadonlySet<string> | undefined {
  if (ciphers === undefined) return undefined;
  const known = builtin("node:tls").getCiphers();
  const names = ciphers.split(":").map((name) => name.toLowerCase());
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return new Set(names);
  throw new CertificateError(
    `Cannot use cipher ${JSON.stringify(unknown)}: expected ${known.join(", ")}`,
  );
}

async function readFirst(stream: ByteStream): Promise<Uint8Array> {
  const storage = new Uint8Array(FIRST_READ);
  let count: number | null;
  try {
    count = await stream.read(storage);
  } catch (error) {
    throw handshakeFailure("client-closed", "the client has closed the connection", error);
  }
  if (count !== null) return storage.subarray(0, count);
  throw handshakeFailure("client-closed", "the client has closed the connection");
}

/** Whether an octet is a letter: methods of HTTP begin with one, records of TLS never do. */
function isLetter(octet: number): boolean {
  const small = octet | 0x20;
  return small >= 0x61 && small <= 0x7a;
}

/** The name that the client asks for by SNI; the types have this member for clients only. */
function socketName(socket: TLSSocket): string | false | null | undefined {
  return (socket as { servername?: string | false | null }).servername;
}

function textOr(value: string | false | null | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Bits of the key of a cipher suite, from its name: the suites in use today name one of two lengths. */
function bitsOf(cipher: string): number | undefined {
  if (/AES_?128/.test(cipher)) return 128;
  return /AES_?256|CHACHA20/.test(cipher) ? 256 : undefined;
}
