// Runs several applications in several ways at once. Each exchange goes to the executor of the application
// at its path: inline for values of this thread, the server's pool, or a dedicated pool. That executor then
// finds the application by the same rules and sets `mountPath`.

import { all, allSettled, caught, Promise } from "../io/platform.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { NOT_FOUND } from "../gateway/path/path_gateway.ts";
import { PrefixTable } from "../gateway/path/prefix_table.ts";
import type { LogEvent } from "../log/log_event.ts";
import { ApplicationLoadError, type LoadPlace } from "../application/application_load_error.ts";
import type { Executor } from "../exchange/executor.ts";
import { InlineExecutor } from "../gateway/inline_executor.ts";
import type { WorkerPool } from "../pool/worker_pool.ts";

/** What a path leads to: an executor, or a table for the rest of the path. */
export type Route = Executor | PrefixTable<Route>;

/** A pool that only one application uses. */
export interface DedicatedPoolEntry {
  readonly pool: WorkerPool;
  /** Which application. */
  readonly place: LoadPlace;
}

/** The parts of a mounted executor. */
export interface MountedParts {
  /** Leads from paths to executors. */
  readonly routes: Route;
  /** The dedicated pools. */
  readonly dedicated: readonly DedicatedPoolEntry[];
  /** The pool of all other modules, if there are any. */
  readonly shared: WorkerPool | undefined;
  /** The pool of Python applications that run in processes, if there are any. */
  readonly processes: WorkerPool | undefined;
}

/** Responds 404 to paths without an application. */
const NOT_FOUND_EXECUTOR = new InlineExecutor(NOT_FOUND);

/** Runs applications in several ways at a time. */
export class MountedExecutor implements Executor {
  /** Pools of single applications, by their paths. */
  readonly dedicated: ReadonlyMap<string, WorkerPool>;
  /** The pool of all other modules, if there are any. */
  readonly shared: WorkerPool | undefined;
  /** The pool of Python applications that run in processes, if there are any. */
  readonly processes: WorkerPool | undefined;

  readonly #routes: Route;
  readonly #pools: readonly { readonly pool: WorkerPool; readonly place: LoadPlace | undefined }[];
  readonly #log: (event: LogEvent) => void;

  /** @param parts routes and pools
   * @param log takes errors that are not thrown */
  constructor(
    { routes, dedicated, shared, processes }: MountedParts,
    log: (event: LogEvent) => void,
  ) {
    this.dedicated = new Map(dedicated.map(({ place, pool }) => [place.path, pool]));
    this.shared = shared;
    this.processes = processes;
    this.#routes = routes;
    const common = [shared, processes].filter((pool) => pool !== undefined);
    this.#pools = [...common.map((pool) => ({ pool, place: undefined })), ...dedicated];
    this.#log = log;
  }

  /** Why one of the pools is not reliable any more. */
  get trouble(): string | undefined {
    const { pool, place } = this.#pools.find(({ pool }) => pool.trouble !== undefined) ?? {};
    return place === undefined ? pool?.trouble : `pool of ${place.path}: ${pool?.trouble}`;
  }

  execute(exchange: Exchange): void | Promise<void> {
    const { target } = exchange.head;
    let route: Route | undefined = this.#routes;
    for (let taken = 0; route instanceof PrefixTable;) {
      const place: ReturnType<typeof route.find> = route.find(target, taken);
      if (place === undefined) return NOT_FOUND_EXECUTOR.execute(exchange);
      taken += place.length;
      route = place.value;
    }
    return route.execute(exchange);
  }

  /** Starts all pools. */
  async start(): Promise<void> {
    const starting = this.#pools.map(({ pool, place }) => withPlace(pool.start(), place));
    const failed = (await allSettled(starting)).find(({ status }) => status === "rejected");
    if (failed === undefined) return;
    await this.stop(0);
    throw (failed as PromiseRejectedResult).reason;
  }

  /** Reloads one pool after the other, so that not all of them have twice their workers at a time. A pool
   * that cannot load the application keeps its old code, and the others are reloaded all the same. */
  async reload(): Promise<void> {
    const failures: unknown[] = [];
    for (const { pool, place } of this.#pools) {
      await caught(withPlace(pool.reload(), place), (error) => failures.push(error));
    }
    for (const error of failures.slice(1)) {
      const message = "Another pool could not be reloaded, its old code goes on";
      this.#log({ level: "error", event: "application-failed", message, error });
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Stops all pools. */
  async stop(timeout: number): Promise<void> {
    await all(this.#pools.map(({ pool }) => pool.stop(timeout)));
  }
}

/** Names the application that could not be loaded: a worker that ends cannot do so. */
async function withPlace(loading: Promise<void>, place: LoadPlace | undefined): Promise<void> {
  try {
    await loading;
  } catch (error) {
    if (!(error instanceof ApplicationLoadError) || error.place !== undefined) throw error;
    throw new ApplicationLoadError(error.reason, error.cause, place);
  }
}
