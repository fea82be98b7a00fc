// What the admin listener needs of its server: what it shows, and how it steers it. Types only.

import type { Address } from "../io/address.ts";
import type { ResponseMetricsView } from "../exchange/response_metrics.ts";
import type { RunningRequest } from "../exchange/running_request.ts";
import type { PoolStats } from "../pool/pool_stats.ts";
import type { ServerStats } from "./server_stats.ts";

/** A pool, and the name that tells it from others. */
export interface NamedPool {
  /** The path of an application with a dedicated pool, or `python` for processes of Python; empty for the
   * server's common pool. */
  readonly name: string;
  readonly stats: PoolStats;
  /** How many exchanges may wait for a worker. */
  readonly queueSize: number;
}

/** What an accepting thread does now. */
export interface ThreadActivity {
  /** The responses that have ended. */
  readonly responses: ResponseMetricsView;
  /** The requests under way. */
  readonly requests: readonly RunningRequest[];
  /** How many there are: the list has a bound. */
  readonly active: number;
}

/** The process, as the system sees it. */
export interface ProcessFacts {
  /** Octets of memory. */
  readonly memory: number;
  /** Seconds of CPU time. */
  readonly cpuTime: number;
  /** When it was started, in seconds since 1970. */
  readonly startTime: number;
  /** Its versions and its mode, by name. */
  readonly build: Readonly<Record<"version" | "deno" | "mode", string>>;
}

/** The server, as the admin listener sees it. */
export interface AdminSite {
  /** Why the server wants no more requests; undefined while it is ready. */
  readonly unreadiness: string | undefined;
  readonly stats: ServerStats;
  readonly pools: readonly NamedPool[];
  /** All accepting threads together. */
  readonly activity: ThreadActivity;
  /** The addresses that it listens on, as `bind` has them. */
  readonly addresses: readonly string[];
  readonly process: ProcessFacts;
  /** The last warnings and errors of the log. */
  readonly warnings: readonly string[];
  /** Ends a request.
   *
   * @param id its id
   * @returns whether it is under way */
  kill(id: string): boolean;
  /** Loads certificates and the application afresh.
   *
   * @throws when one of them cannot be loaded */
  reload(): Promise<void>;
  /** Wants no more requests from now on, and serves those that come all the same. */
  drain(): void;
  /** Logs what an operator did.
   *
   * @param action what it was
   * @param facts who asked for it, and the request that it concerns */
  note(action: string, facts: ActionFacts): void;
}

/** Facts of what an operator did. */
export interface ActionFacts {
  /** The operator. */
  readonly remoteAddr: Address;
  /** The request that it concerns, if it concerns one. */
  readonly requestId?: string;
  readonly method?: string;
  readonly target?: string;
}
