// The inside of a shard: a whole server in a worker, which accepts on a socket that all shards share.
// Importing this does nothing; being imported by the main thread too keeps it in the module graph.

import type { LogEvent } from "../log.ts";
import type { AppTree } from "../mount_tree.ts";
import type { ServerOptions } from "../options.ts";
import { describeError, encodeLoadError } from "../pool/error_text.ts";
import type { Server } from "../server.ts";
import type { ServerStats } from "../stats.ts";
import { loadWorkerApplication } from "../worker_application.ts";

/** Where this module is, for those who start shards. */
export const SHARD_MAIN: string = import.meta.url;

/** What a shard is told. */
export type ToShard =
  | {
    readonly kind: "start";
    /** What it loads: modules only, so that it is plain data. */
    readonly app: AppTree;
    readonly workerId: number;
    /** Everything that can be said without functions. */
    readonly options: ServerOptions;
  }
  /** Finish what is in flight, for at most `shutdownTimeout`. */
  | { readonly kind: "stop" }
  /** Stop at once. */
  | { readonly kind: "abort" }
  /** Read certificates and private keys again; `certificates` answers it. */
  | { readonly kind: "reload-certificates" };

/** What a shard tells. */
export type FromShard =
  | { readonly kind: "ready" | "stopped" }
  | { readonly kind: "failed"; readonly text: string }
  /** The application ends the worker. */
  | { readonly kind: "exiting"; readonly reason: string }
  /** An event for the log; an error cannot be relied on to be cloneable, its stack as text can. */
  | { readonly kind: "log"; readonly event: LogEvent; readonly error: string | undefined }
  /** What came of reading them: an error as text, if any. */
  | { readonly kind: "certificates"; readonly error: string | undefined }
  | { readonly kind: "stats"; readonly stats: ServerStats };

/** The shard's end of the wire. */
export interface ShardPort {
  post(message: FromShard): void;
}

/** How often a shard tells what it has counted, in milliseconds. */
const STATS_INTERVAL = 500;

/** Begins a shard's work.
 *
 * @param start what it serves, and how
 * @param port its end of the wire
 * @returns what takes further messages */
export async function startShard(
  start: Extract<ToShard, { kind: "start" }>,
  port: ShardPort,
): Promise<(message: ToShard) => void> {
  try {
    return await serveShard(start, port);
  } catch (error) {
    port.post({ kind: "failed", text: encodeLoadError(error) });
    return () => {};
  }
}

async function serveShard(
  { app, workerId, options }: Extract<ToShard, { kind: "start" }>,
  port: ShardPort,
): Promise<(message: ToShard) => void> {
  const { Server } = await import("../server.ts"); // which imports who imports this
  const application = await loadWorkerApplication(app, workerId);
  const log = ({ error, ...event }: LogEvent) =>
    port.post({ kind: "log", event, error: describeError(error) });
  const server = Server.onSharedSockets({
    ...options,
    app: application.gateway,
    onLog: log,
    onListen: () => {},
  });
  await server.prepare();
  const tell = () => port.post({ kind: "stats", stats: server.stats });
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
    if (kind === "stop") void server.stop();
    else if (kind === "abort") void server.abort();
    else if (kind === "reload-certificates") void reloadCertificates(server, port);
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
