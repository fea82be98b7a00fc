// A thread that does what a test says, for a pool whose time stands still.

import { claim } from "../../src/pool/wire/claims.ts";
import { DecodedRequest } from "../../src/pool/wire/request_codec.ts";
import { type BatchMember, FromWorker, STRIDE, ToWorker } from "../../src/pool/wire/messages.ts";
import type { WorkerData } from "../../src/pool/worker/worker_main.ts";
import type { ThreadEvents, ThreadFactory, WorkerThread } from "../../src/pool/worker_thread.ts";

/** A message that a fake thread was sent. */
export interface Told {
  readonly kind: number;
  readonly id: number;
  readonly text: string;
  readonly payload: BatchMember;
}

/** A thread without anything behind it. */
export class FakeThread implements WorkerThread {
  readonly kind = "killable";
  readonly data: WorkerData;
  /** Everything that it was sent. */
  readonly told: Told[] = [];
  /** How many exchanges were in each batch that held any. */
  readonly batchSizes: number[] = [];
  terminations = 0;
  /** Whether it ends when it is told to. */
  endable = true;
  readonly #gone = Promise.withResolvers<void>();
  readonly #events: ThreadEvents;
  #lastBatch = 0;
  #over = false;

  constructor(data: WorkerData, events: ThreadEvents) {
    this.data = data;
    this.#events = events;
  }

  /** Whether the pool knows its end. */
  get over(): boolean {
    return this.#over;
  }

  /** Ids of the exchanges that it was handed. */
  get handed(): number[] {
    return this.told.filter(({ kind }) => kind === ToWorker.exchange).map(({ id }) => id);
  }

  /** Targets of the exchanges that it was handed. */
  get targets(): string[] {
    return this.told.filter(({ kind }) => kind === ToWorker.exchange)
      .map(({ text }) => new DecodedRequest(text, { kind: "none" }).head.target.raw);
  }

  post(batch: BatchMember[]): void {
    this.#lastBatch = batch[0] as number;
    const before = this.handed.length;
    for (let at = 1; at < batch.length; at += STRIDE) {
      const [kind, id, text, payload] = batch.slice(at, at + STRIDE);
      this.told.push({ kind: kind as number, id: id as number, text: text as string, payload });
      if (kind === ToWorker.stop) this.emit(FromWorker.stopped, 0);
    }
    const exchanges = this.handed.length - before;
    if (exchanges > 0) this.batchSizes.push(exchanges);
  }

  terminate(): Promise<boolean> {
    this.terminations++;
    this.end("terminated");
    return Promise.resolve(this.endable);
  }

  ended(): Promise<void> {
    return this.#gone.promise;
  }

  /** Ends at last, though it could not be ended. */
  finish(): void {
    this.#gone.resolve();
  }

  /** Says one thing. */
  emit(kind: number, id: number, text = "", payload: BatchMember = null): void {
    if (!this.#over) this.#events.onBatch([0, kind, id, text, payload]);
  }

  /** Has loaded the application.
   *
   * @param blocks whether that blocks the thread */
  ready(blocks = false): void {
    this.emit(FromWorker.ready, 0, "", blocks);
  }

  /** Its event loop has come round.
   *
   * @param cpuTime what it tells of its CPU time, in microseconds */
  done(cpuTime: number | null = null): void {
    this.emit(FromWorker.done, this.#lastBatch, "", cpuTime);
  }

  /** Starts an exchange.
   *
   * @returns false when the pool has taken it back */
  claim(id: number): boolean {
    return claim(this.data.claims, id);
  }

  /** Starts and answers an exchange. */
  answer(id: number, content: string = "ok"): void {
    if (!this.claim(id)) throw new Error("Cannot answer: it was taken back");
    this.emit(FromWorker.response, id, "200\n", content);
  }

  /** Ends. */
  end(cause: "exit" | "error" | "memory" | "terminated", detail = ""): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.onEnd({ cause, detail });
  }
}

/** Makes fake threads and keeps them. */
export class FakeThreads {
  readonly all: FakeThread[] = [];
  /** What happens to each new one. */
  onStart: (thread: FakeThread) => void = (thread) => queueMicrotask(() => thread.ready());

  readonly start: ThreadFactory = (data, events) => {
    const thread = new FakeThread(data, events);
    this.all.push(thread);
    this.onStart(thread);
    return thread;
  };

  /** Those that have not ended. */
  get alive(): FakeThread[] {
    return this.all.filter((thread) => !thread.over);
  }
}
