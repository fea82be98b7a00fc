// Collects the messages of one turn of the event loop into one batch: a private part of posted_channel.ts,
// and the only other file that knows the form of a batch.
//
// A batch is one posted array: its number, then runs of four members, `kind, id, text, payload`, one run
// a message. A flat array of strings and numbers is what structured clone copies most cheaply: about 2.5
// microseconds for an exchange there and back, where objects cost five times that.

import { queueMicrotask } from "../../io/platform.ts";
import type { Payload } from "./messages.ts";

/** A batch on its way to the other side. */
export type Batch = Payload[];

/** Members of a batch that make a message. */
export const STRIDE = 4;

/** Handlers that one turn of the event loop starts end after different numbers of microtasks: one handler
 * awaits more than another. A round of waiting costs fifty nanoseconds, another batch twenty
 * microseconds. */
const QUIET_ROUNDS = 8;

/** The platform's own: an application may replace the global one, as libraries for fake timers do. */

/** Collects messages into batches. */
export abstract class MessageBatcher {
  #batch: Batch = [0];
  #transfer: ArrayBuffer[] = [];
  #scheduled = false;
  /** Rounds of microtasks in which no message was sent. */
  #quietRounds = 0;

  get pending(): boolean {
    return this.#batch.length > 1;
  }

  send(kind: number, id: number, text: string, payload: Payload = null): void {
    this.#batch.push(kind, id, text, payload);
    this.#quietRounds = 0;
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#wait);
  }

  give(kind: number, id: number, octets: Uint8Array<ArrayBuffer>): void {
    this.#transfer.push(octets.buffer);
    this.send(kind, id, "", octets);
  }

  readonly #wait = (): void => {
    if (++this.#quietRounds >= QUIET_ROUNDS) this.flush();
    else queueMicrotask(this.#wait);
  };

  flush(): void {
    this.#scheduled = false;
    if (!this.pending) return;
    const batch = this.#batch;
    const transfer = this.#transfer;
    this.#batch = [0];
    this.#transfer = [];
    this.post(batch, transfer);
  }

  /** Carries a batch away; its first member is free for a number. */
  protected abstract post(batch: Batch, transfer: ArrayBuffer[]): void;
}
