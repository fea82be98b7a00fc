// The inside of a worker: loads the application and runs the exchanges that are handed over. Importing this
// does nothing: `runInThread` is called by the module that a thread begins with (web_worker.ts,
// node_worker.ts). The main thread imports it too, which keeps it in the module graph, so it is there from
// a URL and inside a single executable.

import { DOMException, then } from "../../io/platform.ts";
import type { AppTree } from "../../application/application_tree.ts";
import {
  loadWorkerApplication,
  type WorkerApplication,
} from "../../application/worker_application.ts";
import type { ServerInfo } from "../../exchange/exchange.ts";
import type { Departure } from "../../exchange/abortable_exchange.ts";
import { InlineExecutor } from "../../gateway/inline_executor.ts";
import { PRINTED } from "../../log/event_log.ts";
import { captureConsole } from "../../log/captured_console.ts";
import { replaceUpgradeWebSocket } from "../../threads/deno_upgrade.ts";
import { noticeServers, SERVER_FOUND } from "../../threads/own_servers.ts";
import { tryUpgradeWebSocket } from "../../gateway/fetch/upgrade_web_socket.ts";
import { ownCpuTime } from "../../threads/cpu_time.ts";
import { decodeFailure, encodeLoadError, encodeLog } from "../../threads/error_codec.ts";
import { watchMemory } from "../../threads/memory_watch.ts";
import {
  announceExit,
  containUncaught,
  dropPostedMessages,
  MESSAGE_DROPPED,
  type ThreadPort,
} from "../../threads/thread_guards.ts";
import { type Execute, tracedExecute } from "../../telemetry/worker_tracing.ts";
import { FromWorker, type Payload, ToWorker, WIRE_VERSION } from "../wire/messages.ts";
import { type Batch, type PostedMemory, PostedPoolChannel } from "../wire/posted_channel.ts";
import { SlotMap } from "../wire/slot_map.ts";
import type { PoolChannel } from "../wire/worker_channel.ts";
import { type WorkerDependencies, WorkerExchange } from "./worker_exchange.ts";

/** URL of this module, for threads to begin with. */
export const WORKER_MAIN: string = import.meta.url;

/** What a worker is made with. */
export interface WorkerData {
  readonly wireVersion: number;
  readonly workerId: number;
  /** What it loads: modules only, so that it is plain data. */
  readonly app: AppTree;
  /** What applications learn of the server. */
  readonly server: ServerInfo;
  /** Whether what they print becomes events of the log. */
  readonly captureOutput?: boolean;
}

/** What a worker is made with that is a thread. */
export interface ThreadData extends WorkerData {
  /** What its channel shares with the pool's end. */
  readonly memory: PostedMemory;
  /** Octets of memory that it may take. */
  readonly maxMemory?: number;
}

/** Runs a worker in this thread.
 *
 * @param data what the worker is made with
 * @param port leads to the thread that started this one */
export async function runInThread(
  { memory, maxMemory, ...data }: ThreadData,
  port: ThreadPort<Batch, Batch>,
): Promise<void> {
  const channel = new PostedPoolChannel(port, memory, ownCpuTime);
  if (data.captureOutput === true) {
    captureConsole((level, text) => {
      channel.send(FromWorker.log, 0, encodeLog(level, PRINTED, text, undefined));
      channel.flush(); // what comes next may compute for long, or end the worker
    });
  }
  containUncaught((event, message, error) => {
    channel.send(FromWorker.log, 0, encodeLog("error", event, message, error));
  });
  if (maxMemory !== undefined) {
    watchMemory(maxMemory, (detail) => {
      channel.send(FromWorker.exhausted, 0, detail);
      channel.flush();
    });
  }
  announceExit((call, code) => {
    channel.send(FromWorker.exiting, 0, call, code);
    channel.flush();
  });
  dropPostedMessages(() => {
    const { event, message } = MESSAGE_DROPPED;
    channel.send(FromWorker.log, 0, encodeLog("warn", event, message, undefined));
  });
  replaceUpgradeWebSocket(tryUpgradeWebSocket);
  await runWorker(data, channel, (app, workerId) => {
    if (workerId > 1) return loadWorkerApplication(app, workerId); // the first one has said it
    return noticeServers(() => loadWorkerApplication(app, workerId), (message) => {
      channel.send(FromWorker.log, 0, encodeLog("warn", SERVER_FOUND, message, undefined));
    });
  });
}

/** Loads the application and runs what is handed over.
 *
 * @param data what the worker is made with
 * @param channel leads to the pool
 * @param load loads the application */
export async function runWorker(
  data: WorkerData,
  channel: PoolChannel,
  load: typeof loadWorkerApplication = loadWorkerApplication,
): Promise<void> {
  try {
    if (data.wireVersion !== WIRE_VERSION) {
      throw new TypeError(`Cannot start worker: expected wire version ${data.wireVersion}`);
    }
    const application = await load(data.app, data.workerId);
    const worker = new WorkerMain(data, channel, application);
    channel.onMessage((kind, id, text, payload) => worker.take(kind, id, text, payload));
    channel.send(FromWorker.ready, 0, "", application.gateway.blocks === true);
  } catch (error) {
    channel.send(FromWorker.failed, 0, encodeLoadError(error));
  }
  channel.flush();
}

class WorkerMain {
  readonly #dependencies: WorkerDependencies;
  readonly #channel: PoolChannel;
  readonly #application: WorkerApplication;
  readonly #blocks: boolean;
  readonly #execute: Execute;
  readonly #exchanges = new SlotMap<WorkerExchange>();
  /** Exchanges that have their response and wait for `completed`, which may have lost their slot. */
  readonly #tracked = new Map<number, WorkerExchange>();

  constructor(
    { workerId, server }: WorkerData,
    channel: PoolChannel,
    application: WorkerApplication,
  ) {
    const { gateway } = application;
    this.#dependencies = {
      workerId,
      server,
      channel,
      keepTracked: (exchange) => this.#tracked.set(exchange.id, exchange),
    };
    this.#channel = channel;
    this.#application = application;
    this.#blocks = gateway.blocks === true;
    this.#execute = tracedExecute(new InlineExecutor(gateway));
  }

  /** Takes a message of the pool. */
  take(kind: number, id: number, text: string, payload: Payload): void {
    switch (kind) {
      case ToWorker.exchange:
        return this.#start(id, text, payload);
      case ToWorker.content:
        return this.#exchanges.get(id)?.takeContent(
          payload as Uint8Array<ArrayBuffer> | null,
          text,
        );
      case ToWorker.contentFailed:
        return this.#exchanges.get(id)?.failContent(decodeFailure(text));
      case ToWorker.credit:
        return this.#exchanges.get(id)?.raiseCredit(payload as number);
      case ToWorker.abort:
        return (this.#exchanges.get(id) ?? this.#tracked.get(id))
          ?.disconnect(new DOMException(text, "AbortError"));
      case ToWorker.depart:
        return this.#exchanges.get(id)?.depart(text as Departure);
      case ToWorker.settled:
        this.#tracked.get(id)?.settleCompleted(text);
        this.#tracked.delete(id);
        return;
      case ToWorker.stop:
        return void this.#stop();
      case ToWorker.ping:
        return;
    }
  }

  #start(id: number, text: string, payload: Payload): void {
    if (!this.#channel.claim(id)) return; // the pool has taken it back
    const exchange = new WorkerExchange(id, text, ownCopy(payload), this.#dependencies);
    this.#exchanges.set(id, exchange);
    const executing = this.#execute(exchange);
    if (executing === undefined) {
      this.#remove(id);
      // The next one may take long, and this response is ready.
      if (this.#blocks) this.#channel.flush();
    } else then(executing, () => this.#remove(id));
  }

  /** Removes an exchange that is over, once its application reads no more. */
  #remove(id: number): void {
    const exchange = this.#exchanges.get(id);
    if (exchange?.content === undefined) return this.#exchanges.delete(id);
    const leave = () => {
      exchange.leaveContent();
      this.#exchanges.delete(id);
    };
    if (exchange.contentHold === undefined) leave();
    else void then(exchange.contentHold(), leave);
  }

  async #stop(): Promise<void> {
    try {
      await this.#application.stop();
    } catch (error) {
      const text = encodeLog("error", "worker-stop-failed", "onWorkerStop failed", error);
      this.#channel.send(FromWorker.log, 0, text);
    }
    this.#channel.send(FromWorker.stopped, 0, "");
    this.#channel.flush();
  }
}

/** Copies content out of memory that the pool shares with its workers. */
function ownCopy(payload: Payload): Payload {
  return payload instanceof Uint8Array && payload.buffer instanceof SharedArrayBuffer
    ? payload.slice()
    : payload;
}
