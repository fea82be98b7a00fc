// Counts the batches that a worker has not acknowledged and decides whether another may leave. A worker of
// which nothing is known gets one at a time, so that nothing is stuck behind a computation. A worker that
// acknowledges quickly gets the next batches early, so that it always has work.

/** An acknowledgement within this many milliseconds opens the window. */
const QUICK = 2;
/** Wide enough to bridge the way there and back, and no wider. */
const WIDEST = 4;

/** The hand-over window of one worker. */
export class BatchWindow {
  #width = 1;
  #sent = 0;
  #acknowledged = 0;
  /** When each batch was sent that is not acknowledged, oldest first. */
  readonly #sentAt: number[] = [];

  /** Whether so many more batches may be sent. */
  fits(count: number): boolean {
    return this.#sent - this.#acknowledged + count <= this.#width;
  }

  /** Whether the last acknowledgement came quickly, so that the next one probably will too. */
  get quick(): boolean {
    return this.#width > 1;
  }

  /** Whether every batch is acknowledged. */
  get allAcknowledged(): boolean {
    return this.#sent === this.#acknowledged;
  }

  /** Number that the next batch will have. */
  get next(): number {
    return this.#sent + 1;
  }

  /** Counts a batch that is being sent.
   *
   * @returns its number */
  send(now: number): number {
    this.#sentAt.push(now);
    return ++this.#sent;
  }

  /** Notes that the worker has handled a batch, and with it all before. */
  acknowledge(batch: number, now: number): void {
    let waited = 0;
    while (this.#acknowledged < batch) {
      waited = now - this.#sentAt.shift()!;
      this.#acknowledged++;
    }
    this.#width = waited <= QUICK ? Math.min(this.#width + 1, WIDEST) : 1;
  }

  /** Milliseconds since the oldest batch was sent that is not acknowledged; 0 when all are. */
  unacknowledgedFor(now: number): number {
    return this.allAcknowledged ? 0 : now - this.#sentAt[0];
  }
}
