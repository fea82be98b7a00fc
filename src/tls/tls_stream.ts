// The octets inside of TLS, as the server's byte stream. A socket of `node:tls` pushes octets, the server
// pulls them; while the server does not read, this file stops the transport's reads.

import { Promise } from "../io/platform.ts";
import type { TLSSocket } from "node:tls";
import type { ByteStream } from "../io/byte_stream.ts";
import type { ByteDuplex } from "./byte_duplex.ts";
import { FatalTlsAlertError } from "./tls_errors.ts";

/** Most octets that one write takes. The socket reports a write only when all of it has been sent, and the
 * progress of a slow client must be visible. */
const LARGEST_WRITE = 64 * 1024;

/** The inside of a TLS connection. */
export class TlsStream implements ByteStream {
  readonly #socket: TLSSocket;
  readonly #transport: ByteDuplex;
  /** Octets that have arrived and have not been read: at most those of one read of the transport. */
  readonly #pieces: Uint8Array[] = [];
  #reading: (PromiseWithResolvers<number | null> & { target: Uint8Array }) | undefined;
  readonly #writing = new Set<(error: Error) => void>();
  #ended = false;
  #failure: Error | undefined;

  /** @param socket the socket after its handshake; this stream owns it from here on
   * @param transport its transport */
  constructor(socket: TLSSocket, transport: ByteDuplex) {
    this.#socket = socket;
    this.#transport = transport;
    transport.want(false);
    socket.on("data", (piece: Uint8Array) => this.#arrive(piece));
    socket.on("end", () => this.#end());
    socket.on("error", (error: Error) => this.#fail(toDenoError(error)));
    socket.on("close", () => this.#fail(new Deno.errors.NotConnected("The connection is closed")));
  }

  read(target: Uint8Array): Promise<number | null> {
    if (this.#pieces.length > 0) return Promise.resolve(this.#take(target));
    if (this.#ended) return Promise.resolve(null);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#reading !== undefined) throw new TypeError("Cannot read: a read is under way");
    this.#reading = { ...Promise.withResolvers<number | null>(), target };
    const { promise } = this.#reading;
    this.#transport.want(true);
    return promise;
  }

  write(data: Uint8Array): Promise<number> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const piece = data.length > LARGEST_WRITE ? data.subarray(0, LARGEST_WRITE) : data;
      this.#writing.add(reject);
      this.#socket.write(piece, (error) => {
        this.#writing.delete(reject);
        if (error) reject(toDenoError(error));
        else resolve(piece.length);
      });
    });
  }

  closeWrite(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#writing.add(reject);
      this.#socket.end((error?: Error | null) => {
        this.#writing.delete(reject);
        if (error) reject(toDenoError(error));
        else resolve();
      });
    });
  }

  close(): void {
    this.#pieces.length = 0;
    this.#fail(new Deno.errors.Interrupted("The connection was closed"));
    this.#socket.destroy();
  }

  #arrive(piece: Uint8Array): void {
    if (piece.length === 0 || this.#failure !== undefined) return;
    this.#pieces.push(piece);
    this.#transport.want(false);
    const reading = this.#reading;
    if (reading === undefined) return;
    this.#reading = undefined;
    reading.resolve(this.#take(reading.target));
  }

  #take(target: Uint8Array): number {
    const piece = this.#pieces[0];
    if (piece.length <= target.length) {
      target.set(piece);
      this.#pieces.shift();
      return piece.length;
    }
    target.set(piece.subarray(0, target.length));
    this.#pieces[0] = piece.subarray(target.length);
    return target.length;
  }

  #end(): void {
    this.#ended = true;
    this.#reading?.resolve(null);
    this.#reading = undefined;
  }

  #fail(error: Error): void {
    const failure = this.#failure ??= error;
    this.#reading?.reject(failure);
    this.#reading = undefined;
    for (const reject of this.#writing) reject(failure);
    this.#writing.clear();
  }
}

/** Makes an error of Deno of an error of Node, as the server knows errors of sockets by Deno's names. Errors
 * of the stream below are of Deno already. */
function toDenoError(error: Error): Error {
  const code = String((error as { code?: unknown }).code);
  if (error.name !== "Error") return error;
  if (code === "ECONNRESET") return new Deno.errors.ConnectionReset(error.message);
  if (code.startsWith("ERR_SSL")) {
    const message = `Cannot go on with TLS: ${error.message}`;
    return new FatalTlsAlertError("malformed", message, error);
  }
  return new Deno.errors.BrokenPipe(error.message, { cause: error });
}
