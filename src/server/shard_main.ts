// Runs in the thread of a shard: a whole server, which accepts on sockets that all shards share. Importing
// this does nothing. The main thread imports it too, which keeps it in the module graph.

import { caught, clearInterval, Promise, setInterval, then } from "../io/platform.ts";
import { accessLogFormatter } from "../access_log/access_log_format.ts";
import { lineListener } from "../access_log/access_log.ts";
import {
  describeRequests,
  loggedRequests,
  type NamedRequest,
} from "../exchange/describe_requests.ts";
import { ResponseMetrics } from "../exchange/response_metrics.ts";
import { PRINTED } from "../log/event_log.ts";
import { type LineTarget, LineWriter } from "../log/line_writer.ts";
import type { LogEvent } from "../log/log_event.ts";
import { captureConsole } from "../log/captured_console.ts";
import { describeError, encodeLoadError } from "../threads/error_codec.ts";
import { replaceUpgradeWebSocket } from "../threads/deno_upgrade.ts";
import { noticeServers, SERVER_FOUND } from "../threads/own_servers.ts";
import { tryUpgradeWebSocket } from "../gateway/fetch/upgrade_web_socket.ts";
import { ownCpuTime } from "../threads/cpu_time.ts";
import {
  announceExit,
  containUncaught,
  dropPostedMessages,
  MESSAGE_DROPPED,
  type ThreadPort,
} from "../threads/thread_guards.ts";
import { AcceptBalance } from "../net/accept_balance.ts";
import type { Server } from "./server.ts";
import type { ServerStats } from "../admin/server_stats.ts";
import type { FromShard, ShardStart, ToShard } from "../shard/messages.ts";
import { ShardMemory } from "../shard/shard_memory.ts";
import type { ShardStats } from "../shard/shard_stats.ts";
import { loadWorkerApplication } from "../application/worker_application.ts";

/** The URL of this module, for starting shards. */
export const SHARD_MAIN: string = import.meta.url;

/** The shard's end of the channel to the main thread. */
type ShardPort = ThreadPort<ToShard, FromShard>;

/** How often a shard reports its numbers, in milliseconds. */
const STATS_INTERVAL = 500;

/** Begins a shard's work.
 *
 * @param start what it serves, and how
 * @param port the channel to the main thread */
export function startShard(start: ShardStart, port: ShardPort): void {
  const { workerId } = start;
  const log = ({ error, ...event }: LogEvent) =>
    port.post({ kind: "log", event: { workerId, ...event }, error: describeError(error) });
  if (start.captureOutput) {
    captureConsole((level, message) => log({ level, event: PRINTED, message }));
  }
  const accessLog = new LineWriter(linesTo(port), () => {});
  containUncaught((event, message, error) => log({ level: "error", event, message, error }));
  let abandon: () => readonly NamedRequest[] = () => [];
  announceExit((reason) => {
    const exchanges = abandon();
    const named = exchanges.length === 0 ? "" : `, with ${describeRequests(exchanges)}`;
    accessLog.flush();
    const requests = loggedRequests(exchanges);
    port.post({ kind: "exiting", reason: reason + named, requests });
  });
  replaceUpgradeWebSocket(tryUpgradeWebSocket);
  dropPostedMessages(() => log({ level: "warn", ...MESSAGE_DROPPED }));
  const onServer = (requestsOf: () => readonly NamedRequest[]) => abandon = requestsOf;
  const serving = caught(serveShard(start, port, log, accessLog, onServer), (error) => {
    port.post({ kind: "failed", text: encodeLoadError(error) });
  });
  port.onMessage((message) => void then(serving, (take) => take?.(message)));
}

async function serveShard(
  { app, workerId, options, sharing, acceptCounts, memory, beatInterval, accessLogFormat, admin }:
    ShardStart,
  port: ShardPort,
  log: (event: LogEvent) => void,
  accessLog: LineWriter,
  onServer: (abandon: () => readonly NamedRequest[]) => void,
): Promise<(message: ToShard) => void> {
  // A static import would be a cycle.
  const { abandonServer, createShardServer, cutRequests, steerServer } = await import(
    "./server.ts"
  );
  const load = () => loadWorkerApplication(app, workerId);
  const application = await (workerId > 1 ? load() : noticeServers(load, (message) => {
    log({ level: "warn", event: SERVER_FOUND, message });
  }));
  const responses = admin ? new ResponseMetrics() : undefined;
  const shared = new ShardMemory(memory);
  const server = createShardServer(
    {
      ...options,
      app: application.gateway,
      onLog: log,
      onListen: () => {},
    },
    { sharing, balance: new AcceptBalance(acceptCounts, workerId), memory: shared },
    [
      ...accessLogFormat === undefined ? [] : [
        lineListener(accessLogFormatter(accessLogFormat), (line) => accessLog.add(line), workerId),
      ],
      ...responses === undefined ? [] : [responses.listener],
    ],
  );
  const steering = steerServer(server);
  onServer(() => abandonServer(server));
  await server.prepare();
  const activity = () => responses && { ...steering.running(workerId), responses: responses.view };
  const report = () =>
    port.post({
      kind: "stats",
      stats: shardStats(workerId, server.stats),
      activity: activity(),
    });
  report(); // the main thread has numbers of every shard that is ready
  const reporting = setInterval(report, STATS_INTERVAL);
  const beating = setInterval(() => shared.beat(), beatInterval);
  const serveToTheEnd = async () => {
    try {
      await server.serve();
    } finally {
      clearInterval(reporting);
      report();
      await accessLog.close();
      try {
        await application.stop();
      } catch (error) {
        log({ level: "error", event: "worker-stop-failed", message: "onWorkerStop failed", error });
      }
      clearInterval(beating);
      port.post({ kind: "stopped", cut: cutRequests(server) });
    }
  };
  void serveToTheEnd();
  port.post({ kind: "ready" });
  return (message) => {
    const { kind } = message;
    if (kind === "kill") return void steering.kill(message.requestId);
    if (kind === "drain") return steering.drain();
    if (kind === "reload-certificates") return void reloadCertificates(server, port);
    if (kind === "hand-over") void server.handOver();
    else void (kind === "stop" ? server.stop() : server.abort());
    port.post({ kind: "closed" });
  };
}

/** Posts lines to the main thread, which writes those of all shards to one file. */
function linesTo(port: ShardPort): LineTarget {
  return {
    open() {},
    write(text, count) {
      port.post({ kind: "access-lines", text: text.slice(0, -1), count });
      return Promise.resolve(undefined);
    },
    reopen: () => Promise.resolve(),
    close() {},
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
  const {
    ready: _ready,
    pool: _pool,
    pools: _pools,
    shards: _shards,
    lostLogLines: _,
    ...numbers
  } = stats;
  return { workerId, cpuTime: ownCpuTime(), ...numbers };
}
