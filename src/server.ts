// The life of a server: bind, accept, hand out connections, stop in stages. It knows when things
// happen; what a connection does is in connection.ts, and who answers is behind the executor.

import type { Application } from "./application.ts";
import { formatAddress, formatBindAddress } from "./bind_address.ts";
import { Connection } from "./connection.ts";
import type { ConnectionContext } from "./connection_context.ts";
import { shortestDeadline } from "./connection_deadlines.ts";
import { ConnectionManager } from "./connection_manager.ts";
import { ClosingLines } from "./http1/closing_lines.ts";
import { ResponseHeadWriter } from "./http1/response_head.ts";
import type { Address } from "./io/address.ts";
import { systemClock } from "./io/clock.ts";
import { onStopSignals } from "./io/signals.ts";
import { Sweep } from "./io/sweep.ts";
import { type AcceptedSocket, Listener, type ListeningSocket } from "./listener.ts";
import type { LogEvent, LogLevel } from "./log.ts";
import { type ResolvedOptions, resolveOptions, type ServerOptions } from "./options.ts";
import { createExecutor } from "./create_executor.ts";
import { type AppTree, kindOf, treeOf } from "./mount_tree.ts";
import { MountedExecutor } from "./mounted_executor.ts";
import { Forwarding } from "./proxies/forwarding.ts";
import { proxyHeaderStep } from "./proxies/proxy_arrival.ts";
import { TrustedSources } from "./proxies/trusted_sources.ts";
import { type Arrival, type ArrivalStep, Reception } from "./reception.ts";
import { WorkerPool } from "./pool/worker_pool.ts";
import { ShardGroup } from "./shard/shard_group.ts";
import { descriptorsOf } from "./socket/descriptors.ts";
import { closeUnused, openSockets } from "./socket/open_sockets.ts";
import { type Sharing, sharingOf } from "./socket/sharing.ts";
import { Counters, type ServerStats } from "./stats.ts";
import { FileWatch } from "./tls/file_watch.ts";
import type { TlsAdapter } from "./tls/tls_adapter.ts";
import { tlsStep } from "./tls_arrival.ts";
import { createTlsAdapter } from "./tls_options.ts";

/** What a server is made of: an application, and how to serve it. */
export interface ServerInit<Addr extends Deno.Addr = Deno.NetAddr> extends ServerOptions<Addr> {
  /** What is served. */
  readonly app: Application;
}

/** `new`, then `bound` to its addresses, then `ready` when the application is loaded too, then
 * `stopping`, then `stopped`. */
type ServerState = "new" | "bound" | "ready" | "stopping" | "stopped";

/** How long `onWorkerStop` may take once all exchanges are over. */
const WORKER_STOP_TIMEOUT = 2_000;

/** An HTTP/1.1 server.
 *
 * @example Usage
 * ```ts
 * import { Server } from "../mod.ts";
 *
 * await using server = new Server({ app: () => new Response("Hello world!"), port: 0 });
 * await server.prepare();
 * const serving = server.serve();
 * console.log(await (await fetch(`http://${server.bindAddr}/`)).text());
 * await server.stop();
 * await serving;
 * ``` */
export class Server<Addr extends Deno.Addr = Deno.NetAddr> implements AsyncDisposable {
  readonly #options: ResolvedOptions;
  /** How it shares its sockets with other threads of the process, if it does. */
  #sharing: Sharing | undefined;
  /** Whether the application has to be loaded before anything can be answered. */
  readonly #loads: boolean;
  readonly #context: ConnectionContext;
  readonly #connections: ConnectionManager;
  readonly #tls: TlsAdapter | undefined;
  readonly #reception: Reception;
  readonly #listeners: Listener[] = [];
  readonly #sockets = new Set<AcceptedSocket>();
  readonly #accepting: Promise<void>[] = [];
  readonly #finished = Promise.withResolvers<void>();
  #state: ServerState = "new";
  #referenced = true;
  #addrs: readonly Address[] = [];
  /** Settles when a bind that takes time has come to its end. */
  #binding: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #certificateWatch: FileWatch | undefined;
  #cutShort = Promise.withResolvers<void>();
  #interrupt: Error | undefined;
  #counters = new Counters();
  #readySince = 0;
  #runtime = 0;

  /** Checks the options; opens nothing.
   *
   * @param init the application, and options
   * @throws {TypeError} when an option or the application is of the wrong kind; it is a
   * {@linkcode CertificateError} when a certificate or a private key cannot be used
   * @throws {RangeError} when an option is out of range */
  constructor(init: ServerInit<Addr>) {
    const { app, ...given } = init;
    const tree = treeOf(app);
    const kind = kindOf(tree);
    this.#loads = kind !== "value";
    const options = resolveOptions(given, kind);
    this.#options = options;
    this.#finished.promise.catch(() => {}); // serve() gives it to whoever cares
    this.#connections = new ConnectionManager(
      options.maxConnections,
      new Sweep(systemClock, shortestDeadline(options)),
    );
    this.#tls = createTlsAdapter(options.tls);
    this.#reception = new Reception(
      arrivalSteps(options, this.#tls),
      options.handshakeTimeout,
      (event) => this.#log(event),
    );
    this.#context = this.#createContext(tree);
  }

  /** Whether it is bound, its application is loaded, and requests are answered. */
  get ready(): boolean {
    return this.#state === "ready" && this.#context.executor.trouble === undefined;
  }

  /** First address in the form that `bind` takes; the real port once it is bound. */
  get bindAddr(): string {
    return formatBindAddress(this.#addrs[0] ?? this.#options.bind[0]);
  }

  /** First address that it is bound to, as in `Deno.HttpServer`. For UNIX sockets the server's type says
   * so: `new Server<Deno.UnixAddr>(…)`.
   *
   * @throws {TypeError} before {@linkcode prepare} */
  get addr(): Addr {
    return this.addrs[0];
  }

  /** All addresses that it is bound to, in the order of `bind`.
   *
   * @throws {TypeError} before {@linkcode prepare} */
  get addrs(): readonly Addr[] {
    if (this.#addrs.length === 0) {
      throw new TypeError("Cannot tell addresses: nothing is bound yet");
    }
    return this.#addrs as readonly Addr[];
  }

  /** Settles when the server has stopped, as in `Deno.HttpServer`; rejects with
   * {@linkcode interrupt}. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Loads the application and binds every address; connections wait in the kernel until
   * {@linkcode serve}.
   *
   * @throws {ApplicationLoadError} when workers cannot load the application; nothing is bound then
   * @throws {Deno.errors.NotCapable} when a permission is missing
   * @throws what `Deno.listen` throws, such as `Deno.errors.AddrInUse`; nothing stays bound then */
  async prepare(): Promise<void> {
    this.#expectNew();
    if (this.#shards !== undefined) {
      await this.#bind();
      await this.#startShards();
    } else if (!this.#loads) {
      const binding = this.#bind();
      if (binding !== undefined) await binding; // else it is ready at once
    } else {
      await this.#context.executor.start();
      try {
        await this.#bind();
      } catch (error) {
        await this.#context.executor.stop(0);
        throw error;
      }
    }
    this.#becomeReady();
  }

  /** Accepts and serves until the server is stopped.
   *
   * @throws {TypeError} before {@linkcode prepare}, or after a stop
   * @throws the error that was set as {@linkcode interrupt} */
  async serve(): Promise<void> {
    this.#accept();
    await this.#finished.promise;
  }

  /** Binds, and serves until the server is stopped: {@linkcode prepare} and {@linkcode serve}. */
  async start(): Promise<void> {
    await this.prepare();
    // Whoever stopped it meanwhile did no wrong.
    if (this.#stopping === undefined) this.#accept();
    await this.#finished.promise;
  }

  /** Starts, and stops cleanly at SIGINT or SIGTERM; a second signal stops at once. */
  async safeStart(): Promise<void> {
    using _signals = onStopSignals(() => void this.stop(), () => void this.abort());
    await this.start();
  }

  /** Stops: refuses new connections, closes idle ones, lets exchanges in flight finish with
   * `Connection: close`, and aborts what is left after `shutdownTimeout`.
   *
   * @returns a promise that resolves when every socket is released */
  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  /** Has new workers load the application afresh; when they are ready, the old ones finish what they
   * hold and go. Not one request is lost.
   *
   * @throws {ApplicationLoadError} when it cannot be loaded; the old workers go on then
   * @throws {TypeError} when the application runs in the accepting thread */
  reload(): Promise<void> {
    return this.#context.executor.reload();
  }

  /** Reads the files of certificates and private keys again. Connections that are open go on; whoever
   * connects afterwards sees the new certificate. It is logged what came of it.
   *
   * @throws {CertificateError} when a file cannot be used; the old certificates stay in force then
   * @throws {TypeError} when there is no TLS */
  async reloadCertificates(): Promise<void> {
    const tls = this.#tls;
    if (tls === undefined) throw new TypeError("Cannot reload certificates: there is no TLS");
    if (this.#shared) return tls.reload(); // the main thread's server tells what came of it
    try {
      tls.reload();
      await this.#shards?.reloadCertificates();
    } catch (error) {
      const message = "Cannot reload certificates, the old ones stay in force";
      this.#log({ level: "error", event: "certificates-refused", message, error });
      throw error;
    }
    this.#log({ level: "info", event: "certificates-reloaded", message: "Reloaded certificates" });
    this.#warnOfCertificates(tls);
  }

  /** The descriptors of the sockets that it listens on, in the order of `bind`, to be passed on to another
   * process: on Linux, with `--allow-all`, as they are looked up in /proc.
   *
   * @throws {TypeError} before {@linkcode prepare}, or when one cannot be found
   * @throws {Deno.errors.NotSupported} on other systems
   * @throws {Deno.errors.NotCapable} when /proc may not be read */
  descriptors(): number[] {
    if (this.#listeners.length === 0) {
      throw new TypeError("Cannot tell descriptors: nothing is bound yet");
    }
    if (this.#shards !== undefined) {
      throw new TypeError('Cannot pass sockets on in mode "sharded": its threads share them only');
    }
    return descriptorsOf(this.#listeners);
  }

  /** Stops, as {@linkcode stop} does, for another process that goes on listening on the same sockets:
   * files of UNIX sockets stay.
   *
   * @returns a promise that resolves when every socket is released */
  handOver(): Promise<void> {
    for (const listener of this.#listeners) listener.handOver();
    return this.stop();
  }

  /** The same as {@linkcode stop}, as in `Deno.HttpServer`. */
  shutdown(): Promise<void> {
    return this.stop();
  }

  /** Stops at once: whatever is in flight is aborted.
   *
   * @returns a promise that resolves when every socket is released */
  abort(): Promise<void> {
    this.#cutShort.resolve();
    return this.stop();
  }

  /** The same as {@linkcode stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Why the server was interrupted, if it was. Setting an error stops the server, and
   * {@linkcode serve} throws it. */
  get interrupt(): Error | undefined {
    return this.#interrupt;
  }

  set interrupt(error: Error | undefined) {
    this.#interrupt = error;
    if (error !== undefined) void this.stop();
  }

  /** What the server has done since it was made or {@linkcode clearStats} was called. */
  get stats(): ServerStats {
    return {
      ready: this.ready,
      runtime: this.runtime(),
      connections: this.#connections.size,
      idleConnections: this.#context.idle,
      ...this.#counters,
      ...this.#shards?.counts,
      pool: this.#pool?.stats,
      pools: Object.fromEntries([...this.#ownPools].map(([path, pool]) => [path, pool.stats])),
      shards: this.#shards?.shardStats,
    };
  }

  /** Sets the counters of {@linkcode stats} back to nothing. */
  clearStats(): void {
    Object.assign(this.#counters, new Counters());
    this.#shards?.clearCounts();
    this.#pool?.clearStats();
    for (const pool of this.#ownPools.values()) pool.clearStats();
  }

  /** How long the server has been ready, in milliseconds.
   *
   * @returns the time until now, or until it stopped */
  runtime(): number {
    return this.#runtime + (this.#state === "ready" ? systemClock.now() - this.#readySince : 0);
  }

  /** Puts a message into the server's log.
   *
   * @param message what happened
   * @param level how much it matters
   * @param error what was thrown, if anything was */
  errorLog(message: string, level: LogLevel = "info", error?: unknown): void {
    const event = { level, event: "application", message };
    this.#log(error === undefined ? event : { ...event, error });
  }

  /** Keeps the process alive while the server listens or has connections, which is so from the
   * start. */
  ref(): void {
    this.#referenced = true;
    for (const socket of [...this.#listeners, ...this.#sockets]) socket.ref();
  }

  /** Lets the process end although the server listens and has connections. */
  unref(): void {
    this.#referenced = false;
    for (const socket of [...this.#listeners, ...this.#sockets]) socket.unref();
  }

  /** Binds and begins to accept, all at once. For {@linkcode serve}, the function. */
  static begin<Addr extends Deno.Addr = Deno.NetAddr>(init: ServerInit<Addr>): Server<Addr> {
    const server = new Server(init);
    const binding = server.#bind();
    if (server.#loads || binding !== undefined) {
      void server.#beginLater(binding);
    } else {
      server.#becomeReady();
      server.#accept();
    }
    return server;
  }

  /** A server whose sockets other threads of the process listen on too: one of several shards. */
  static onSharedSockets(init: ServerInit, sharing: Sharing): Server {
    const server = new Server(init);
    server.#sharing = sharing;
    return server;
  }

  /** Shards listen on what is bound here, so this comes first with them. */
  async #startShards(): Promise<void> {
    try {
      await this.#context.executor.start();
    } catch (error) {
      for (const listener of this.#listeners.splice(0)) listener.close();
      this.#certificateWatch?.stop();
      this.#state = "new";
      this.#addrs = [];
      throw error;
    }
  }

  /** Connections wait in the kernel while workers load the application. */
  async #beginLater(binding: Promise<void> | undefined): Promise<void> {
    try {
      await binding;
    } catch (error) {
      if (this.#stopping !== undefined) return; // stopped while it waited: nobody's fault
      this.errorLog("Addresses could not be bound", "error", error);
      this.interrupt = error as Error;
      return;
    }
    try {
      if (this.#loads) await this.#context.executor.start();
      if (this.#state !== "bound") return; // stopped meanwhile
      this.#becomeReady();
      this.#accept();
    } catch (error) {
      if (this.#stopping !== undefined) return; // stopped while it loaded: nobody's fault
      this.errorLog("Application could not be loaded", "error", error);
      this.interrupt = error as Error;
    }
  }

  /** @returns nothing when all is bound at once, as TCP always is */
  #bind(): Promise<void> | undefined {
    this.#expectNew();
    const { signal } = this.#options;
    signal?.throwIfAborted();
    const tls = this.#tls;
    const opening = openSockets(
      this.#options,
      this.#shards === undefined ? this.#sharing ?? "alone" : "for-threads",
      tls && tls.bind.bind(tls),
    );
    if (!(opening instanceof Promise)) {
      this.#becomeBound(opening);
      return undefined;
    }
    const binding = opening.then((sockets) => {
      if (this.#state === "new") return this.#becomeBound(sockets);
      for (const socket of sockets) closeUnused(socket);
      this.#expectNew();
    });
    this.#binding = binding.catch(() => {}); // whoever binds is told
    return binding;
  }

  #becomeBound(sockets: readonly ListeningSocket[]): void {
    this.#listeners.push(...sockets.map((socket) => new Listener(socket)));
    if (!this.#referenced) this.unref();
    this.#addrs = sockets.map(({ addr }) => addr);
    if (this.#shards !== undefined) {
      const bind = this.#addrs.map(formatBindAddress);
      // Only TCP addresses are shared, and all of them in the same way.
      this.#shards.place = { bind, sharing: sharingOf(sockets[0]) };
    }
    this.#state = "bound";
    this.#watchCertificates();
    this.#options.signal?.addEventListener("abort", this.#onSignal, { once: true });
  }

  /** Of several threads the one that binds tells the others. */
  #watchCertificates(): void {
    const tls = this.#tls;
    if (tls === undefined || this.#shared) return;
    this.#warnOfCertificates(tls);
    if (tls.settings.reloadOnChange !== true) return;
    const reload = () => void this.reloadCertificates().catch(() => {}); // which has logged it
    this.#certificateWatch = new FileWatch(tls.files, reload, systemClock);
  }

  #warnOfCertificates(tls: TlsAdapter): void {
    for (const message of tls.warnings) {
      this.#log({ level: "warn", event: "certificate-not-valid", message });
    }
  }

  #becomeReady(): void {
    this.#state = "ready";
    this.#readySince = systemClock.now();
  }

  #expectNew(): void {
    if (this.#state === "new") return;
    throw new TypeError(`Cannot bind: the server is ${this.#state}`);
  }

  /** Whether it is one of several shards. */
  get #shared(): boolean {
    return this.#sharing !== undefined;
  }

  get #shards(): ShardGroup | undefined {
    const { executor } = this.#context;
    return executor instanceof ShardGroup ? executor : undefined;
  }

  get #pool(): WorkerPool | undefined {
    const { executor } = this.#context;
    if (executor instanceof MountedExecutor) return executor.shared;
    return executor instanceof WorkerPool ? executor : undefined;
  }

  /** Pools of single applications, by the paths of these. */
  get #ownPools(): ReadonlyMap<string, WorkerPool> {
    const { executor } = this.#context;
    return executor instanceof MountedExecutor ? executor.own : new Map();
  }

  readonly #onSignal = (): void => void this.stop();

  #accept(): void {
    const state = this.ready && this.#accepting.length > 0 ? "serving already" : this.#state;
    if (state !== "ready") {
      throw new TypeError(`Cannot serve: expected a server that is bound, this one is ${state}`);
    }
    for (const listener of this.#listeners) {
      if (this.#shards !== undefined) {
        this.#accepting.push(Promise.resolve()); // shards accept, here the socket is only kept
        continue;
      }
      this.#accepting.push(listener.accept(
        (socket) => this.#take(socket),
        () => this.#connections.room(),
        (event) => this.#log(event),
      ));
    }
    try {
      for (const addr of this.#addrs) this.#announce(addr);
    } catch (error) {
      // Nobody else may have got hold of it, but somebody may have left it sockets and go on with them.
      this.#options.bind.forEach(({ transport }, index) => {
        if (transport === "fd") this.#listeners[index].handOver();
      });
      void this.stop();
      throw error;
    }
  }

  #announce(addr: Address): void {
    const { onListen } = this.#options;
    if (onListen !== undefined) return onListen(addr);
    const message = `Listening on ${
      formatAddress(addr, this.#tls === undefined ? "http" : "https")
    }`;
    this.#log({ level: "info", event: "listening", message });
  }

  #take(socket: AcceptedSocket): void {
    this.#counters.accepts++;
    try {
      if (this.#options.noDelay) socket.setNoDelay?.(true);
      const { localAddr, remoteAddr, peer } = socket;
      const arrival = this.#reception.receive({
        stream: socket,
        ends: { scheme: "http", localAddr, remoteAddr, ...(peer === undefined ? {} : { peer }) },
      });
      if (!this.#referenced) socket.unref();
      this.#sockets.add(socket);
      const served = arrival instanceof Promise
        ? this.#connections.receive(arrival.then((arrival) => arrival && this.#connect(arrival)))
        : this.#connections.serve(this.#connect(arrival));
      void served.then(() => this.#sockets.delete(socket));
    } catch (error) {
      // The client left before it was looked at: its socket has no addresses any more.
      this.#log({
        level: "debug",
        event: "connection-lost",
        message: "Connection was lost",
        error,
      });
      socket.close();
    }
  }

  #connect({ stream, ends }: Arrival): Connection {
    return new Connection(stream, ends, this.#context);
  }

  async #stop(): Promise<void> {
    if (this.#state === "ready") this.#runtime += systemClock.now() - this.#readySince;
    this.#state = "stopping";
    this.#options.signal?.removeEventListener("abort", this.#onSignal);
    this.#certificateWatch?.stop();
    for (const listener of this.#listeners) listener.close();
    await this.#binding;
    await Promise.all(this.#accepting);
    this.#reception.stop();
    await this.#drain();
    this.#state = "stopped";
    if (this.#interrupt === undefined) this.#finished.resolve();
    else this.#finished.reject(this.#interrupt);
  }

  /** Waits for what is in flight, but not for ever. */
  async #drain(): Promise<void> {
    const { shutdownTimeout } = this.#options;
    if (this.#shards !== undefined) {
      const shards = this.#shards;
      this.#cutShort.promise.then(() => shards.abort());
      return await shards.stop(shutdownTimeout);
    }
    const drained = this.#connections.drain();
    let timer: ReturnType<typeof setTimeout> | undefined;
    if (Number.isFinite(shutdownTimeout)) {
      timer = setTimeout(this.#cutShort.resolve, shutdownTimeout);
    }
    await Promise.race([drained, this.#cutShort.promise]);
    clearTimeout(timer);
    this.#reception.abort();
    const aborted = this.#connections.abort(new DOMException("The server stopped", "AbortError"));
    if (aborted > 0) {
      const message =
        `Aborted ${aborted} connections that were not finished when the server stopped`;
      this.#log({ level: "warn", event: "shutdown-aborted", message });
    }
    await drained;
    await this.#context.executor.stop(WORKER_STOP_TIMEOUT);
  }

  #createContext(app: AppTree): ConnectionContext {
    const options = this.#options;
    const counters = this.#counters;
    const closing = new ClosingLines(options.serverName, options.keepAliveTimeout / 1000);
    const isStopping = () => this.#state !== "ready";
    const isShared = () => this.#shared;
    return {
      options,
      server: {
        name: options.serverName,
        protocol: options.protocol,
        get multiprocess() {
          return isShared();
        },
      },
      headLimits: {
        maxRequestLineSize: options.maxRequestLineSize,
        maxHeadSize: options.maxHeadSize,
        maxFieldCount: options.maxFieldCount,
        maxEmptyLines: 2, // RFC 9112 §2.2 wants one; a stream of them is no request
        maxMethodSize: 32, // the longest registered method has 17 octets
        underscoreHeaders: options.underscoreHeaders,
        strictMode: options.strictMode,
        proxyMode: options.proxyMode,
      },
      executor: createExecutor(app, options, (event) => this.#log(event)),
      headWriter: new ResponseHeadWriter(options.protocol, closing),
      forwarding: Forwarding.for(options, (event) => this.#log(event)),
      counters,
      idle: 0,
      get stopping() {
        return isStopping();
      },
      get canAddKeepAlive() {
        return this.idle < options.keepAliveLimit;
      },
      wallClock: Date.now,
      log: (event) => this.#log(event),
    };
  }

  #log(event: LogEvent): void {
    try {
      this.#options.onLog(event);
    } catch {
      // A sink that throws must not cost anybody an answer.
    }
  }
}

/** What comes between a socket and HTTP, in order: a PROXY header is in front of everything else. */
function arrivalSteps(
  { proxyProtocol, trustedProxies }: ResolvedOptions,
  tls: TlsAdapter | undefined,
): ArrivalStep[] {
  const steps: ArrivalStep[] = [];
  if (proxyProtocol !== "off") {
    steps.push(proxyHeaderStep(proxyProtocol, new TrustedSources(trustedProxies)));
  }
  if (tls !== undefined) steps.push(tlsStep(tls));
  return steps;
}
