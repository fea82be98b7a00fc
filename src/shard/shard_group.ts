// Mode "sharded" in the main thread: it starts the accepting threads, replaces those that end or compute for
// ever, and adds up their numbers. Every shard is a thread with a whole server, and all accept on the same
// sockets. The main thread serves no connection.

import {
  AbortController,
  all,
  clearTimeout,
  lastly,
  Promise,
  setTimeout,
  then,
} from "../io/platform.ts";
import { type Clock, systemClock } from "../io/clock.ts";
import { describeLogged } from "../exchange/describe_requests.ts";
import type { LogEvent, LoggedRequest } from "../log/log_event.ts";
import type { AppTree } from "../application/application_tree.ts";
import type { ServerOptions } from "../options/server_options.ts";
import { ApplicationLoadError } from "../application/application_load_error.ts";
import { decodeLoadError, remote } from "../threads/error_codec.ts";
import type { Executor } from "../exchange/executor.ts";
import { backOff } from "../pool/scaling.ts";
import { withTimeout } from "../io/with_timeout.ts";
import { AcceptBalance, createAcceptCounts } from "../net/accept_balance.ts";
import type { ThreadSharing } from "../net/thread_sharing.ts";
import { ResponseMetrics } from "../exchange/response_metrics.ts";
import type { FromShard, ShardActivity, ToShard } from "./messages.ts";
import { createShardMemory, ShardMemory } from "./shard_memory.ts";
import { type ShardKind, type ShardThread, startShardThread } from "./shard_thread.ts";
import type { TrafficStats } from "../connection/counters.ts";
import { Counters } from "../connection/counters.ts";
import type { ShardStats } from "./shard_stats.ts";

/** One accepting thread. */
interface Shard {
  readonly workerId: number;
  readonly worker: ShardThread;
  readonly memory: ShardMemory;
  /** What it had noted at the last look. */
  beats: number;
  /** For how long it has noted nothing since, in milliseconds. */
  silence: number;
  readonly ready: PromiseWithResolvers<void>;
  /** Settles when it accepts no more connections. */
  readonly closed: PromiseWithResolvers<void>;
  readonly stopped: PromiseWithResolvers<void>;
  state: "starting" | "ready" | "stopping" | "ended";
  stats: ShardStats | undefined;
  activity: ShardActivity | undefined;
  /** Takes the result of reading certificates: an error as text, if there was one. */
  certificates: ((error: string | undefined) => void) | undefined;
}

/** How shards are started and ended. */
export interface ShardSettings {
  /** How many there are. */
  readonly size: number;
  readonly kind: ShardKind;
  /** How long one may take to load the application, in milliseconds. */
  readonly startTimeout: number;
  /** How long one may stay away from its event loop, in milliseconds. */
  readonly workerTimeout: number;
  /** How many may run on beside their successors, because they could not be ended. */
  readonly maxAbandonedWorkers: number;
}

/** How often the main thread looks whether shards come back to their event loops, at most and at least. */
const LONGEST_WATCH = 500;
const SHORTEST_WATCH = 10;
/** Looks within `workerTimeout`. */
const LOOKS = 8;
/** Milliseconds away from its event loop after which a shard does not count as one that responds, where
 * `workerTimeout` is `Infinity`. */
const UNRESPONSIVE_AFTER = 15_000;

/** Where shards listen. */
interface ShardAddresses {
  readonly bind: readonly string[];
  readonly sharing: ThreadSharing;
}

/** Takes lines that shards have formatted. */
interface LineCollector {
  readonly format: string;
  takeLines(text: string, count: number): void;
}

/** Names of the counters, which add up over the life of a group. */
const COUNTS = Object.keys(new Counters()) as (keyof Counters)[];

/** The numbers of all shards of a group together. */
export type ShardCounts = Omit<TrafficStats, "runtime">;

/** Runs an application in several accepting threads. */
export class ShardGroup implements Executor {
  /** What shards listen on, and how they share it; set before the start. */
  addresses: ShardAddresses = { bind: [], sharing: "load-balanced" };
  /** Takes the lines of the shards; undefined without an access log; set before the start. */
  accessLog: LineCollector | undefined;
  /** Whether what the application prints becomes events of the log; set before the start. */
  captureOutput = false;
  /** Whether the main thread has an admin listener; set before the start. */
  admin = false;

  readonly #main: string;
  readonly #app: AppTree;
  readonly #settings: ShardSettings;
  readonly #options: ServerOptions;
  readonly #clock: Clock;
  readonly #watchInterval: number;
  readonly #log: (event: LogEvent) => void;
  readonly #shards = new Set<Shard>();
  readonly #acceptCounts = createAcceptCounts();
  /** Threads that are being ended. */
  readonly #ending = new Set<Promise<boolean>>();
  /** Threads that were told to end and still run. */
  #abandoned = 0;
  /** Ends the wait for them. */
  readonly #ended = new AbortController();
  #watching: { stop(): void } | undefined;
  #lastLook = 0;
  /** The counts of shards that have ended. */
  readonly #endedCounts = new Counters();
  /** The responses of shards that have ended. */
  readonly #endedResponses = new ResponseMetrics();
  /** Requests that the stop has cut in shards that have ended. */
  #cut = 0;
  #draining = false;
  #lastId = 0;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #started = false;
  #stopping = false;

  /** @param main URL of the module that a shard runs
   * @param app the application: modules only
   * @param settings how shards are started and ended
   * @param options the options of each shard's server
   * @param log takes their events
   * @param clock the source of time */
  constructor(
    main: string,
    app: AppTree,
    settings: ShardSettings,
    options: ServerOptions,
    log: (event: LogEvent) => void,
    clock: Clock = systemClock,
  ) {
    this.#main = main;
    this.#app = app;
    this.#settings = settings;
    this.#options = options;
    this.#log = log;
    this.#clock = clock;
    const look = settings.workerTimeout / LOOKS;
    this.#watchInterval = Math.max(SHORTEST_WATCH, Math.min(LONGEST_WATCH, look));
  }

  /** The numbers of all shards together, by their last reports. */
  get counts(): ShardCounts {
    const sum = { ...this.#endedCounts, connections: 0, idleConnections: 0 };
    for (const { stats } of this.#shards) {
      if (stats === undefined) continue;
      for (const name of COUNTS) sum[name] += stats[name];
      sum.connections += stats.connections;
      sum.idleConnections += stats.idleConnections;
    }
    return sum;
  }

  /** The numbers of each shard, by its last report. */
  get shardStats(): ShardStats[] {
    return [...this.#shards].flatMap(({ stats }) => stats ?? []);
  }

  /** Why clients may wait in vain, if that is so. */
  get trouble(): string | undefined {
    const { maxAbandonedWorkers, workerTimeout } = this.#settings;
    if (this.#abandoned > maxAbandonedWorkers) {
      return `${this.#abandoned} shards could not be ended: the process should be restarted`;
    }
    if (!this.#started || this.#stopping) return undefined;
    const longest = workerTimeout === Infinity ? UNRESPONSIVE_AFTER : workerTimeout / 2;
    const responds = ({ state, silence }: Shard) => state === "ready" && silence < longest;
    return [...this.#shards].some(responds) ? undefined : "no shard responds";
  }

  /** What all shards together have done and do, by their last reports. */
  get activity(): ShardActivity {
    const responses = new ResponseMetrics();
    responses.add(this.#endedResponses.view);
    const activities = [...this.#shards].flatMap(({ activity }) => activity ?? []);
    for (const activity of activities) responses.add(activity.responses);
    return {
      responses: responses.view,
      requests: activities.flatMap(({ requests }) => requests),
      active: activities.reduce((sum, { active }) => sum + active, 0),
    };
  }

  /** How many requests the stop has cut so far, those included that shards which compute still have. */
  get cutRequests(): number {
    const unended = [...this.#shards].flatMap(({ memory }) => memory.requests);
    return this.#cut + unended.length;
  }

  /** Ends a request. A shard that computes takes no message, and ends it when it comes back.
   *
   * @param requestId its id
   * @returns whether it was under way at the last report of its shard */
  kill(requestId: string): boolean {
    for (const { activity, worker } of this.#shards) {
      if (activity?.requests.some(({ id }) => id === requestId) !== true) continue;
      worker.post({ kind: "kill", requestId });
      return true;
    }
    return false;
  }

  /** Lets the responses of all shards say close. */
  drain(): void {
    this.#draining = true;
    for (const { worker } of this.#shards) worker.post({ kind: "drain" });
  }

  /** Sets the counters back to 0. */
  clearCounts(): void {
    const { counts } = this;
    for (const name of COUNTS) this.#endedCounts[name] -= counts[name];
  }

  /** Never called: the main thread of a group accepts no connections. */
  execute(): never {
    throw new TypeError("Cannot execute: exchanges are executed where they are accepted");
  }

  async start(): Promise<void> {
    try {
      await this.#startAll();
    } catch (error) {
      await this.stop(0);
      throw error;
    }
    this.#started = true;
    this.#lastLook = this.#clock.now();
    this.#watching = this.#clock.every(this.#watchInterval, () => this.#watch());
  }

  async reload(): Promise<void> {
    if (!this.#started || this.#stopping) { // stop() would not end the new shards
      const state = this.#stopping ? "stopped" : "not started";
      throw new TypeError(`Cannot reload: expected shards that run, these are ${state}`);
    }
    const old = [...this.#shards];
    await this.#startAll();
    for (const shard of old) this.#send(shard, { kind: "hand-over" });
    // Clients that connect from here on get the new code, unless an old shard computes and takes no message.
    await withTimeout(all(old.map(({ closed }) => closed.promise)), STOP_GRACE);
  }

  /** Has every shard read certificates and private keys again.
   *
   * @throws {Error} when one of them cannot use them */
  async reloadCertificates(): Promise<void> {
    const ready = [...this.#shards].filter(({ state }) => state === "ready");
    const errors = await all(
      ready.map((shard) =>
        new Promise<string | undefined>((resolve) => {
          shard.certificates = resolve;
          shard.worker.post({ kind: "reload-certificates" });
        })
      ),
    );
    const error = errors.find((error) => error !== undefined);
    if (error !== undefined) throw new Error(`Cannot reload certificates in a shard: ${error}`);
  }

  async stop(timeout: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#retry);
    const kind = timeout > 0 ? "stop" : "abort";
    for (const shard of this.#shards) this.#send(shard, { kind });
    // A shard keeps shutdownTimeout itself, unless it computes.
    const stopped = [...this.#shards].map(({ stopped }) => stopped.promise);
    await withTimeout(all(stopped), timeout + STOP_GRACE);
    for (const shard of this.#shards) this.#end(shard);
    this.#watching?.stop();
    await all(this.#ending);
    this.#ended.abort();
  }

  /** Has the shards stop at once. */
  abort(): void {
    for (const shard of this.#shards) this.#send(shard, { kind: "abort" });
  }

  async #startAll(): Promise<void> {
    const started = Array.from({ length: this.#settings.size }, () => this.#spawn());
    try {
      await all(started.map(({ ready }) => ready.promise));
    } catch (error) {
      for (const shard of started) this.#end(shard);
      throw error;
    }
  }

  #spawn(): Shard {
    const workerId = ++this.#lastId;
    const { bind, sharing } = this.addresses;
    const options = { ...this.#options, bind };
    const memory = createShardMemory();
    const worker = startShardThread(this.#settings.kind, this.#main, {
      ...{ app: this.#app, workerId, options, sharing, memory },
      acceptCounts: this.#acceptCounts,
      beatInterval: this.#watchInterval,
      accessLogFormat: this.accessLog?.format,
      captureOutput: this.captureOutput,
      admin: this.admin,
    }, {
      onMessage: (message) => this.#take(shard, message),
      onEnd: (reason) => this.#crashed(shard, reason),
    });
    const shard: Shard = {
      workerId,
      worker,
      memory: new ShardMemory(memory),
      beats: 0,
      silence: 0,
      ready: Promise.withResolvers(),
      closed: Promise.withResolvers(),
      stopped: Promise.withResolvers(),
      state: "starting",
      stats: undefined,
      activity: undefined,
      certificates: undefined,
    };
    this.#shards.add(shard);
    if (this.#draining) worker.post({ kind: "drain" });
    then(withTimeout(shard.ready.promise, this.#settings.startTimeout), () => {
      if (shard.state === "starting") this.#crashed(shard, "it did not load in time");
    }, () => {}); // the first failure is reported
    return shard;
  }

  /** Takes a message; replaces a shard whose message is not understood. */
  #take(shard: Shard, message: FromShard): void {
    try {
      this.#receive(shard, message);
    } catch (error) {
      this.#crashed(shard, `its message was not understood: ${error}`);
    }
  }

  #receive(shard: Shard, message: FromShard): void {
    switch (message.kind) {
      case "ready":
        shard.state = "ready";
        shard.silence = 0;
        this.#failures = 0;
        return shard.ready.resolve();
      case "failed":
        shard.ready.reject(decodeLoadError(message.text));
        if (shard.state === "starting") this.#crashed(shard, "it could not start");
        return;
      case "closed":
        return shard.closed.resolve();
      case "exiting":
        return this.#crashed(shard, message.reason, message.requests);
      case "stopped":
        return this.#end(shard, message.cut);
      case "log": {
        const error = remote(message.error);
        return this.#log(error === undefined ? message.event : { ...message.event, error });
      }
      case "access-lines":
        return this.accessLog?.takeLines(message.text, message.count);
      case "certificates":
        return shard.certificates?.(message.error);
      case "stats":
        shard.stats = message.stats;
        shard.activity = message.activity;
        return;
      default:
        message satisfies never;
        throw new TypeError("Cannot take message: expected a known kind");
    }
  }

  /** Ends shards that do not come back to their event loops. A process that was suspended wakes with all of
   * its threads, so the time between two looks counts up to two intervals only. */
  #watch(): void {
    const now = this.#clock.now();
    const passed = Math.min(now - this.#lastLook, 2 * this.#watchInterval);
    this.#lastLook = now;
    for (const shard of this.#shards) {
      const { beats } = shard.memory;
      if (shard.state !== "ready" && beats === 0) continue; // it loads: `startTimeout` bounds that
      shard.silence = beats === shard.beats ? shard.silence + passed : 0;
      shard.beats = beats;
      if (shard.silence >= this.#settings.workerTimeout) this.#endSilent(shard);
    }
  }

  #endSilent(shard: Shard): void {
    const { named, requests } = describeLogged(shard.memory.requests);
    const away = `has not come back to its event loop for ${Math.round(shard.silence)} ms`;
    const message = `Shard ${shard.workerId} ${away}: it is ended with its connections` +
      (named === "" ? "" : `, with ${named}`);
    this.#log({
      ...{ level: "error", event: "worker-timeout", message, workerId: shard.workerId },
      ...(requests.length === 0 ? {} : { requests }),
    });
    const wasReady = shard.state === "ready";
    this.#end(shard);
    if (wasReady) this.#replaceLater();
  }

  /** Handles a shard that has ended by itself: its connections are lost, and another replaces it. */
  #crashed(shard: Shard, reason: string, requests: readonly LoggedRequest[] = []): void {
    if (shard.state === "ended") return;
    const wasReady = shard.state === "ready";
    shard.ready.reject(new ApplicationLoadError(reason));
    this.#end(shard);
    if (this.#stopping) return;
    const message = `Shard has ended: ${reason}`;
    this.#log({
      ...{ level: "error", event: "shard-ended", message, workerId: shard.workerId },
      ...(requests.length === 0 ? {} : { requests }),
    });
    if (wasReady || this.#failures > 0) this.#replaceLater();
  }

  /** Starts missing shards after a delay that grows with each failure. */
  #replaceLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      const { size, maxAbandonedWorkers } = this.#settings;
      const ready = [...this.#shards].filter(({ state }) => state !== "stopping").length;
      // A thread that could not be ended may take a core, so only a few are replaced.
      const unusable = Math.max(0, this.#abandoned - maxAbandonedWorkers);
      for (let missing = size - ready - unusable; missing > 0; missing--) this.#spawn();
    }, backOff(++this.#failures));
  }

  async #terminate(shard: Shard): Promise<boolean> {
    const { workerId, worker, silence } = shard;
    const ended = await worker.terminate();
    const computes = silence >= Math.min(COMPUTES_AFTER, this.#settings.workerTimeout);
    if (ended || this.#stopping || !computes) return ended;
    this.#abandoned++;
    const message =
      `Shard ${workerId} is replaced, but its thread still computes and will end, with its ` +
      "connections, when it is done";
    this.#log({ level: "warn", event: "worker-abandoned", message, workerId });
    then(worker.ended(this.#ended.signal), () => {
      this.#abandoned--;
      const message = `Shard ${workerId}, which could not be ended, has ended`;
      this.#log({ level: "info", event: "abandoned-worker-ended", message, workerId });
      this.#replaceLater();
    }, () => {});
    return ended;
  }

  #send(shard: Shard, message: ToShard): void {
    if (shard.state === "ended") return;
    shard.state = "stopping";
    shard.worker.post(message);
  }

  /** @param cut how many requests it has cut */
  #end(shard: Shard, cut: number = shard.memory.requests.length): void {
    if (shard.state === "ended") return;
    shard.state = "ended";
    if (this.#stopping) this.#cut += cut;
    new AcceptBalance(this.#acceptCounts, shard.workerId).leave(); // it may have crashed
    const ended = lastly(this.#terminate(shard), () => this.#ending.delete(ended));
    this.#ending.add(ended);
    shard.certificates?.(undefined); // its successor reads them as they are now
    this.#shards.delete(shard);
    for (const name of COUNTS) this.#endedCounts[name] += shard.stats?.[name] ?? 0;
    if (shard.activity !== undefined) this.#endedResponses.add(shard.activity.responses);
    shard.ready.reject(new ApplicationLoadError("the shard was ended"));
    shard.closed.resolve();
    shard.stopped.resolve();
  }
}

/** Milliseconds away from its event loop after which a thread that does not end computes, and is not just
 * slow to end. */
const COMPUTES_AFTER = 1_000;

/** How long a shard may exceed its timeout before its thread is ended, in milliseconds. */
const STOP_GRACE = 2_500;
