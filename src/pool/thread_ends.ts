// Has a thread that was told to end really ended? Most do at once. One that does not is abandoned: it
// goes on beside the others, and there shall not be ever more of those.

import type { PoolContext } from "./pool_context.ts";
import type { PoolWorker } from "./pool_worker.ts";
import type { ThreadFactory, WorkerThread } from "./worker_thread.ts";

/** The threads of a pool that were told to end. */
export class ThreadEnds {
  readonly #context: PoolContext;
  /** Told to end, and have not yet. */
  readonly #ending = new Set<Promise<boolean>>();
  /** Workers that were killed and whose threads may go on. */
  #dying = 0;

  /** @param context what the pool's parts share */
  constructor(context: PoolContext) {
    this.#context = context;
  }

  /** Whether it is open how a kill ends. */
  get open(): boolean {
    return this.#dying > 0;
  }

  /** Workers that are not replaced: their threads go on, and there shall not be ever more of them. */
  get lost(): number {
    const { counts: { abandonedWorkers }, options } = this.#context;
    return Math.max(0, abandonedWorkers + this.#dying - options.maxAbandonedWorkers);
  }

  /** Why the pool cannot be relied on any more, if that is so. */
  get trouble(): string | undefined {
    const { counts: { abandonedWorkers }, options } = this.#context;
    if (abandonedWorkers <= options.maxAbandonedWorkers) return undefined;
    return `${abandonedWorkers} workers could not be ended: the process should be restarted`;
  }

  /** Ends a worker's thread, whatever it does.
   *
   * @returns whether it is really gone */
  async kill(worker: PoolWorker): Promise<boolean> {
    const { counts } = this.#context;
    counts.killedWorkers++;
    this.#dying++; // until it is known, the worst is assumed
    const ended = await worker.kill();
    this.#dying--;
    if (!ended) this.#abandon(worker);
    return ended;
  }

  /** Resolves when every thread that was told to end has ended or was given up. */
  async settled(): Promise<void> {
    await Promise.all(this.#ending);
  }

  /** Has threads noted when they are told to end.
   *
   * @param start makes threads
   * @returns what makes such threads */
  watching(start: ThreadFactory): ThreadFactory {
    return (data, events) => this.#watch(start(data, events));
  }

  #watch(thread: WorkerThread): WorkerThread {
    let ending: Promise<boolean> | undefined;
    const terminate = (): Promise<boolean> => {
      if (ending !== undefined) return ending;
      const ended = thread.terminate().finally(() => this.#ending.delete(ended));
      this.#ending.add(ended);
      return ending = ended;
    };
    return {
      kind: thread.kind,
      post: (batch, transfer) => thread.post(batch, transfer),
      cpuTime: () => thread.cpuTime(),
      terminate,
    };
  }

  #abandon(worker: PoolWorker): void {
    this.#context.counts.abandonedWorkers++;
    const message =
      `Worker ${worker.id} could not be ended: its thread goes on until it comes up ` +
      "for air";
    this.#context.log("error", "worker-abandoned", message);
    if (this.trouble !== undefined) this.#context.log("error", "pool-in-trouble", this.trouble);
  }
}
