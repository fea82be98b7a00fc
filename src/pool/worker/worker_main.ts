// The inside of a worker: load the application, answer what is handed over, say that the event loop
// turns. Importing this does nothing: `startWorker` is called by the few lines that a worker begins
// with (web_worker.ts, killable_thread.ts). Being imported by the main thread as well keeps it in the
// module graph, so it is there from a URL and inside a single executable.

import type { AppTree } from "../../application/application_tree.ts";
import {
  loadWorkerApplication,
  type WorkerApplication,
} from "../../application/worker_application.ts";
import type { ServerInfo } from "../../exchange/exchange.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import { decodeFailure } from "../../threads/error_codec.ts";
import { BlockingClient } from "../wire/blocking_channel.ts";
import { claim } from "../wire/claims.ts";
import { encodeLoadError, encodeLog } from "../../threads/error_codec.ts";
import { SlotMap } from "../wire/slot_map.ts";
import { InlineExecutor } from "../../gateway/inline_executor.ts";
import { type BatchMember, FromWorker, STRIDE, ToWorker, WIRE_VERSION } from "../wire/messages.ts";
import { MessageBatcher } from "../wire/message_batcher.ts";
import { BufferPool } from "../wire/buffer_pool.ts";
import { type WorkerDependencies, WorkerExchange } from "./worker_exchange.ts";
import { ownCpuTime } from "../../threads/cpu_time.ts";
import { announceExit, containUncaught, type ThreadPort } from "../../threads/thread_guards.ts";

/** Where this module is, for those who start workers. */
export const WORKER_MAIN: string = import.meta.url;

/** What a worker is made with. */
export interface WorkerData {
  readonly wireVersion: number;
  readonly workerId: number;
  /** What it loads: modules only, so that it is plain data. */
  readonly app: AppTree;
  readonly claims: Int32Array<SharedArrayBuffer>;
  /** Through which it is told what it waits for while it blocks. */
  readonly channel: SharedArrayBuffer;
  /** What applications are told of the server. */
  readonly server: ServerInfo;
}

/** How often a worker tells its CPU time, in milliseconds. */
const CPU_TIME_INTERVAL = 500;

/** The worker's end of the wire. */
type WorkerPort = ThreadPort<BatchMember[], BatchMember[]>;

/** Begins a worker's work.
 *
 * @param data what the worker is made with
 * @param port its end of the wire */
export async function startWorker(data: WorkerData, port: WorkerPort): Promise<void> {
  const batcher = new MessageBatcher((batch, transfer) => port.post(batch, transfer));
  containUncaught((event, message, error) => {
    batcher.put(FromWorker.log, 0, encodeLog("error", event, message, error));
  });
  announceExit((call, code) => port.post([0, FromWorker.exiting, 0, call, code]));
  await runWorker(data, batcher, port);
}

/** Loads the application and answers what is handed over.
 *
 * @param data what the worker is made with
 * @param outbox where what it says is collected
 * @param port its end of the wire */
export async function runWorker(
  data: WorkerData,
  batcher: MessageBatcher,
  port: Pick<WorkerPort, "onMessage">,
): Promise<void> {
  try {
    if (data.wireVersion !== WIRE_VERSION) {
      throw new TypeError(`Cannot start worker: expected wire version ${data.wireVersion}`);
    }
    const application = await loadWorkerApplication(data.app, data.workerId);
    const { gateway } = application;
    const worker = new WorkerMain(data, batcher, application, gateway);
    port.onMessage((batch) => worker.take(batch));
    batcher.put(FromWorker.ready, 0, "", gateway.blocks === true);
  } catch (error) {
    batcher.put(FromWorker.failed, 0, encodeLoadError(error));
  }
  batcher.flush();
}

class WorkerMain {
  readonly #claims: Int32Array;
  readonly #dependencies: WorkerDependencies;
  readonly #batcher: MessageBatcher;
  readonly #application: WorkerApplication;
  readonly #blocks: boolean;
  readonly #executor: InlineExecutor;
  readonly #exchanges = new SlotMap<WorkerExchange>();
  /** Batches that have not had their turn. */
  readonly #inbox: BatchMember[][] = [];
  #cpuTimeTold = -Infinity;

  constructor(
    data: WorkerData,
    batcher: MessageBatcher,
    application: WorkerApplication,
    gateway: Gateway,
  ) {
    const { workerId, server, claims } = data;
    this.#claims = claims;
    this.#dependencies = {
      workerId,
      server,
      batcher,
      storage: new BufferPool(),
      caller: new BlockingClient(data.channel),
      tracking: (exchange) => this.#exchanges.set(exchange.id, exchange),
    };
    this.#batcher = batcher;
    batcher.onSent = () => {
      if (this.#inbox.length > 0) queueMicrotask(this.#handleNext);
    };
    this.#application = application;
    this.#blocks = gateway.blocks === true;
    this.#executor = new InlineExecutor(gateway);
  }

  /** Takes a batch. It has its turn once what the one before has brought about has left: Deno can deliver
   * two in one turn of the event loop, and a handler in this one may compute. */
  take(batch: BatchMember[]): void {
    this.#inbox.push(batch);
    this.#handleNext();
  }

  readonly #handleNext = (): void => {
    if (this.#inbox.length > 0 && this.#batcher.empty) this.#handleAll(this.#inbox.shift()!);
  };

  /** Handles a batch, then says so: whatever was synchronous in it is over by then. */
  #handleAll(batch: BatchMember[]): void {
    for (let at = 1; at < batch.length; at += STRIDE) {
      const kind = batch[at] as number;
      const id = batch[at + 1] as number;
      const text = batch[at + 2] as string;
      this.#handle(kind, id, text, batch[at + 3]);
    }
    // It leaves with the answers of this turn, as soon as no handler goes on at once.
    this.#batcher.put(FromWorker.done, batch[0] as number, "", this.#newCpuTime());
  }

  /** Its CPU time, when it has not told it for a while. */
  #newCpuTime(): number | null {
    const now = performance.now();
    if (now - this.#cpuTimeTold < CPU_TIME_INTERVAL) return null;
    this.#cpuTimeTold = now;
    return ownCpuTime() ?? null;
  }

  #handle(kind: number, id: number, text: string, payload: BatchMember): void {
    switch (kind) {
      case ToWorker.exchange:
        return this.#start(id, text, payload);
      case ToWorker.content:
        return this.#exchanges.get(id)?.takeContent(payload as Uint8Array<ArrayBuffer> | null);
      case ToWorker.contentFailed:
        return this.#exchanges.get(id)?.failContent(decodeFailure(text));
      case ToWorker.credit:
        return this.#exchanges.get(id)?.grant(payload as number);
      case ToWorker.abort:
        return this.#exchanges.get(id)?.disconnect(new DOMException(text, "AbortError"));
      case ToWorker.settled:
        this.#exchanges.get(id)?.settle(text);
        this.#forget(id);
        return;
      case ToWorker.spare:
        return this.#dependencies.storage.keep((payload as Uint8Array<ArrayBuffer>).buffer);
      case ToWorker.stop:
        return void this.#stop();
    }
  }

  #start(id: number, text: string, payload: BatchMember): void {
    if (!claim(this.#claims, id)) return; // the pool has taken it back
    const exchange = new WorkerExchange(id, text, payload, this.#dependencies);
    this.#exchanges.set(id, exchange);
    const answering = this.#executor.execute(exchange);
    if (answering === undefined) {
      this.#forget(id);
      // The next one may take long, and this answer is ready.
      if (this.#blocks) this.#batcher.flush();
    } else answering.then(() => this.#forget(id));
  }

  /** One who asked for `completed` is told later. */
  #forget(id: number): void {
    if (!this.#exchanges.get(id)?.tracked) this.#exchanges.delete(id);
  }

  async #stop(): Promise<void> {
    try {
      await this.#application.stop();
    } catch (error) {
      const text = encodeLog("error", "worker-stop-failed", "onWorkerStop failed", error);
      this.#batcher.put(FromWorker.log, 0, text);
    }
    this.#batcher.put(FromWorker.stopped, 0, "");
    this.#batcher.flush();
  }
}
