// MemoryServer, a server without sockets and real time: real connections and the real deadline sweep, over
// in-memory streams and a ManualClock. For tests of the protocol and of deadlines.

import type { Application } from "../../src/application/application.ts";
import { toTree, treeKind } from "../../src/application/application_tree.ts";
import { Connection } from "../../src/connection/connection.ts";
import type { ConnectionContext } from "../../src/connection/connection_context.ts";
import { shortestDeadline } from "../../src/connection/connection_deadlines.ts";
import type { Counters } from "../../src/connection/counters.ts";
import { DeadlineSweep } from "../../src/io/deadline_sweep.ts";
import type { FinishedResponse } from "../../src/exchange/finished_response.ts";
import type { LogEvent } from "../../src/log/log_event.ts";
import { resolveOptions } from "../../src/options/resolve_options.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { createServerContext } from "../../src/server/server_context.ts";
import { ManualClock } from "./manual_clock.ts";
import { MemoryStream } from "./memory_stream.ts";

/** The Date of every response: the example of RFC 9110 §5.6.7. */
export const MEMORY_DATE = "Sun, 06 Nov 1994 08:49:37 GMT";

/** A server whose clients are streams in the same test. */
export class MemoryServer implements AsyncDisposable {
  /** The events that were logged so far. */
  readonly log: LogEvent[] = [];
  /** Responses that are over. */
  readonly finished: FinishedResponse[] = [];
  readonly clock: ManualClock = new ManualClock();
  /** What the system tells about each send queue; nothing, unless a test sets it. */
  sendQueue: number | undefined;
  /** Whether connections see a server that is stopping. */
  stopping = false;
  /** Sees the octets of each write to a client. */
  onWrite: (octets: Uint8Array) => void = () => {};
  readonly #context: ConnectionContext;
  readonly #sweep: DeadlineSweep;
  readonly #connections = new Set<Connection>();
  readonly #serving = new Set<Promise<void>>();
  readonly #clients: MemoryStream[] = [];

  /** @param app what is served; a module needs {@linkcode start}
   * @param given options, as for `serve` */
  constructor(app: Application, given: ServerOptions = {}) {
    const onLog = (event: LogEvent) => void this.log.push(event);
    const tree = toTree(app);
    const options = resolveOptions({ ...given, onLog }, treeKind(tree));
    this.#sweep = new DeadlineSweep(this.clock, shortestDeadline(options));
    this.#context = createServerContext(tree, options, {
      isStopping: () => this.stopping,
      isShared: () => false,
    }, {
      clock: this.clock,
      wallClock: () => Date.parse(MEMORY_DATE),
      sendQueueOf: () => Promise.resolve(this.sendQueue),
      onFinished: [(response) => this.finished.push(response)],
    });
  }

  /** Starts the workers of an application in a module. */
  async start(): Promise<void> {
    await this.#context.executor.start();
  }

  /** What the server has counted. */
  get counters(): Counters {
    return this.#context.counters;
  }

  /** Connections that are being served. */
  get connections(): number {
    return this.#serving.size;
  }

  /** Connections that wait for another request. */
  get idle(): number {
    return this.#context.idle;
  }

  /** Opens a connection.
   *
   * @param capacity octets that fit into each direction before a writer has to wait
   * @returns the client's end */
  connect(capacity?: number): MemoryStream {
    const [client, server] = MemoryStream.pair(capacity);
    const ends = {
      scheme: "http",
      localAddr: { transport: "tcp", hostname: "127.0.0.1", port: 8070 },
      remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 50_000 + this.#clients.length },
    } as const;
    this.#clients.push(client);
    const write = server.write.bind(server);
    server.write = (octets) => {
      this.onWrite(octets);
      return write(octets);
    };
    const serving = this.#serve(new Connection(server, ends, this.#context));
    this.#serving.add(serving);
    serving.finally(() => this.#serving.delete(serving));
    return client;
  }

  /** Resolves when every connection that was opened has ended on the server's side. */
  async closed(): Promise<void> {
    await Promise.all(this.#serving);
  }

  /** Resets the clients that are still open, and waits until the server has noticed. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) if (!client.closed) client.reset();
    await this.closed();
    await this.#context.executor.stop(0);
  }

  /** Cuts every connection, as a server does that stops at once. */
  abort(): void {
    const reason = new DOMException("The server stopped", "AbortError");
    for (const connection of this.#connections) connection.abort(reason, "killed");
  }

  async #serve(connection: Connection): Promise<void> {
    this.#sweep.add(connection);
    this.#connections.add(connection);
    try {
      await connection.serve();
    } finally {
      this.#sweep.delete(connection);
      this.#connections.delete(connection);
    }
  }
}
