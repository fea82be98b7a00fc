// How many batches may a worker have before it has answered the first of them? One, as long as nothing
// is known about it: while it computes, nothing else is stuck behind. A worker that answers quickly gets
// the next batch before its answer is here, so that it never runs dry.

/** A worker that owes an answer for so many milliseconds is taken to compute. Long enough that a batch of
 * quick handlers is not torn apart, short against anything that a person notices. */
export const PATIENCE = 4;
/** An answer within this many milliseconds opens the window. */
const QUICK = 2;
/** Wide enough to bridge the way there and back, and no wider. */
const WIDEST = 4;

/** The hand-over window of one worker. */
export class BatchWindow {
  #width = 1;
  #sent = 0;
  #done = 0;
  /** When the oldest batch without an answer was sent. */
  readonly #sentAt: number[] = [];

  /** Whether so many more batches may be sent. */
  fits(count: number): boolean {
    return this.#sent - this.#done + count <= this.#width;
  }

  /** Whether the last answer was quick, so that the next one will probably be too. */
  get quick(): boolean {
    return this.#width > 1;
  }

  /** Whether every batch has been answered: the worker's event loop turns. */
  get settled(): boolean {
    return this.#sent === this.#done;
  }

  /** Number that the next batch will have. */
  get next(): number {
    return this.#sent + 1;
  }

  /** Numbers a batch that is being sent. */
  send(now: number): number {
    this.#sentAt.push(now);
    return ++this.#sent;
  }

  /** Notes that the worker has handled a batch, and with it all before. */
  done(batch: number, now: number): void {
    let waited = 0;
    while (this.#done < batch) {
      waited = now - this.#sentAt.shift()!;
      this.#done++;
    }
    this.#width = waited <= QUICK ? Math.min(this.#width + 1, WIDEST) : 1;
  }

  /** How long the oldest batch has been without an answer; 0 when there is none. */
  unanswered(now: number): number {
    return this.settled ? 0 : now - this.#sentAt[0];
  }
}
