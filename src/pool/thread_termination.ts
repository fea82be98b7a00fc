// Ends workers and watches whether they really end. Most threads end at once. A thread that is still
// computing after its grace period counts as abandoned: it runs beside the others until it returns to its
// event loop, and the number of such threads is bounded.

import { AbortController, all, lastly, then } from "../io/platform.ts";
import { describeRequests, loggedRequests } from "../exchange/describe_requests.ts";
import type { PoolContext } from "./pool_context.ts";
import type { PoolWorker } from "./pool_worker.ts";
import type { WorkerEnd, WorkerHandle } from "./worker_thread.ts";

/** The threads of a pool that were told to end. */
export class ThreadTermination {
  readonly #context: PoolContext;
  /** Ends that are not known yet. */
  readonly #ending = new Set<Promise<boolean>>();
  /** Ends the wait for abandoned threads. */
  readonly #watching = new AbortController();
  readonly #onReturn: () => void;
  /** Workers that are being killed, of which it is not known yet whether their threads end. */
  #killing = 0;
  #abandoned = 0;

  /** @param context what the pool's parts share
   * @param onReturn called when an abandoned thread has ended after all */
  constructor(context: PoolContext, onReturn: () => void) {
    this.#context = context;
    this.#onReturn = onReturn;
  }

  /** Threads that were told to end and still run. */
  get abandonedThreads(): number {
    return this.#abandoned;
  }

  /** Whether the outcome of a kill is not known yet. */
  get killPending(): boolean {
    return this.#killing > 0;
  }

  /** Workers that are not replaced, because their threads may run beside the others. */
  get unusableThreads(): number {
    const { maxAbandonedWorkers } = this.#context.options;
    return Math.max(0, this.#abandoned + this.#killing - maxAbandonedWorkers);
  }

  /** Why the pool cannot be relied on any more, if that is so. */
  get trouble(): string | undefined {
    if (this.#abandoned <= this.#context.options.maxAbandonedWorkers) return undefined;
    return `${this.#abandoned} workers could not be ended: the process should be restarted`;
  }

  /** Ends a worker even while it computes.
   *
   * @param end why, where that is not the pool's own decision
   * @returns whether its thread has really ended */
  async kill(worker: PoolWorker, end?: WorkerEnd): Promise<boolean> {
    this.#killing++; // until it is known, the worst is assumed
    const ended = await worker.terminate(end);
    this.#killing--;
    return ended;
  }

  /** Waits until every thread that was told to end has ended or was abandoned, then ends the wait for
   * those that were abandoned. */
  async settle(): Promise<void> {
    await all(this.#ending);
    this.#watching.abort();
  }

  /** Ends a worker's thread and watches it.
   *
   * @returns whether it has really ended */
  terminate(handle: WorkerHandle, worker: PoolWorker): Promise<boolean> {
    const ended = lastly(this.#terminate(handle, worker), () => this.#ending.delete(ended));
    this.#ending.add(ended);
    return ended;
  }

  async #terminate(handle: WorkerHandle, worker: PoolWorker): Promise<boolean> {
    const ended = await handle.terminate();
    if (!ended) this.#abandon(handle, worker);
    return ended;
  }

  #abandon(handle: WorkerHandle, { id: workerId, failed }: PoolWorker): void {
    this.#context.counts.abandonedWorkers++;
    this.#abandoned++;
    const exchanges = failed.map(({ exchange }) => exchange);
    const requests = failed.length === 0 ? "" : `, with ${describeRequests(exchanges)}`;
    const message =
      `Worker ${workerId} is replaced${requests}, but its thread still computes and ` +
      "will end when it is done";
    const logged = loggedRequests(exchanges);
    this.#context.log("warn", "worker-abandoned", message, undefined, workerId, logged);
    if (this.trouble !== undefined) this.#context.log("error", "pool-in-trouble", this.trouble);
    then(handle.ended(this.#watching.signal), () => this.#noteReturn(workerId), () => {});
  }

  #noteReturn(workerId: number): void {
    if (this.#watching.signal.aborted) return;
    this.#abandoned--;
    const message = `Worker ${workerId}, which could not be ended, has ended`;
    this.#context.log("info", "abandoned-worker-ended", message, undefined, workerId);
    this.#onReturn();
  }
}
