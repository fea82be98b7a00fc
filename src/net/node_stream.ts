// Adapts a socket of `node:net` to the server's byte stream. Only `node:net` can accept on a descriptor
// that another process has opened, and only its sockets tell their descriptor. `node:net` pushes octets
// and the server pulls them; unread octets stay in the kernel.

import { Promise } from "../io/platform.ts";
import type { Socket } from "node:net";
import type { Address } from "../io/address.ts";
import type { PeerCredentials } from "../io/peer_credentials.ts";
import type { AcceptedSocket } from "./listening_socket.ts";

/** Most octets that one write takes: `node:net` reports a write only when all of it is written, and the
 * server must see the progress of a client that reads slowly. */
const LARGEST_WRITE = 64 * 1024;

/** A connected socket of `node:net`, paused. */
export class NodeStream implements AcceptedSocket {
  readonly localAddr: Address;
  readonly remoteAddr: Address;
  readonly peer: PeerCredentials | undefined;

  readonly #socket: Socket;
  /** Pieces that have arrived and are unread; more than one only if the pause came late. */
  readonly #pieces: Uint8Array[] = [];
  #reading: { target: Uint8Array; settle: PromiseWithResolvers<number | null> } | undefined;
  readonly #writing = new Set<PromiseWithResolvers<number>>();
  #ended = false;
  #closed = false;
  #failure: Error | undefined;

  /** @param socket owned by the stream from now on; it must allow a half-open connection
   * @param localAddr address of the listener, for a socket that does not tell it
   * @param peer identity of the client, if known */
  constructor(socket: Socket, localAddr: Address, peer?: PeerCredentials) {
    this.#socket = socket;
    this.peer = peer;
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    if (localAddr.transport === "unix") {
      this.localAddr = localAddr;
      this.remoteAddr = { transport: "unix", path: "" }; // clients have no address
    } else if (localAddress === undefined || remoteAddress === undefined) {
      throw new Deno.errors.NotConnected("The client has left"); // before it was accepted here
    } else {
      this.localAddr = { transport: "tcp", hostname: localAddress, port: localPort! };
      this.remoteAddr = { transport: "tcp", hostname: remoteAddress, port: remotePort! };
    }
    socket.pause();
    socket.on("data", (piece: Uint8Array) => this.#arrive(piece));
    socket.on("end", () => this.#end());
    socket.on("error", (error: Error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Deno.errors.NotConnected("The connection is closed")));
  }

  read(target: Uint8Array): Promise<number | null> {
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    if (this.#closed) reject(closed());
    else if (this.#reading !== undefined) reject(new TypeError("Cannot read: a read is under way"));
    else if (this.#pieces.length > 0) resolve(this.#take(target));
    else if (this.#ended) resolve(null);
    else if (this.#failure !== undefined) reject(this.#failure);
    else {
      this.#reading = { target, settle: { promise, resolve, reject } };
      this.#socket.resume();
    }
    return promise;
  }

  write(data: Uint8Array): Promise<number> {
    const writing = Promise.withResolvers<number>();
    if (this.#closed) writing.reject(closed());
    else if (this.#failure !== undefined) writing.reject(this.#failure);
    else {
      this.#writing.add(writing);
      const piece = data.subarray(0, LARGEST_WRITE);
      this.#socket.write(piece, (error) => {
        this.#writing.delete(writing);
        if (error) writing.reject(asDenoError(error));
        else writing.resolve(piece.length);
      });
    }
    return writing.promise;
  }

  closeWrite(): Promise<void> {
    if (this.#closed) return Promise.reject(closed());
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#socket.end((error?: Error | null) => error ? reject(asDenoError(error)) : resolve());
    return promise;
  }

  close(): void {
    if (this.#closed) throw closed();
    this.#closed = true;
    this.#interrupt(new Deno.errors.Interrupted("The connection was closed"));
    this.#pieces.length = 0;
    this.#socket.destroy();
  }

  setNoDelay(on: boolean): void {
    if (this.localAddr.transport === "tcp") this.#socket.setNoDelay(on);
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  #arrive(piece: Uint8Array): void {
    if (this.#closed || piece.length === 0) return;
    this.#pieces.push(piece);
    const reading = this.#reading;
    if (reading === undefined) {
      this.#socket.pause();
      return;
    }
    this.#reading = undefined;
    // If the server reads again at once, the socket is still running; if not, the next piece pauses it.
    if (piece.length > reading.target.length) this.#socket.pause();
    reading.settle.resolve(this.#take(reading.target));
  }

  #take(target: Uint8Array): number {
    const piece = this.#pieces[0];
    const count = Math.min(target.length, piece.length);
    target.set(piece.subarray(0, count));
    if (count === piece.length) this.#pieces.shift();
    else this.#pieces[0] = piece.subarray(count);
    return count;
  }

  #end(): void {
    this.#ended = true;
    this.#reading?.settle.resolve(null);
    this.#reading = undefined;
  }

  #fail(error: Error): void {
    this.#failure ??= asDenoError(error);
    this.#interrupt(this.#failure);
  }

  #interrupt(error: Error): void {
    this.#reading?.settle.reject(error);
    this.#reading = undefined;
    for (const { reject } of this.#writing) reject(error);
    this.#writing.clear();
  }
}

function closed(): Error {
  return new Deno.errors.BadResource("The connection is closed");
}

/** The server knows socket errors by the names that Deno gives them. */
function asDenoError(error: Error): Error {
  switch ((error as { code?: unknown }).code) {
    case "ECONNRESET":
      return new Deno.errors.ConnectionReset(error.message, { cause: error });
    case "ECANCELED": // a read or write that was under way when the socket failed
    case "ECONNABORTED":
      return new Deno.errors.ConnectionAborted(error.message, { cause: error });
    case "EPIPE":
    case "ERR_STREAM_DESTROYED":
    case "ERR_STREAM_WRITE_AFTER_END":
      return new Deno.errors.BrokenPipe(error.message, { cause: error });
    case "ENOTCONN":
      return new Deno.errors.NotConnected(error.message, { cause: error });
    default:
      return error;
  }
}
