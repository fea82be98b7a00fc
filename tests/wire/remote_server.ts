// A server whose handlers run in workers, for the wire tests. All rows with the same options share one.

import type { LogEvent } from "../../src/log/log_event.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { Server } from "../../src/server/server.ts";
import { within } from "../support/latch.ts";
import type { Observation } from "./compare.ts";
import type { RequestRecord } from "./recording_app.ts";
import type { AppName, AppSelection, Reply } from "./remote_app.ts";

/** Where handlers run, and in how many workers. */
export const REMOTE_MODES = {
  "a web Worker": { mode: "pool", workerKind: "web", minWorkers: 1 },
  "a killable worker": { mode: "pool", workerKind: "killable", minWorkers: 1 },
  "two shards": { mode: "sharded", minWorkers: 2 },
} as const satisfies Record<string, ServerOptions>;

/** A server whose handlers run in other threads. */
export class RemoteServer implements RequestRecord, AsyncDisposable {
  readonly called: string[] = [];
  readonly seen: Observation[] = [];
  /** Everything that it has logged since the last {@linkcode use}. */
  readonly log: LogEvent[];
  readonly #channel: BroadcastChannel;
  readonly #server: Server;
  readonly #workers: number;
  readonly #serving: Promise<void>;
  #app: AppName = { table: "recording", row: 0 };
  #lastId = 0;

  private constructor(
    server: Server,
    channel: BroadcastChannel,
    workers: number,
    log: LogEvent[],
  ) {
    this.log = log;
    this.#server = server;
    this.#channel = channel;
    this.#workers = workers;
    this.#serving = server.serve();
  }

  /** Starts a server.
   *
   * @param mode where handlers run
   * @param options what differs from the defaults; functions are left out
   * @returns the server when its workers are ready */
  static async start(
    mode: typeof REMOTE_MODES[keyof typeof REMOTE_MODES],
    options: ServerOptions,
  ): Promise<RemoteServer> {
    const name = crypto.randomUUID();
    const app = new URL(`./remote_app.ts?channel=${name}`, import.meta.url);
    const { onError: _onError, ...plain } = options;
    const log: LogEvent[] = [];
    const server = new Server({
      ...plain,
      ...mode,
      app,
      bind: "127.0.0.1:0",
      onListen() {},
      onLog: (event) => void log.push(event),
    });
    await server.prepare();
    return new RemoteServer(server, new BroadcastChannel(name), mode.minWorkers, log);
  }

  /** Opens a connection. */
  async connect(): Promise<Deno.TcpConn> {
    const { hostname, port } = this.#server.addr;
    const conn = await Deno.connect({ hostname, port });
    conn.setNoDelay(true);
    return conn;
  }

  /** Selects the application that responds, and clears the log and the record. */
  async use(app: AppName): Promise<void> {
    this.#app = app;
    await this.update();
    this.log.length = this.called.length = this.seen.length = 0;
  }

  async update(): Promise<void> {
    const id = ++this.#lastId;
    const allReplied = Promise.withResolvers<void>();
    let missing = this.#workers;
    this.#channel.onmessage = ({ data }: MessageEvent<Reply>) => {
      if (data.id !== id) return;
      this.called.push(...data.called);
      this.seen.push(...data.seen);
      if (--missing === 0) allReplied.resolve();
    };
    this.#channel.postMessage({ id, app: this.#app } satisfies AppSelection);
    await within(allReplied.promise);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop();
    await this.#serving;
    this.#channel.close();
  }
}
