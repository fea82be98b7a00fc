// How do connections come into a server, and how does it close? Here are its listeners, the sockets that
// they accepted, what comes before HTTP, and the connections. When all of it happens is the server's
// business; what a connection does is in connection.ts.

import { Connection } from "../connection/connection.ts";
import type { ConnectionContext } from "../connection/connection_context.ts";
import { shortestDeadline } from "../connection/connection_deadlines.ts";
import { ConnectionManager } from "../connection/connection_manager.ts";
import type { Address } from "../io/address.ts";
import { systemClock } from "../io/clock.ts";
import { DeadlineSweep } from "../io/deadline_sweep.ts";
import { withTimeout } from "../io/with_timeout.ts";
import { AcceptLoop } from "../net/accept_loop.ts";
import type { AcceptedSocket, ListeningSocket } from "../net/listening_socket.ts";
import type { ResolvedOptions } from "../options/resolve_options.ts";
import { proxyHeaderStep } from "../connection/proxy_header_step.ts";
import { TrustedSources } from "../proxies/trusted_sources.ts";
import {
  HandshakeRunner,
  type HandshakeStep,
  type IncomingConnection,
} from "../connection/handshakes.ts";
import { listeningFdsOf } from "../net/listening_fds.ts";
import { closeUnused, openSockets } from "../net/open_sockets.ts";
import { type Listening, type ThreadSharing, threadSharingOf } from "../net/thread_sharing.ts";
import type { TlsAdapter } from "../tls/tls_adapter.ts";
import { tlsStep } from "../connection/tls_step.ts";

/** Where connections come in, from the listening sockets to HTTP. */
export class Acceptor {
  readonly #context: ConnectionContext;
  readonly #tls: TlsAdapter | undefined;
  readonly #connections: ConnectionManager;
  readonly #reception: HandshakeRunner;
  readonly #listeners: AcceptLoop[] = [];
  readonly #sockets = new Set<AcceptedSocket>();
  readonly #accepting: Promise<void>[] = [];
  #referenced = true;
  #closed = false;
  #addrs: readonly Address[] = [];
  #sharing: ThreadSharing = "load-balanced";
  /** Settles when opening that takes time has come to its end. */
  #opening: Promise<void> | undefined;

  /** Opens nothing yet.
   *
   * @param context what all connections share
   * @param tls what they are spoken over, if there is TLS */
  constructor(context: ConnectionContext, tls: TlsAdapter | undefined) {
    const { options } = context;
    this.#context = context;
    this.#tls = tls;
    this.#connections = new ConnectionManager(
      options.maxConnections,
      new DeadlineSweep(systemClock, shortestDeadline(options)),
    );
    this.#reception = new HandshakeRunner(
      arrivalSteps(options, tls),
      options.handshakeTimeout,
      context.log,
    );
  }

  /** What is listened on, in the order of `bind`; none before it is open. */
  get addrs(): readonly Address[] {
    return this.#addrs;
  }

  /** How other threads have to share the addresses: only TCP is shared, and all of it in one way. */
  get sharing(): ThreadSharing {
    return this.#sharing;
  }

  /** Connections open now. */
  get connections(): number {
    return this.#connections.size;
  }

  /** The descriptors of the listening sockets. */
  get descriptors(): number[] {
    return listeningFdsOf(this.#listeners);
  }

  /** Opens every address; what is closed or open already when that is done stays as it is.
   *
   * @param listening who listens on TCP sockets
   * @returns nothing when all is open at once, as TCP always is
   * @throws what the system says to the first that fails; nothing stays open then */
  open(listening: Listening): Promise<void> | undefined {
    const tls = this.#tls;
    const opening = openSockets(this.#context.options, listening, tls && tls.bind.bind(tls));
    if (!(opening instanceof Promise)) {
      this.#listen(opening);
      return undefined;
    }
    const opened = opening.then((sockets) => {
      if (!this.#closed && this.#listeners.length === 0) return this.#listen(sockets);
      for (const socket of sockets) closeUnused(socket);
    });
    this.#opening = opened.catch(() => {}); // whoever opens is told
    return opened;
  }

  /** Closes what nobody has accepted from, as if it had not been opened. */
  release(): void {
    for (const listener of this.#listeners.splice(0)) listener.close();
    this.#addrs = [];
  }

  /** Accepts from every address until it is closed. */
  accept(): void {
    for (const listener of this.#listeners) {
      this.#accepting.push(listener.accept(
        (socket) => this.#take(socket),
        () => this.#connections.room(),
        this.#context.log,
      ));
    }
  }

  /** Leaves the files of UNIX sockets to a process that goes on listening on them. */
  handOver(): void {
    for (const listener of this.#listeners) listener.handOver();
  }

  /** The same for sockets that this process was given: whoever gave them may go on with them. */
  handBack(): void {
    this.#context.options.bind.forEach(({ transport }, index) => {
      if (transport === "fd") this.#listeners[index].handOver();
    });
  }

  /** Keeps the process alive while there are listeners or connections, which is so from the start. */
  ref(): void {
    this.#referenced = true;
    for (const socket of [...this.#listeners, ...this.#sockets]) socket.ref();
  }

  /** Lets the process end although there are. */
  unref(): void {
    this.#referenced = false;
    for (const socket of [...this.#listeners, ...this.#sockets]) socket.unref();
  }

  /** Refuses new connections; resolves when nothing more comes in. Those that are in go on. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const listener of this.#listeners) listener.close();
    await this.#opening;
    await Promise.all(this.#accepting);
    this.#reception.stop();
  }

  /** Waits for what is in flight, but not for ever: what is left is aborted then.
   *
   * @param timeout milliseconds
   * @param cutShort ends the wait
   * @returns a promise that resolves when every connection is closed */
  async drain(timeout: number, cutShort: Promise<void>): Promise<void> {
    const drained = this.#connections.drain();
    await withTimeout(Promise.race([drained, cutShort]), timeout);
    this.#reception.abort();
    const aborted = this.#connections.abort(new DOMException("The server stopped", "AbortError"));
    if (aborted > 0) {
      const message =
        `Aborted ${aborted} connections that were not finished when the server stopped`;
      this.#context.log({ level: "warn", event: "shutdown-aborted", message });
    }
    await drained;
  }

  #listen(sockets: readonly ListeningSocket[]): void {
    this.#listeners.push(...sockets.map((socket) => new AcceptLoop(socket)));
    if (!this.#referenced) this.unref();
    this.#addrs = sockets.map(({ addr }) => addr);
    this.#sharing = threadSharingOf(sockets[0]);
  }

  #take(socket: AcceptedSocket): void {
    const { counters, options, log } = this.#context;
    counters.accepts++;
    try {
      if (options.noDelay) socket.setNoDelay?.(true);
      const { localAddr, remoteAddr, peer } = socket;
      const arrival = this.#reception.receive({
        stream: socket,
        endpoints: {
          scheme: "http",
          localAddr,
          remoteAddr,
          ...(peer === undefined ? {} : { peer }),
        },
      });
      if (!this.#referenced) socket.unref();
      this.#sockets.add(socket);
      const served = arrival instanceof Promise
        ? this.#connections.receive(arrival.then((arrival) => arrival && this.#connect(arrival)))
        : this.#connections.serve(this.#connect(arrival));
      void served.then(() => this.#sockets.delete(socket));
    } catch (error) {
      // The client left before it was looked at: its socket has no addresses any more.
      log({ level: "debug", event: "connection-lost", message: "Connection was lost", error });
      socket.close();
    }
  }

  #connect({ stream, endpoints }: IncomingConnection): Connection {
    return new Connection(stream, endpoints, this.#context);
  }
}

/** What comes between a socket and HTTP, in order: a PROXY header is in front of everything else. */
function arrivalSteps(
  { proxyProtocol, trustedProxies }: ResolvedOptions,
  tls: TlsAdapter | undefined,
): HandshakeStep[] {
  const steps: HandshakeStep[] = [];
  if (proxyProtocol !== "off") {
    steps.push(proxyHeaderStep(proxyProtocol, new TrustedSources(trustedProxies)));
  }
  if (tls !== undefined) steps.push(tlsStep(tls));
  return steps;
}
