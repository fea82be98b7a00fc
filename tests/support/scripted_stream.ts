// ScriptedStream, a `ByteStream` whose reads and writes stay pending until the test settles each of them.
// For tests of what happens between two I/O events. stateOf tells whether a promise is settled.

import type { ByteStream } from "../../src/io/byte_stream.ts";
import { settle } from "./memory_stream.ts";

export { settle };

/** A pending read or write. */
interface Pending<Result> {
  readonly target: Uint8Array;
  readonly settled: PromiseWithResolvers<Result>;
}

/** A `ByteStream` whose operations are settled by hand. */
export class ScriptedStream implements ByteStream {
  /** Number of reads so far. */
  reads = 0;
  /** The octets of each write, as text. */
  readonly writes: string[] = [];
  closed = false;
  halfClosed = false;
  #read: Pending<number | null> | undefined;
  #write: Pending<number> | undefined;

  /** Whether a read is pending. */
  get reading(): boolean {
    return this.#read !== undefined;
  }

  /** Whether a write is pending. */
  get writing(): boolean {
    return this.#write !== undefined;
  }

  /** Room of the pending read, in octets. */
  get readSize(): number {
    return this.#read?.target.length ?? 0;
  }

  read(target: Uint8Array): Promise<number | null> {
    if (this.#read !== undefined) throw new TypeError("Cannot read: another read is under way");
    this.reads++;
    this.#read = { target, settled: Promise.withResolvers() };
    return this.#read.settled.promise;
  }

  write(data: Uint8Array): Promise<number> {
    if (this.#write !== undefined) throw new TypeError("Cannot write: another write is under way");
    this.writes.push(new TextDecoder("latin1").decode(data));
    this.#write = { target: data, settled: Promise.withResolvers() };
    return this.#write.settled.promise;
  }

  closeWrite(): Promise<void> {
    this.halfClosed = true;
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
    this.#takeRead()?.settled.reject(new Deno.errors.Interrupted("operation canceled"));
    this.#takeWrite()?.settled.reject(new Deno.errors.Interrupted("operation canceled"));
  }

  /** Completes the pending read with these octets; `null` is the end of the stream. */
  async arrive(text: string | null): Promise<void> {
    const pending = this.#takeRead();
    if (pending === undefined) throw new TypeError("Cannot arrive: no read is pending");
    if (text === null) pending.settled.resolve(null);
    else {
      const octets = new TextEncoder().encode(text);
      pending.target.set(octets);
      pending.settled.resolve(octets.length);
    }
    await settle();
  }

  /** Fails the pending read. */
  async failRead(error: Error): Promise<void> {
    this.#takeRead()?.settled.reject(error);
    await settle();
  }

  /** Completes the pending write with this number of octets, all of them by default. */
  async take(count?: number): Promise<void> {
    const pending = this.#takeWrite();
    if (pending === undefined) throw new TypeError("Cannot take: no write is pending");
    pending.settled.resolve(count ?? pending.target.length);
    await settle();
  }

  /** Fails the pending write. */
  async failWrite(error: Error): Promise<void> {
    this.#takeWrite()?.settled.reject(error);
    await settle();
  }

  #takeRead(): Pending<number | null> | undefined {
    const pending = this.#read;
    this.#read = undefined;
    return pending;
  }

  #takeWrite(): Pending<number> | undefined {
    const pending = this.#write;
    this.#write = undefined;
    return pending;
  }
}

/** Tells whether a promise has settled by now.
 *
 * @param promise the promise
 * @returns its state */
export async function stateOf(promise: Promise<unknown>): Promise<"pending" | "done" | "failed"> {
  let state: "pending" | "done" | "failed" = "pending";
  promise.then(() => state = "done", () => state = "failed");
  await settle();
  return state;
}
