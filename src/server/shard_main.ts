// The inside of a shard: a whole server in a worker, which accepts on a socket that all shards share.
// Importing this does nothing; being imported by the main thread too keeps it in the module graph.

import type { LogEvent } from "../log/stderr_log.ts";
import type { AppTree } from "../application/application_tree.ts";
import type { ServerOptions } from "../options/resolve_options.ts";
import { describeError, encodeLoadError } from "../threads/error_codec.ts";
import { ownCpuTime } from "../threads/cpu_time.ts";
import { announceExit, containUncaught, type ThreadPort } from "../threads/thread_guards.ts";
import type { Server } from "./server.ts";
import type { Sharing } from "../net/thread_sharing.ts";
import type { ServerStats } from "./server_stats.ts";
import type { ShardStats } from "../shard/shard_stats.ts";
import { loadWorkerApplication } from "../application/worker_application.ts";

/** Where this module is, for those who start shards. */
export const SHARD_MAIN: string = import.meta.url;

/** What a shard is made with. */
export interface ShardStart {
  /** What it loads: modules only, so that it is plain data. */
  readonly app: AppTree;
  readonly workerId: number;
  /** Everything that can be said without functions. */
  readonly options: ServerOptions;
  /** How it shares the addresses with others. */
  readonly sharing: Sharing;
}

/** What a shard is told. */
export type ToShard =
  /** Finish what is in flight, for at most `shutdownTimeout`. */
  | { readonly kind: "stop" }
  /** Stop at once. */
  | { readonly kind: "abort" }
  /** Read certificates and private keys again; `certificates` answers it. */
  | { readonly kind: "reload-certificates" };

/** What a shard tells. */
export type FromShard =
  /** `closed`: it accepts nothing more. */
  | { readonly kind: "ready" | "closed" | "stopped" }
  | { readonly kind: "failed"; readonly text: string }
  /** The application ends the worker. */
  | { readonly kind: "exiting"; readonly reason: string }
  /** An event for the log; an error cannot be relied on to be cloneable, its stack as text can. */
  | { readonly kind: "log"; readonly event: LogEvent; readonly error: string | undefined }
  /** What came of reading them: an error as text, if any. */
  | { readonly kind: "certificates"; readonly error: string | undefined }
  | { readonly kind: "stats"; readonly stats: ShardStats };

/** The shard's end of the wire. */
type ShardPort = ThreadPort<ToShard, FromShard>;

/** How often a shard tells what it has counted, in milliseconds. */
const STATS_INTERVAL = 500;

/** Begins a shard's work.
 *
 * @param start what it serves, and how
 * @param port its end of the wire */
export function startShard(start: ShardStart, port: ShardPort): void {
  const log = ({ error, ...event }: LogEvent) =>
    port.post({ kind: "log", event, error: describeError(error) });
  containUncaught((event, message, error) => log({ level: "error", event, message, error }));
  announceExit((reason) => port.post({ kind: "exiting", reason }));
  const serving = serveShard(start, port, log).catch((error) => {
    port.post({ kind: "failed", text: encodeLoadError(error) });
  });
  port.onMessage((message) => void serving.then((take) => take?.(message)));
}

async function serveShard(
  { app, workerId, options, sharing }: ShardStart,
  port: ShardPort,
  log: (event: LogEvent) => void,
): Promise<(message: ToShard) => void> {
  const { Server } = await import("./server.ts"); // which imports who imports this
  const application = await loadWorkerApplication(app, workerId);
  const server = Server.onSharedSockets({
    ...options,
    app: application.gateway,
    onLog: log,
    onListen: () => {},
  }, sharing);
  await server.prepare();
  const tell = () => port.post({ kind: "stats", stats: shardStats(workerId, server.stats) });
  const telling = setInterval(tell, STATS_INTERVAL);
  server.serve().finally(async () => {
    clearInterval(telling);
    tell();
    try {
      await application.stop();
    } catch (error) {
      log({ level: "error", event: "worker-stop-failed", message: "onWorkerStop failed", error });
    }
    port.post({ kind: "stopped" });
  });
  port.post({ kind: "ready" });
  return ({ kind }) => {
    if (kind === "reload-certificates") return void reloadCertificates(server, port);
    void (kind === "stop" ? server.stop() : server.abort());
    port.post({ kind: "closed" });
  };
}

async function reloadCertificates(server: Server, port: ShardPort): Promise<void> {
  try {
    await server.reloadCertificates();
    port.post({ kind: "certificates", error: undefined });
  } catch (error) {
    port.post({ kind: "certificates", error: String(error) });
  }
}

function shardStats(workerId: number, stats: ServerStats): ShardStats {
  const { ready: _ready, pool: _pool, pools: _pools, shards: _shards, ...numbers } = stats;
  return { workerId, cpuTime: ownCpuTime(), ...numbers };
}
