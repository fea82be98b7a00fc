// MemoryServer, a server without sockets and real time: real connections and the real deadline sweep, over
// in-memory streams and a ManualClock. For tests of the protocol and of deadlines.

import { type ApplicationValue, gatewayFor } from "../../src/application/application.ts";
import { Connection } from "../../src/connection/connection.ts";
import type { ConnectionContext } from "../../src/connection/connection_context.ts";
import { shortestDeadline } from "../../src/connection/connection_deadlines.ts";
import { CommonFields } from "../../src/http1/common_fields.ts";
import type { HeadLimits } from "../../src/http1/request_head.ts";
import { ResponseHeadWriter } from "../../src/http1/response_head.ts";
import { DeadlineSweep } from "../../src/io/deadline_sweep.ts";
import type { LogEvent } from "../../src/log/log_event.ts";
import { type ResolvedOptions, resolveOptions } from "../../src/options/resolve_options.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { InlineExecutor } from "../../src/gateway/inline_executor.ts";
import { Forwarding } from "../../src/proxies/forwarding.ts";
import { Counters } from "../../src/connection/counters.ts";
import { ManualClock } from "./manual_clock.ts";
import { MemoryStream } from "./memory_stream.ts";

/** The Date of every response: the example of RFC 9110 §5.6.7. */
export const MEMORY_DATE = "Sun, 06 Nov 1994 08:49:37 GMT";

/** A server whose clients are streams in the same test. */
export class MemoryServer implements AsyncDisposable {
  /** The events that were logged so far. */
  readonly log: LogEvent[] = [];
  readonly counters: Counters = new Counters();
  readonly clock: ManualClock = new ManualClock();
  /** Whether connections see a server that is stopping. */
  stopping = false;
  readonly #context: ConnectionContext;
  readonly #sweep: DeadlineSweep;
  readonly #serving = new Set<Promise<void>>();
  readonly #clients: MemoryStream[] = [];

  /** @param app the application
   * @param given options, as for `serve` */
  constructor(app: ApplicationValue, given: ServerOptions = {}) {
    const options = resolveOptions(given);
    this.#sweep = new DeadlineSweep(this.clock, shortestDeadline(options));
    const isStopping = () => this.stopping;
    this.#context = {
      options,
      server: { name: options.serverName, protocol: options.protocol, multiprocess: false },
      headLimits: headLimitsOf(options),
      executor: new InlineExecutor(gatewayFor(app, options.onError)),
      headWriter: new ResponseHeadWriter(
        options.protocol,
        new CommonFields(options.serverName, options.keepAliveTimeout / 1000),
      ),
      forwarding: Forwarding.for(options, (event) => void this.log.push(event)),
      counters: this.counters,
      idle: 0,
      get stopping() {
        return isStopping();
      },
      get canAddKeepAlive() {
        return this.idle < options.keepAliveLimit;
      },
      wallClock: () => Date.parse(MEMORY_DATE),
      log: (event) => void this.log.push(event),
    };
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
  }

  async #serve(connection: Connection): Promise<void> {
    this.#sweep.add(connection);
    try {
      await connection.serve();
    } finally {
      this.#sweep.delete(connection);
    }
  }
}

/** The limits of request heads that follow from a server's options.
 *
 * @param options the resolved options
 * @returns the limits, as `Server` makes them */
export function headLimitsOf(options: ResolvedOptions): HeadLimits {
  const {
    maxRequestLineSize,
    maxHeadSize,
    maxFieldCount,
    underscoreHeaders,
    strictMode,
    proxyMode,
  } = options;
  return {
    maxRequestLineSize,
    maxHeadSize,
    maxFieldCount,
    maxEmptyLines: 2,
    maxMethodSize: 32,
    underscoreHeaders,
    strictMode,
    proxyMode,
  };
}
