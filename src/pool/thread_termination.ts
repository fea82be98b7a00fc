// Has a thread that was told to end really ended? Most do at once. One that does not is abandoned: it
// strays beside the others until it comes up for air, and there shall not be ever more of those.

import type { PoolContext } from "./pool_context.ts";
import type { PoolWorker } from "./pool_worker.ts";
import type { ThreadFactory, WorkerThread } from "./worker_thread.ts";

/** The threads of a pool that were told to end. */
export class ThreadTermination {
  readonly #context: PoolContext;
  /** Told to end, and have not yet. */
  readonly #ending = new Set<Promise<boolean>>();
  /** Ends the waiting for threads that stray. */
  readonly #watching = new AbortController();
  readonly #onReturn: () => void;
  /** Workers that were killed and whose threads may go on. */
  #terminating = 0;
  #abandoned = 0;

  /** @param context what the pool's parts share
   * @param onReturn called when a thread that strayed has ended after all */
  constructor(context: PoolContext, onReturn: () => void) {
    this.#context = context;
    this.#onReturn = onReturn;
  }

  /** Threads that were told to end and go on. */
  get abandonedThreads(): number {
    return this.#abandoned;
  }

  /** Whether it is open how a kill ends. */
  get open(): boolean {
    return this.#terminating > 0;
  }

  /** Workers that are not replaced: their threads go on, and there shall not be ever more of them. */
  get unusableThreads(): number {
    const { maxAbandonedWorkers } = this.#context.options;
    return Math.max(0, this.#abandoned + this.#terminating - maxAbandonedWorkers);
  }

  /** Why the pool cannot be relied on any more, if that is so. */
  get trouble(): string | undefined {
    if (this.#abandoned <= this.#context.options.maxAbandonedWorkers) return undefined;
    return `${this.#abandoned} workers could not be ended: the process should be restarted`;
  }

  /** Ends a worker's thread, whatever it does.
   *
   * @returns whether it is really gone */
  async kill(worker: PoolWorker): Promise<boolean> {
    this.#terminating++; // until it is known, the worst is assumed
    const ended = await worker.kill();
    this.#terminating--;
    return ended;
  }

  /** Waits until every thread that was told to end has ended or was abandoned; looks no more after
   * those that were. */
  async settle(): Promise<void> {
    await Promise.all(this.#ending);
    this.#watching.abort();
  }

  /** Has threads noted when they are told to end.
   *
   * @param start makes threads
   * @returns what makes such threads */
  watching(start: ThreadFactory): ThreadFactory {
    return (data, events) => this.#watch(start(data, events), data.workerId);
  }

  #watch(thread: WorkerThread, workerId: number): WorkerThread {
    let ending: Promise<boolean> | undefined;
    const terminate = (): Promise<boolean> => {
      if (ending !== undefined) return ending;
      const ended = this.#end(thread, workerId).finally(() => this.#ending.delete(ended));
      this.#ending.add(ended);
      return ending = ended;
    };
    return {
      kind: thread.kind,
      post: (batch, transfer) => thread.post(batch, transfer),
      ended: (signal) => thread.ended(signal),
      terminate,
    };
  }

  async #end(thread: WorkerThread, workerId: number): Promise<boolean> {
    const ended = await thread.terminate();
    if (!ended) this.#abandon(thread, workerId);
    return ended;
  }

  #abandon(thread: WorkerThread, workerId: number): void {
    this.#context.counts.abandonedWorkers++;
    this.#abandoned++;
    const message =
      `Worker ${workerId} could not be ended: its thread goes on until it comes up for air`;
    this.#context.log("error", "worker-abandoned", message);
    if (this.trouble !== undefined) this.#context.log("error", "pool-in-trouble", this.trouble);
    thread.ended(this.#watching.signal).then(() => this.#takeBack(workerId), () => {});
  }

  #takeBack(workerId: number): void {
    if (this.#watching.signal.aborted) return;
    this.#abandoned--;
    const message = `Worker ${workerId}, which could not be ended, has ended`;
    this.#context.log("info", "abandoned-worker-ended", message);
    this.#onReturn();
  }
}
