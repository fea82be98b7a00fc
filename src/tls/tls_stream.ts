// What is spoken inside of TLS, as the server's byte stream. A socket of `node:tls` pushes what arrives,
// the server pulls: here one meets the other. What is not pulled is held back in the transport.

import type { TLSSocket } from "node:tls";
import type { ByteStream } from "../io/byte_stream.ts";
import type { ByteDuplex } from "./byte_duplex.ts";
import { FatalTlsAlertError } from "./tls_errors.ts";

/** Most octets that one write takes: the socket tells of a write only when all of it has gone, and a
 * client that reads slowly must be seen to make progress. */
const LARGEST_WRITE = 64 * 1024;

/** The inside of a TLS connection. */
export class TlsStream implements ByteStream {
  readonly #socket: TLSSocket;
  readonly #transport: ByteDuplex;
  /** What has arrived and nobody has read: at most what one read of the transport brings. */
  readonly #pieces: Uint8Array[] = [];
  #reading: (PromiseWithResolvers<number | null> & { target: Uint8Array }) | undefined;
  readonly #writing = new Set<(error: Error) => void>();
  #ended = false;
  #failure: Error | undefined;

  /** @param socket behind its handshake; owned from here on
   * @param transport what it speaks over */
  constructor(socket: TLSSocket, transport: ByteDuplex) {
    this.#socket = socket;
    this.#transport = transport;
    transport.want(false);
    socket.on("data", (piece: Uint8Array) => this.#arrive(piece));
    socket.on("end", () => this.#end());
    socket.on("error", (error: Error) => this.#fail(meaningOf(error)));
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
        if (error) reject(meaningOf(error));
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
        if (error) reject(meaningOf(error));
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

/** The rest of the server knows errors of sockets by the names that Deno gives them; those of the stream
 * below have them already. */
function meaningOf(error: Error): Error {
  const code = String((error as { code?: unknown }).code);
  if (error.name !== "Error") return error;
  if (code === "ECONNRESET") return new Deno.errors.ConnectionReset(error.message);
  if (code.startsWith("ERR_SSL")) {
    const message = `Cannot go on with TLS: ${error.message}`;
    return new FatalTlsAlertError("malformed", message, error);
  }
  return new Deno.errors.BrokenPipe(error.message, { cause: error });
}
