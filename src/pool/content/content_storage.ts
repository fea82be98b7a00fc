// Lends storage for content that crosses to a worker: memory that both threads see, so that posting it
// copies nothing. The worker copies the octets out when it claims the exchange. Until then another worker
// can still be given the exchange, which storage that is transferred would not allow.

/** Octets of each storage; larger content crosses in pieces. */
const SIZE = 64 * 1024;
/** Shorter content is cloned, which costs less than to share it. */
const SHORTEST = 16 * 1024;
/** Storages that are kept for the next contents: as many as may come at the same moment. */
const MAX_FREE = 64;

/** Storage for contents of known length. */
export class ContentStorage {
  readonly #free: SharedArrayBuffer[] = [];

  /** Lends storage.
   *
   * @param length octets of the content
   * @returns undefined for content that is better cloned */
  lend(length: number): Uint8Array<SharedArrayBuffer> | undefined {
    if (length <= SHORTEST || length > SIZE) return undefined;
    return new Uint8Array(this.#free.pop() ?? new SharedArrayBuffer(SIZE), 0, length);
  }

  /** Takes storage back that no worker can read any more. */
  giveBack({ buffer }: Uint8Array): void {
    if (buffer instanceof SharedArrayBuffer && this.#free.length < MAX_FREE) {
      this.#free.push(buffer);
    }
  }
}
