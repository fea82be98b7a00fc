// A worker that does what a test says, for a pool whose time stands still.

import { FromWorker, type Payload, ToWorker } from "../../src/pool/wire/messages.ts";
import { DecodedRequest } from "../../src/pool/wire/request_codec.ts";
import type { Reply } from "../../src/pool/wire/worker_channel.ts";
import type {
  WorkerEnd,
  WorkerFactory,
  WorkerHandle,
  WorkerHandleCallbacks,
  WorkerStart,
} from "../../src/pool/worker_thread.ts";
import { MemoryWorkerChannel, type Message } from "./memory_channel.ts";

/** A worker without an inside. */
export class ScriptedWorker implements WorkerHandle {
  readonly channel: MemoryWorkerChannel;
  /** Everything that it was sent. */
  readonly received: Message[] = [];
  /** How many exchanges left together, each time that any left. */
  readonly batchSizes: number[] = [];
  terminations = 0;
  /** Whether it ends when it is told to. */
  endable = true;
  readonly #hasEnded = Promise.withResolvers<void>();
  readonly #callbacks: WorkerHandleCallbacks;
  #lastBatch = 0;
  #over = false;

  constructor({ slotCount }: WorkerStart, callbacks: WorkerHandleCallbacks) {
    this.#callbacks = callbacks;
    this.channel = new MemoryWorkerChannel(
      callbacks,
      slotCount,
      (messages, batch) => this.#take(messages, batch),
    );
  }

  /** Whether the pool knows its end. */
  get over(): boolean {
    return this.#over;
  }

  /** Numbers of the exchanges that it was handed. */
  get handed(): number[] {
    return this.received.filter(({ kind }) => kind === ToWorker.exchange).map(({ id }) => id);
  }

  /** Targets of the exchanges that it was handed. */
  get targets(): string[] {
    return this.received.filter(({ kind }) => kind === ToWorker.exchange)
      .map(({ text }) => new DecodedRequest(text, { kind: "none" }).head.target.raw);
  }

  terminate(): Promise<boolean> {
    this.terminations++;
    this.end("terminated");
    return Promise.resolve(this.endable);
  }

  ended(): Promise<void> {
    return this.#hasEnded.promise;
  }

  /** Ends at last, though it could not be ended. */
  finish(): void {
    this.#hasEnded.resolve();
  }

  /** Sends a message. */
  emit(kind: number, id: number, text = "", payload: Payload = null): void {
    if (!this.#over) this.channel.receive({ kind, id, text, payload });
  }

  /** Has loaded the application.
   *
   * @param blocks whether that blocks the thread */
  ready(blocks = false): void {
    this.emit(FromWorker.ready, 0, "", blocks);
  }

  /** Acknowledges everything that it was sent.
   *
   * @param cpuTime its CPU time, in microseconds */
  acknowledge(cpuTime: number | undefined = undefined): void {
    if (!this.#over) this.channel.acknowledge(this.#lastBatch, cpuTime);
  }

  /** Starts an exchange.
   *
   * @returns false when the pool has taken it back */
  claim(id: number): boolean {
    return this.channel.claim(id);
  }

  /** Starts an exchange and sends its response. */
  respond(id: number, content: string = "ok"): void {
    if (!this.claim(id)) throw new Error("Cannot respond: it was taken back");
    this.emit(FromWorker.response, id, "200\n", content);
  }

  /** Blocks until the pool has replied. */
  ask(kind: number, id: number): Reply {
    return this.channel.replies.take(() => this.emit(kind, id));
  }

  /** Ends. */
  end(cause: WorkerEnd["cause"], detail = ""): void {
    if (this.#over) return;
    this.#over = true;
    this.#callbacks.onEnd({ cause, detail });
  }

  #take(messages: readonly Message[], batch: number): void {
    this.#lastBatch = batch;
    const before = this.handed.length;
    this.received.push(...messages);
    const exchanges = this.handed.length - before;
    if (exchanges > 0) this.batchSizes.push(exchanges);
    if (messages.some(({ kind }) => kind === ToWorker.stop)) this.emit(FromWorker.stopped, 0);
  }
}

/** Starts scripted workers and keeps them. */
export class ScriptedWorkers {
  readonly all: ScriptedWorker[] = [];
  /** What happens to each new one. */
  onStart: (worker: ScriptedWorker) => void = (worker) => queueMicrotask(() => worker.ready());

  readonly start: WorkerFactory = (start, callbacks) => {
    const worker = new ScriptedWorker(start, callbacks);
    this.all.push(worker);
    this.onStart(worker);
    return worker;
  };

  /** Those that have not ended. */
  get alive(): ScriptedWorker[] {
    return this.all.filter((worker) => !worker.over);
  }
}
