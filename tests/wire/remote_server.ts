// A server whose handlers run in workers, for the wire tests: one for all rows with the same options.

import type { LogEvent } from "../../src/log/log_event.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { Server } from "../../src/server/server.ts";
import { within } from "../support/latch.ts";
import type { Seen } from "./compare.ts";
import type { Witness } from "./recording_app.ts";
import type { AppName, Question, Reply } from "./remote_app.ts";

/** Where handlers run, and in how many workers. */
export const REMOTE_MODES = {
  "a web Worker": { mode: "pool", workerKind: "web", minWorkers: 1 },
  "a killable worker": { mode: "pool", workerKind: "killable", minWorkers: 1 },
  "two shards": { mode: "sharded", minWorkers: 2 },
} as const satisfies Record<string, ServerOptions>;

/** A server with its handlers elsewhere. */
export class RemoteServer implements Witness, AsyncDisposable {
  readonly called: string[] = [];
  readonly seen: Seen[] = [];
  /** Everything that it has logged since the last {@linkcode use}. */
  readonly log: LogEvent[];
  readonly #channel: BroadcastChannel;
  readonly #server: Server;
  readonly #workers: number;
  readonly #serving: Promise<void>;
  #app: AppName = { table: "facts", row: 0 };
  #question = 0;

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

  /** Serves.
   *
   * @param mode where handlers run
   * @param options what differs from the defaults; functions stay behind
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

  /** Has another application answer, and forgets what was before. */
  async use(app: AppName): Promise<void> {
    this.#app = app;
    await this.look();
    this.log.length = this.called.length = this.seen.length = 0;
  }

  async look(): Promise<void> {
    const question = ++this.#question;
    const answered = Promise.withResolvers<void>();
    let missing = this.#workers;
    this.#channel.onmessage = ({ data }: MessageEvent<Reply>) => {
      if (data.question !== question) return;
      this.called.push(...data.called);
      this.seen.push(...data.seen);
      if (--missing === 0) answered.resolve();
    };
    this.#channel.postMessage({ question, app: this.#app } satisfies Question);
    await within(answered.promise);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop();
    await this.#serving;
    this.#channel.close();
  }
}
