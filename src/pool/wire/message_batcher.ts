// Messages on their way to the other side. What is put in during one turn of the event loop leaves as
// one batch.

import type { BatchMember } from "./messages.ts";

/** What carries a batch away. Its first member is for whoever numbers batches. */
export type Post = (batch: BatchMember[], transfer: ArrayBuffer[]) => void;

/** What one turn of the event loop sets off comes here after different numbers of microtasks: one
 * handler awaits more than another. A round of waiting costs fifty nanoseconds, another batch twenty
 * microseconds. */
const QUIET_ROUNDS = 8;

/** Collects messages into batches. */
export class MessageBatcher {
  /** Called when a batch has left. */
  onSent: () => void = () => {};

  readonly #post: Post;
  #batch: BatchMember[] = [0];
  #transfer: ArrayBuffer[] = [];
  #scheduled = false;
  /** Rounds of microtasks in which nothing was put in. */
  #quiet = 0;

  /** @param post carries a batch away */
  constructor(post: Post) {
    this.#post = post;
  }

  /** Whether nothing waits to be sent. */
  get empty(): boolean {
    return this.#batch.length === 1;
  }

  /** Puts a message into the next batch. */
  put(kind: number, id: number, text: string, payload: BatchMember = null): void {
    this.#batch.push(kind, id, text, payload);
    this.#quiet = 0;
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#wait);
  }

  /** Puts a message with octets that are given away: the array must not be used afterwards. */
  give(kind: number, id: number, octets: Uint8Array<ArrayBuffer>): void {
    this.#transfer.push(octets.buffer);
    this.put(kind, id, "", octets);
  }

  readonly #wait = (): void => {
    if (++this.#quiet >= QUIET_ROUNDS) this.flush();
    else queueMicrotask(this.#wait);
  };

  /** Sends what was collected, now. */
  flush(): void {
    this.#scheduled = false;
    if (this.empty) return;
    const batch = this.#batch;
    const transfer = this.#transfer;
    this.#batch = [0];
    this.#transfer = [];
    this.#post(batch, transfer);
    this.onSent();
  }
}
