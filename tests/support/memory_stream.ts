// MemoryStream, a connection without a network: two ends, each a `ByteStream`, joined by two bounded pipes.
// It behaves like TCP where a server can go wrong: partial writes, back-pressure, half-close, and a close
// with unread input that destroys what the peer has not read yet. Tests can wait for a stalled side.

import { setImmediate } from "node:timers";
import type { ByteStream } from "../../src/io/byte_stream.ts";

/** The octets of one direction. */
class Pipe {
  readonly #octets: Uint8Array;
  #start = 0;
  #length = 0;
  #ended = false;
  #readFailure: Error | undefined;
  #writeFailure: Error | undefined;
  #reading = false;
  #writing = false;
  #changed = Promise.withResolvers<void>();

  constructor(capacity: number) {
    this.#octets = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Whether a reader waits and no octet is there. */
  get starved(): boolean {
    return this.#reading && this.#length === 0;
  }

  /** Whether a writer waits for room. */
  get blocked(): boolean {
    return this.#writing && this.#length === this.#octets.length;
  }

  /** Whether no octet will be written any more. */
  get finished(): boolean {
    return this.#writeFailure !== undefined;
  }

  async read(p: Uint8Array): Promise<number | null> {
    if (this.#reading) throw new TypeError("Cannot read: another read is under way");
    this.#reading = true;
    this.#notify(); // for `until`: this read may have to wait
    try {
      while (this.#readFailure === undefined && this.#length === 0 && !this.#ended) {
        await this.#change();
      }
      if (this.#readFailure !== undefined) throw this.#readFailure;
      return this.#length === 0 ? null : this.#take(p);
    } finally {
      this.#reading = false;
    }
  }

  async write(p: Uint8Array): Promise<number> {
    if (this.#writing) throw new TypeError("Cannot write: another write is under way");
    this.#writing = true;
    this.#notify();
    try {
      while (this.#writeFailure === undefined && this.#length === this.#octets.length) {
        await this.#change();
      }
      if (this.#writeFailure !== undefined) throw this.#writeFailure;
      return this.#put(p);
    } finally {
      this.#writing = false;
    }
  }

  end(): void {
    this.#ended = true;
    this.#writeFailure ??= new Deno.errors.BrokenPipe("Cannot write: this side was ended");
    this.#notify();
  }

  /** Makes reads fail and drops the octets in the pipe. */
  failReads(error: Error): void {
    this.#readFailure ??= error;
    this.#length = 0;
    this.#notify();
  }

  failWrites(error: Error): void {
    this.#writeFailure ??= error;
    this.#notify();
  }

  /** Resolves as soon as `condition` holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#change();
  }

  #take(p: Uint8Array): number {
    const count = Math.min(p.length, this.#length);
    for (let i = 0; i < count; i++) {
      p[i] = this.#octets[(this.#start + i) % this.#octets.length];
    }
    this.#start = (this.#start + count) % this.#octets.length;
    this.#length -= count;
    this.#notify();
    return count;
  }

  #put(p: Uint8Array): number {
    const count = Math.min(p.length, this.#octets.length - this.#length);
    for (let i = 0; i < count; i++) {
      this.#octets[(this.#start + this.#length + i) % this.#octets.length] = p[i];
    }
    this.#length += count;
    this.#notify();
    return count;
  }

  #change(): Promise<void> {
    return this.#changed.promise;
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

/** One end of an in-memory connection. It is stricter than Deno in one point: two reads or two writes at
 * once on the same end are a bug and throw. */
export class MemoryStream implements ByteStream {
  readonly #inbound: Pipe;
  readonly #outbound: Pipe;
  #peer!: MemoryStream;
  #closed = false;

  private constructor(inbound: Pipe, outbound: Pipe) {
    this.#inbound = inbound;
    this.#outbound = outbound;
  }

  /** Makes a connection.
   *
   * @param capacity octets that fit into each direction before a writer has to wait
   * @returns both ends */
  static pair(capacity = 64 * 1024): [client: MemoryStream, server: MemoryStream] {
    const toServer = new Pipe(capacity);
    const toClient = new Pipe(capacity);
    const client = new MemoryStream(toClient, toServer);
    const server = new MemoryStream(toServer, toClient);
    client.#peer = server;
    server.#peer = client;
    return [client, server];
  }

  /** Whether `close` or `reset` was called on this end. */
  get closed(): boolean {
    return this.#closed;
  }

  read(p: Uint8Array): Promise<number | null> {
    return this.#inbound.read(p);
  }

  write(p: Uint8Array): Promise<number> {
    // A closed socket responds to a segment with a reset, and the reset destroys what this end has not
    // read yet: the reason for lingering closes (RFC 9112 §9.6).
    if (this.#peer.#closed) {
      this.#inbound.failReads(new Deno.errors.ConnectionReset("Connection reset by peer"));
    }
    return this.#outbound.write(p);
  }

  closeWrite(): Promise<void> {
    if (this.#closed) return Promise.reject(new Deno.errors.BadResource("Bad resource ID"));
    this.#outbound.end();
    return Promise.resolve();
  }

  /** Closes both directions; unread input turns it into a reset, as on a TCP socket. */
  close(): void {
    if (this.#closed) throw new Deno.errors.BadResource("Bad resource ID");
    if (this.#inbound.length > 0) return this.reset();
    this.#shut();
    this.#outbound.end();
  }

  /** Closes with a reset: the peer loses the octets that it has not read. */
  reset(): void {
    this.#shut();
    this.#outbound.failReads(new Deno.errors.ConnectionReset("Connection reset by peer"));
    this.#outbound.failWrites(new Deno.errors.BadResource("Bad resource ID"));
  }

  /** Whether the peer will write nothing more: it half-closed, closed or reset. */
  get ended(): boolean {
    return this.#inbound.finished;
  }

  /** Octets that have arrived here and have not been read. */
  get available(): number {
    return this.#inbound.length;
  }

  /** Resolves when the peer has read everything that was written and waits for more. */
  peerStarved(): Promise<void> {
    return this.#outbound.until(() => this.#outbound.starved);
  }

  /** Resolves when the peer waits for room in its write because this end does not read. */
  peerBlocked(): Promise<void> {
    return this.#inbound.until(() => this.#inbound.blocked);
  }

  /** Resolves when the peer will write nothing more. */
  peerEnded(): Promise<void> {
    return this.#inbound.until(() => this.#inbound.finished);
  }

  #shut(): void {
    this.#closed = true;
    this.#inbound.failReads(new Deno.errors.Interrupted("operation canceled"));
    this.#inbound.failWrites(new Deno.errors.BrokenPipe("Broken pipe"));
    this.#outbound.failWrites(new Deno.errors.Interrupted("operation canceled"));
  }
}

/** Waits until the server can do nothing more without a client or a clock. In memory all of its work is
 * microtasks, and these are done when the next task begins. It does not use
 * a MessageChannel: once `node:worker_threads` is imported, Deno delivers its messages between microtasks. */
export function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
