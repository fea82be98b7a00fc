// Brings connections into a server: its listening sockets, accepted sockets, handshakes and connections. It
// opens and closes them when the server says so. connection.ts serves each connection.

import { all, caught, DOMException, Promise, race, then } from "../io/platform.ts";
import { Connection } from "../connection/connection.ts";
import type { ConnectionExchange } from "../connection/connection_exchange.ts";
import type { ConnectionContext } from "../connection/connection_context.ts";
import { shortestDeadline } from "../connection/connection_deadlines.ts";
import { ConnectionManager } from "../connection/connection_manager.ts";
import { describeRequests, loggedRequests } from "../exchange/describe_requests.ts";
import type { Address } from "../io/address.ts";
import { systemClock } from "../io/clock.ts";
import { DeadlineSweep } from "../io/deadline_sweep.ts";
import { Places } from "../io/places.ts";
import { withTimeout } from "../io/with_timeout.ts";
import type { AcceptBalance } from "../net/accept_balance.ts";
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

/** Accepts connections and takes them from the listening sockets to HTTP. */
export class Acceptor {
  readonly #context: ConnectionContext;
  readonly #tls: TlsAdapter | undefined;
  readonly #connections: ConnectionManager;
  readonly #handshakes: HandshakeRunner;
  readonly #listeners: AcceptLoop[] = [];
  readonly #sockets = new Places<AcceptedSocket>();
  readonly #accepting: Promise<void>[] = [];
  #cut = 0;
  #referenced = true;
  #closed = false;
  #addrs: readonly Address[] = [];
  #sharing: ThreadSharing = "load-balanced";
  /** Other threads that accept on the same sockets, if there are any; set before {@linkcode accept}. */
  balance: AcceptBalance | undefined;
  /** Settles when an opening that takes time has ended. */
  #opening: Promise<void> | undefined;

  /** Opens nothing yet.
   *
   * @param context what all connections share
   * @param tls the adapter for TLS; undefined without it */
  constructor(context: ConnectionContext, tls: TlsAdapter | undefined) {
    const { options } = context;
    this.#context = context;
    this.#tls = tls;
    this.#connections = new ConnectionManager(
      options.maxConnections,
      new DeadlineSweep(systemClock, shortestDeadline(options)),
    );
    this.#handshakes = new HandshakeRunner(
      handshakeSteps(options, tls),
      options.handshakeTimeout,
      context.log,
    );
  }

  /** The addresses listened on, in the order of `bind`; empty before they are open. */
  get addrs(): readonly Address[] {
    return this.#addrs;
  }

  /** How other threads have to share the addresses. Only TCP is shared, and all of it in one way. */
  get sharing(): ThreadSharing {
    return this.#sharing;
  }

  /** Connections open now. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Responses that {@linkcode drain} has cut. */
  get cut(): number {
    return this.#cut;
  }

  /** The exchanges under way. */
  get exchanges(): ConnectionExchange[] {
    return this.#connections.exchanges;
  }

  /** Octets that open connections have received and sent. */
  get octets(): { readonly received: number; readonly sent: number } {
    return this.#connections.octets;
  }

  /** Ends a request by closing its connection.
   *
   * @param requestId its id
   * @returns whether it was under way */
  kill(requestId: string): boolean {
    const reason = new DOMException("The request was ended by an operator", "AbortError");
    return this.#connections.kill(requestId, reason);
  }

  /** The descriptors of the listening sockets. */
  get descriptors(): number[] {
    return listeningFdsOf(this.#listeners);
  }

  /** Opens every address, unless the acceptor is closed or open by the time that they are.
   *
   * @param listening which threads listen on TCP sockets
   * @returns undefined when all are open at once, as TCP always is
   * @throws the system's error for the first that fails; no address stays open then */
  open(listening: Listening): Promise<void> | undefined {
    const tls = this.#tls;
    const opening = openSockets(this.#context.options, listening, tls && tls.bind.bind(tls));
    if (!(opening instanceof Promise)) {
      this.#listen(opening);
      return undefined;
    }
    const opened = then(opening, (sockets) => {
      if (!this.#closed && this.#listeners.length === 0) return this.#listen(sockets);
      for (const socket of sockets) closeUnused(socket);
    });
    this.#opening = caught(opened, () => {}); // the caller gets the error
    return opened;
  }

  /** Closes the listening sockets before any accepting, as if they had not been opened. */
  release(): void {
    for (const listener of this.#listeners.splice(0)) listener.close();
    this.#addrs = [];
  }

  /** Accepts connections on every address until it is closed. */
  accept(): void {
    const { balance } = this;
    balance?.note(0);
    for (const listener of this.#listeners) {
      const pace = balance?.createPacer();
      this.#accepting.push(listener.accept(
        (socket) => this.#take(socket),
        () => this.#connections.room() ?? pace?.(),
        this.#context.log,
      ));
    }
  }

  /** Leaves the addresses to another process or thread that accepts on them already: the files of UNIX sockets
   * stay, and idle connections get a longer moment for their next request. */
  handOver(): void {
    this.#context.departure = "reload";
    for (const listener of this.#listeners) listener.handOver();
  }

  /** The same for sockets that this process was given: the giver may continue to use them. */
  handBack(): void {
    this.#context.options.bind.forEach(({ transport }, index) => {
      if (transport === "fd") this.#listeners[index].handOver();
    });
  }

  /** Keeps the process alive while there are listeners or connections. This is the default. */
  ref(): void {
    this.#referenced = true;
    for (const socket of [...this.#listeners, ...this.#sockets]) socket.ref();
  }

  /** Lets the process end in spite of listeners and connections. */
  unref(): void {
    this.#referenced = false;
    for (const socket of [...this.#listeners, ...this.#sockets]) socket.unref();
  }

  /** Stops accepting; resolves when no more connections come in. Open connections continue. */
  async close(): Promise<void> {
    this.#closed = true;
    this.balance?.leave();
    this.balance = undefined;
    for (const listener of this.#listeners) listener.close();
    await this.#opening;
    await all(this.#accepting);
    this.#handshakes.stop();
  }

  /** Closes every connection at once, as the thread is about to end. */
  abandon(): void {
    this.#connections.abort(new DOMException("The worker has ended", "AbortError"));
  }

  /** Waits for the responses under way, and aborts what is left at the timeout.
   *
   * @param timeout milliseconds
   * @param cutShort ends the wait earlier
   * @returns a promise that resolves when every connection is closed */
  async drain(timeout: number, cutShort: Promise<void>): Promise<void> {
    const { counters, departure } = this.#context;
    const drained = this.#connections.drain(departure);
    await withTimeout(race([drained, cutShort]), timeout);
    this.#handshakes.abort();
    const { exchanges } = this;
    const before = counters.aborted;
    const aborted = this.#connections.abort(new DOMException("The server stopped", "AbortError"));
    this.#cut = counters.aborted - before;
    if (aborted > 0) this.#reportAborted(aborted, exchanges);
    await drained;
  }

  #reportAborted(count: number, exchanges: readonly ConnectionExchange[]): void {
    const connections = count === 1 ? "1 connection that was" : `${count} connections that were`;
    const named = exchanges.length === 0 ? "" : `, with ${describeRequests(exchanges)}`;
    const requests = loggedRequests(exchanges);
    this.#context.log({
      ...{ level: "warn", event: "shutdown-aborted" },
      message: `Aborted ${connections} not finished when the server stopped${named}`,
      ...(requests.length === 0 ? {} : { requests }),
    });
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
    this.balance?.noteAccepted();
    try {
      if (options.noDelay) socket.setNoDelay?.(true);
      const { localAddr, remoteAddr, peer } = socket;
      const incoming = this.#handshakes.run({
        stream: socket,
        endpoints: {
          scheme: "http",
          localAddr,
          remoteAddr,
          ...(peer === undefined ? {} : { peer }),
        },
      });
      if (!this.#referenced) socket.unref();
      const place = this.#sockets.add(socket);
      const served = incoming instanceof Promise
        ? this.#connections.serveLater(then(incoming, (ready) => ready && this.#connect(ready)))
        : this.#connections.serve(this.#connect(incoming));
      this.balance?.note(this.connections);
      void then(served, () => {
        this.#sockets.delete(place);
        this.balance?.note(this.connections);
      });
    } catch (error) {
      // The client left before it was accepted: its socket has no addresses any more.
      log({ level: "debug", event: "connection-lost", message: "Connection was lost", error });
      socket.close();
    }
  }

  #connect({ stream, endpoints }: IncomingConnection): Connection {
    return new Connection(stream, endpoints, this.#context);
  }
}

/** The steps between a socket and HTTP, in order: a PROXY header comes first. */
function handshakeSteps(
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
