// A server as its admin listener sees it: whether it is ready, what it does now, and how it is steered. Made
// only where there is such a listener.

import { caught } from "../io/platform.ts";
import process from "node:process";
import type { ActionFacts, AdminSite, NamedPool, ThreadActivity } from "../admin/admin_site.ts";
import { RecentWarnings } from "../admin/recent_warnings.ts";
import type { ServerStats } from "../admin/server_stats.ts";
import type { ConnectionContext } from "../connection/connection_context.ts";
import { ApplicationLoadError } from "../application/application_load_error.ts";
import { headline } from "../log/error_text.ts";
import type { LogEvent } from "../log/log_event.ts";
import { ResponseMetrics } from "../exchange/response_metrics.ts";
import type { Mode } from "../options/modes.ts";
import { VERSION } from "../version.ts";
import type { Acceptor } from "./acceptor.ts";
import { namedPools, shardGroupOf } from "./collect_stats.ts";
import { runningRequests } from "./running_requests.ts";

/** What only the server itself knows and does. */
export interface SiteServer {
  /** Why it wants no more requests; undefined when that is not its own decision. */
  readonly unreadiness: string | undefined;
  readonly stats: ServerStats;
  readonly mode: Mode;
  /** The addresses that it listens on, as `bind` has them. */
  readonly addresses: readonly string[];
  readonly context: ConnectionContext;
  readonly acceptor: Acceptor;
  reload(): Promise<void>;
  /** Loads certificates afresh; undefined without TLS. */
  readonly reloadCertificates: (() => Promise<void>) | undefined;
  drain(): void;
}

/** A server, as its admin listener sees it. */
export class ServerSite implements AdminSite {
  /** Takes each event of the log. */
  readonly recentWarnings = new RecentWarnings();
  /** Takes each finished response. */
  readonly responses = new ResponseMetrics();

  readonly #server: SiteServer;
  readonly #startTime = (Date.now() - performance.now()) / 1000;

  /** @param server the server */
  constructor(server: SiteServer) {
    this.#server = server;
  }

  get unreadiness(): string | undefined {
    const { unreadiness, context: { executor } } = this.#server;
    if (unreadiness !== undefined) return unreadiness;
    if (executor.trouble !== undefined) return executor.trouble;
    for (const [name, pool] of namedPools(executor)) {
      const of = name === "" ? "" : ` of ${name}`;
      if (pool.queued > 0 && pool.queued >= pool.queueSize) return `the queue${of} is full`;
    }
    return undefined;
  }

  /** Counts the octets of open connections too, where they are in this thread: an upload shows at once. */
  get stats(): ServerStats {
    const { acceptor: { octets }, stats } = this.#server;
    return {
      ...stats,
      bytesRead: stats.bytesRead + octets.received,
      bytesWritten: stats.bytesWritten + octets.sent,
    };
  }

  get pools(): readonly NamedPool[] {
    return namedPools(this.#server.context.executor).map(([name, { stats, queueSize }]) => ({
      ...{ name, stats, queueSize },
    }));
  }

  get activity(): ThreadActivity {
    const { acceptor, context } = this.#server;
    const shards = shardGroupOf(context.executor);
    if (shards !== undefined) return shards.activity;
    const names = new Map<string, string>();
    for (const { name, stats } of this.pools) {
      if (name === "") continue;
      for (const { work } of stats.workers) {
        for (const { requestId } of work) names.set(requestId, name);
      }
    }
    const poolOf = (requestId: string) => names.get(requestId) ?? "";
    const pools = namedPools(context.executor);
    const waiting = new Map(pools.flatMap(([, pool]) => [...pool.waitingTimes]));
    const running = runningRequests(acceptor.exchanges, context.clock.now(), poolOf, waiting);
    return { ...running, responses: this.responses.view };
  }

  get addresses(): readonly string[] {
    return this.#server.addresses;
  }

  get process(): AdminSite["process"] {
    const { user, system } = process.cpuUsage();
    return {
      memory: process.memoryUsage().rss,
      cpuTime: (user + system) / 1e6,
      startTime: this.#startTime,
      build: { version: VERSION, deno: process.versions.deno ?? "", mode: this.#server.mode },
    };
  }

  get warnings(): readonly string[] {
    return this.recentWarnings.lines;
  }

  kill(id: string): boolean {
    const { acceptor, context: { executor } } = this.#server;
    const shards = shardGroupOf(executor);
    if (shards !== undefined) return shards.kill(id);
    return namedPools(executor).some(([, pool]) => pool.kill(id)) || acceptor.kill(id);
  }

  /** Certificates first: the application can be loaded in any case. */
  async reload(): Promise<void> {
    const { context, reload, reloadCertificates } = this.#server;
    context.log({ level: "info", event: "reloading", message: "Reloading the application" });
    const certificates = reloadCertificates && await caught(reloadCertificates(), (error) => error);
    try {
      await reload();
    } catch (error) {
      const message = "Application could not be loaded afresh, the old code goes on";
      context.log({ level: "error", event: "reload-failed", ...reasonOf(message, error) });
      throw error;
    }
    if (certificates instanceof Error) throw certificates;
    context.log({ level: "info", event: "reloaded", message: "Reloaded the application" });
  }

  drain(): void {
    this.#server.drain();
  }

  note(action: string, facts: ActionFacts): void {
    const message = `${action}, by the admin listener`;
    this.#server.context.log({ level: "info", event: "admin-action", message, ...facts });
  }
}

/** The error of the application, without the stack of the server around it. */
function reasonOf(message: string, error: unknown): Pick<LogEvent, "message" | "error"> {
  if (!(error instanceof ApplicationLoadError)) return { message, error: headline(error) };
  const { cause, message: reason } = error;
  return { message: `${message}: ${reason}`, ...(cause === undefined ? {} : { error: cause }) };
}
