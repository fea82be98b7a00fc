// The life of a server: it binds, begins to accept, and stops in stages. The acceptor has its sockets and
// connections, server_context.ts makes what they share, and the executor runs the application.

import { all, caught, Promise as PlatformPromise, then } from "../io/platform.ts";
import type { Application } from "../application/application.ts";
import { formatAddress, formatBindAddress } from "../net/bind_address.ts";
import { socketAccess } from "../net/open_sockets.ts";
import { CertificateReloader } from "./certificate_reloader.ts";
import type { ConnectionContext } from "../connection/connection_context.ts";
import { Acceptor } from "./acceptor.ts";
import type { Address } from "../io/address.ts";
import { systemClock } from "../io/clock.ts";
import { onStopSignals } from "../io/signals.ts";
import type { LogLevel } from "../log/log_event.ts";
import { describeCut } from "../log/log_text.ts";
import { toTree, treeKind } from "../application/application_tree.ts";
import { type ResolvedOptions, resolveOptions } from "../options/resolve_options.ts";
import type { ServerOptions } from "../options/server_options.ts";
import { connectionLimit, limitWarning } from "./connection_limit.ts";
import type { NamedRequest } from "../exchange/describe_requests.ts";
import { withTimeout } from "../io/with_timeout.ts";
import type { RunningRequest } from "../exchange/running_request.ts";
import type { FinishedListener } from "../exchange/finished_response.ts";
import { createServerContext } from "./server_context.ts";
import { ServerLogs } from "./server_logs.ts";
import { clearStats, collectStats, shardGroupOf } from "./collect_stats.ts";
import { AdminListener } from "./admin_listener.ts";
import { runningRequests } from "./running_requests.ts";
import { ServerSite } from "./server_site.ts";
import type { ShardGroup } from "../shard/shard_group.ts";
import { notingRunner } from "../shard/noting_runner.ts";
import type { ShardMemory } from "../shard/shard_memory.ts";
import type { AcceptBalance } from "../net/accept_balance.ts";
import type { ThreadSharing } from "../net/thread_sharing.ts";
import type { ServerStats } from "../admin/server_stats.ts";
import { failurePage } from "./failure_page.ts";
import { createTlsAdapter } from "../options/tls_options.ts";

/** An application, and options for serving it. */
export interface ServerInit<Addr extends Deno.Addr = Deno.NetAddr> extends ServerOptions<Addr> {
  /** The application. */
  readonly app: Application;
}

/** `bound`: it has its addresses. `ready`: its application is loaded too. */
type ServerState = "new" | "bound" | "ready" | "stopping" | "stopped";

/** How long `onWorkerStop` may take once all exchanges are over, in milliseconds. */
const WORKER_STOP_TIMEOUT = 2_000;

/** Makes a server, binds, and begins to accept, all at once. For `serve()`. */
export let beginServer: <Addr extends Deno.Addr = Deno.NetAddr>(
  init: ServerInit<Addr>,
) => Server<Addr>;

/** Makes a server whose sockets other threads of the process listen on too: one of several shards. */
export let createShardServer: (
  init: ServerInit,
  among: {
    readonly sharing: ThreadSharing;
    readonly balance: AcceptBalance;
    readonly memory: ShardMemory;
  },
  onFinished: readonly FinishedListener[],
) => Server;

/** Cuts everything that a server has under way, as its thread is about to end.
 *
 * @returns the requests */
export let abandonServer: (server: Server) => readonly NamedRequest[];

/** Steers a server, and tells what it does, for the main thread of its shard. */
export let steerServer: (server: Server) => {
  /** The requests under way in the shard of that number. */
  running(workerId: number): {
    readonly requests: readonly RunningRequest[];
    readonly active: number;
  };
  /** Ends a request, if it is under way. */
  kill(requestId: string): void;
  /** Lets responses say close. */
  drain(): void;
};

/** Looks up the accounts of its UNIX sockets, loads the application of a server as a start would, and unloads
 * it; binds nothing.
 *
 * @throws {UnknownAccountError} when there is no such account
 * @throws {ApplicationLoadError} when it cannot be loaded */
export let checkApplication: (server: Server) => Promise<void>;

/** Has a server respond to every request with a failure, until that is undefined again. Shards go on. */
export let showFailure: (server: Server, failure: string | undefined) => void;

/** Counts lines of another log, that of the program around a server, among those that were lost. */
export let countLostLines: (server: Server, lostLines: () => number) => void;

/** How many requests the stop of a server has cut so far. */
export let cutRequests: (server: Server) => number;

/** An HTTP/1.1 server.
 *
 * @example Usage
 * ```ts
 * import { Server } from "../../mod.ts";
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
  /** `maxConnections` as it was given: the process may open too few descriptors for it. */
  readonly #wantedConnections: number;
  /** How it shares its sockets with other threads; undefined unless it is a shard's server. */
  #sharing: ThreadSharing | undefined;
  /** Whether the application is a module, which has to be loaded first. */
  readonly #hasModules: boolean;
  readonly #logs: ServerLogs;
  readonly #context: ConnectionContext;
  readonly #acceptor: Acceptor;
  /** Undefined except in mode "sharded". */
  readonly #shards: ShardGroup | undefined;
  /** Undefined without TLS. */
  readonly #certificates: CertificateReloader | undefined;
  readonly #finished = PlatformPromise.withResolvers<void>();
  #state: ServerState = "new";
  #serving = false;
  #stopping: Promise<void> | undefined;
  #cutShort = PlatformPromise.withResolvers<void>();
  /** Undefined without an admin listener. */
  readonly #admin: AdminListener | undefined;
  /** Ends the wait of `stopDelay`. */
  readonly #delayOver = PlatformPromise.withResolvers<void>();
  #handedOver = false;
  #interrupt: Error | undefined;
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
    const tree = toTree(app);
    const kind = treeKind(tree);
    this.#hasModules = kind !== "value";
    const wanted = resolveOptions(given, kind);
    const maxConnections = connectionLimit(wanted);
    const logs = new ServerLogs(wanted);
    const site = wanted.admin === undefined ? undefined : this.#makeSite();
    const onLog: typeof logs.sink = site === undefined ? logs.sink : (event) => {
      site.recentWarnings.take(event);
      return logs.sink(event);
    };
    const options = Object.freeze({ ...wanted, maxConnections, onLog });
    this.#logs = logs;
    this.#options = options;
    this.#wantedConnections = wanted.maxConnections;
    caught(this.#finished.promise, () => {}); // serve() and finished report the error
    const tls = createTlsAdapter(options.tls);
    const isShared = () => this.#sharing !== undefined;
    const isStopping = () => this.#state !== "ready";
    const status = { isShared, isStopping };
    const onFinished = [...logs.listeners, ...site === undefined ? [] : [site.responses.listener]];
    this.#context = createServerContext(tree, options, status, { onFinished });
    this.#shards = shardGroupOf(this.#context.executor);
    if (this.#shards !== undefined) {
      this.#shards.accessLog = logs.accessLog;
      this.#shards.admin = site !== undefined;
    }
    this.#acceptor = new Acceptor(this.#context, tls);
    this.#certificates = tls &&
      new CertificateReloader(tls, this.#shards, isShared, this.#context.log);
    this.#admin = site && new AdminListener(options.admin!, options, site, this.#context.log);
  }

  /** Whether it is bound, its application is loaded, and it responds to requests. */
  get ready(): boolean {
    return this.#state === "ready" && this.#context.executor.trouble === undefined;
  }

  /** The first address, in the form that `bind` takes; with the real port once it is bound. */
  get bindAddr(): string {
    return formatBindAddress(this.#acceptor.addrs[0] ?? this.#options.bind[0]);
  }

  /** The first address that it is bound to, as in `Deno.HttpServer`. For UNIX sockets, give the type of
   * address to the server: `new Server<Deno.UnixAddr>(…)`.
   *
   * @throws {TypeError} before {@linkcode prepare} */
  get addr(): Addr {
    return this.addrs[0];
  }

  /** All addresses that it is bound to, in the order of `bind`.
   *
   * @throws {TypeError} before {@linkcode prepare} */
  get addrs(): readonly Addr[] {
    const { addrs } = this.#acceptor;
    if (addrs.length > 0) return addrs as readonly Addr[];
    throw new TypeError("Cannot tell addresses: nothing is bound yet");
  }

  /** The address of the admin listener, with its real port; undefined while there is none. */
  get adminAddr(): Deno.Addr | undefined {
    return this.#admin?.addr;
  }

  /** Settles when the server has stopped, as in `Deno.HttpServer`; rejects with
   * {@linkcode interrupt}. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Loads the application and binds every address; connections wait in the kernel until
   * {@linkcode serve}.
   *
   * @throws {ApplicationLoadError} when workers cannot load the application; no address is bound then
   * @throws {LogFileError} when the file of a log cannot be opened; nothing else was opened then
   * @throws {Deno.errors.NotCapable} when a permission is missing
   * @throws what `Deno.listen` throws, such as `Deno.errors.AddrInUse`; no address stays bound then */
  async prepare(): Promise<void> {
    this.#expectNew();
    if (this.#isAborted()) return;
    this.#logs.open();
    try {
      const opening = this.#admin?.open();
      if (opening !== undefined) {
        await opening;
        if (this.#stopping !== undefined) return; // it was stopped meanwhile
      }
      await this.#prepare();
    } catch (error) {
      if (this.#stopping === undefined) {
        await this.#admin?.close();
        await this.#logs.close();
      }
      throw error;
    }
  }

  async #prepare(): Promise<void> {
    if (this.#shards !== undefined) {
      await this.#bind();
      await this.#startShards();
    } else if (!this.#hasModules) {
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

  /** Accepts connections and serves them until the server is stopped.
   *
   * @throws {TypeError} before {@linkcode prepare}, or after a stop
   * @throws the error that was set as {@linkcode interrupt} */
  async serve(): Promise<void> {
    if (!this.#isAborted()) this.#accept();
    await this.#finished.promise;
  }

  /** Binds, and serves until the server is stopped: {@linkcode prepare} and {@linkcode serve}.
   *
   * @throws what these two throw */
  async start(): Promise<void> {
    await this.prepare();
    // Stopping it meanwhile is no error.
    if (this.#stopping === undefined) this.#accept();
    await this.#finished.promise;
  }

  /** Starts, and stops cleanly at SIGINT or SIGTERM; a second signal stops at once.
   *
   * @throws what {@linkcode prepare} and {@linkcode serve} throw */
  async safeStart(): Promise<void> {
    using _signals = onStopSignals(() => void this.stop(), () => void this.abort());
    await this.start();
  }

  /** Stops: accepts no more connections, closes idle ones, lets requests under way finish with
   * `Connection: close`, and aborts what is left after `shutdownTimeout`. With `stopDelay` it first serves on
   * for so long.
   *
   * @returns a promise that resolves when every socket is released */
  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  /** Has new workers load the application afresh. When they are ready, the old ones finish their requests
   * and end. No request is lost.
   *
   * @throws {ApplicationLoadError} when it cannot be loaded; the old workers stay then
   * @throws {TypeError} when the application runs in the accepting thread */
  reload(): Promise<void> {
    return this.#context.executor.reload();
  }

  /** Reads the files of certificates and private keys again, and logs the result. Open connections
   * continue; clients that connect afterwards get the new certificate.
   *
   * @throws {CertificateError} when a file cannot be used; the old certificates stay in force then
   * @throws {TypeError} when there is no TLS */
  async reloadCertificates(): Promise<void> {
    const certificates = this.#certificates;
    if (certificates !== undefined) return await certificates.reload();
    throw new TypeError("Cannot reload certificates: there is no TLS");
  }

  /** Opens the files of `accessLog` and `logFile` anew, after they were renamed. No line is lost or split. A
   * file that cannot be opened is logged, and the old one stays in use.
   *
   * @returns a promise that resolves when what was logged so far is in the old files */
  reopenLogs(): Promise<void> {
    return this.#logs.reopen();
  }

  /** The descriptors of the sockets that it listens on, in the order of `bind`, and behind them that of
   * `admin`, to be passed on to another process. Only on Linux and with `--allow-all`: they are looked up in /proc.
   *
   * @throws {TypeError} before {@linkcode prepare}, or when a descriptor cannot be found
   * @throws {Deno.errors.NotSupported} on other systems
   * @throws {Deno.errors.NotCapable} when /proc may not be read */
  descriptors(): number[] {
    if (this.#acceptor.addrs.length === 0) {
      throw new TypeError("Cannot tell descriptors: nothing is bound yet");
    }
    if (this.#shards !== undefined) {
      throw new TypeError('Cannot pass sockets on in mode "sharded": its threads share them only');
    }
    return [...this.#acceptor.descriptors, ...this.#admin?.descriptors ?? []];
  }

  /** Stops, as {@linkcode stop} does, for another process that continues to listen on the same sockets: the
   * files of UNIX sockets stay, and idle connections stay open for a second, so that the next request of a
   * client is not lost.
   *
   * @returns a promise that resolves when every socket is released */
  handOver(): Promise<void> {
    this.#handedOver = true;
    this.#acceptor.handOver();
    this.#admin?.handOver();
    return this.stop();
  }

  /** The same as {@linkcode stop}, as in `Deno.HttpServer`. */
  shutdown(): Promise<void> {
    return this.stop();
  }

  /** Stops at once: requests under way are aborted.
   *
   * @returns a promise that resolves when every socket is released */
  abort(): Promise<void> {
    this.#cutShort.resolve();
    this.#delayOver.resolve();
    return this.stop();
  }

  /** The same as {@linkcode stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** The error that interrupted the server, if one did. Setting it stops the server, and
   * {@linkcode serve} throws it. */
  get interrupt(): Error | undefined {
    return this.#interrupt;
  }

  set interrupt(error: Error | undefined) {
    this.#interrupt = error;
    if (error === undefined) return;
    this.#delayOver.resolve();
    void this.stop();
  }

  /** The numbers of the server since it was made or {@linkcode clearStats} was called. */
  get stats(): ServerStats {
    const { connections } = this.#acceptor;
    const { lostLines: lostLogLines } = this.#logs;
    const runtime = this.runtime();
    return collectStats(this.#context, { ready: this.ready, runtime, connections, lostLogLines });
  }

  /** Sets the counters of {@linkcode stats} back to 0. */
  clearStats(): void {
    clearStats(this.#context);
    this.#logs.clearLostLines();
  }

  /** How long the server has been ready, in milliseconds.
   *
   * @returns the time until now, or until it stopped */
  runtime(): number {
    return this.#runtime + (this.#state === "ready" ? systemClock.now() - this.#readySince : 0);
  }

  /** Logs a message.
   *
   * @param message what happened
   * @param level how much it matters
   * @param error the error that was thrown, if one was */
  errorLog(message: string, level: LogLevel = "info", error?: unknown): void {
    const event = { level, event: "application", message };
    this.#context.log(error === undefined ? event : { ...event, error });
  }

  /** Keeps the process alive while the server listens or has connections. This is the default. */
  ref(): void {
    this.#acceptor.ref();
    this.#admin?.ref();
  }

  /** Lets the process end although the server listens and has connections. */
  unref(): void {
    this.#acceptor.unref();
    this.#admin?.unref();
  }

  static {
    beginServer = (init) => {
      const server = new Server(init);
      if (server.#isAborted()) return server;
      server.#logs.open();
      const binding = server.#bindOrClose();
      if (server.#hasModules || binding !== undefined) {
        void server.#beginLater(binding);
      } else {
        server.#becomeReady();
        server.#accept();
      }
      return server;
    };
    abandonServer = (server) => {
      const exchanges = server.#acceptor.exchanges;
      server.#acceptor.abandon();
      return exchanges;
    };
    steerServer = (server) => ({
      running(workerId) {
        const { exchanges } = server.#acceptor;
        return runningRequests(exchanges, systemClock.now(), () => "", new Map(), workerId);
      },
      kill: (requestId) => void server.#acceptor.kill(requestId),
      drain: () => server.#drainClients(),
    });
    checkApplication = async (server) => {
      const { executor, options } = server.#context;
      socketAccess(options);
      if (!server.#hasModules) return;
      await executor.start();
      await executor.stop(WORKER_STOP_TIMEOUT);
    };
    showFailure = (server, failure) => {
      const context = server.#context;
      context.runner = failure === undefined ? context.usualRunner : failurePage(failure);
    };
    cutRequests = (server) => server.#cut;
    countLostLines = (server, lostLines) => server.#logs.countAlso(lostLines);
    createShardServer = (init, { sharing, balance, memory }, onFinished) => {
      const server = new Server(init);
      for (const listener of onFinished) server.#context.addFinishedListener(listener);
      server.#sharing = sharing;
      server.#acceptor.balance = balance;
      server.#context.runner = notingRunner(server.#context.runner, memory);
      return server;
    };
  }

  /** Starts the shards. They listen on what is bound here, so the binding comes first. */
  async #startShards(): Promise<void> {
    try {
      await this.#context.executor.start();
    } catch (error) {
      this.#acceptor.release();
      this.#certificates?.stop();
      this.#state = "new";
      throw error;
    }
  }

  /** Begins to accept once the workers have loaded the application; connections wait in the kernel. */
  async #beginLater(binding: Promise<void> | undefined): Promise<void> {
    try {
      await binding;
    } catch (error) {
      if (this.#stopping !== undefined) return; // it was stopped while it waited: no error
      this.errorLog("Addresses could not be bound", "error", error);
      this.interrupt = error as Error;
      return;
    }
    try {
      if (this.#hasModules) await this.#context.executor.start();
      if (this.#state !== "bound") return; // it was stopped meanwhile
      this.#becomeReady();
      this.#accept();
    } catch (error) {
      if (this.#stopping !== undefined) return; // it was stopped while it loaded: no error
      this.errorLog("Application could not be loaded", "error", error);
      this.interrupt = error as Error;
    }
  }

  /** @returns undefined when all is bound at once, as TCP always is */
  #bind(): Promise<void> | undefined {
    this.#expectNew();
    const listening = this.#shards === undefined ? this.#sharing ?? "alone" : "for-threads";
    const opening = this.#acceptor.open(listening);
    if (opening === undefined) return this.#becomeBound();
    return then(opening, () => {
      this.#expectNew(); // throws if it was stopped meanwhile
      this.#becomeBound();
    });
  }

  /** Binds, and closes the logs if that fails at once. */
  #bindOrClose(): Promise<void> | undefined {
    try {
      const opening = this.#admin?.open();
      const binding = this.#bind();
      return opening === undefined ? binding : then(all([opening, binding]), () => {});
    } catch (error) {
      void this.#admin?.close();
      void this.#logs.close();
      throw error;
    }
  }

  /** Stops a server whose signal is aborted already: it starts nothing. Else it stops when it is. */
  #isAborted(): boolean {
    const { signal } = this.#options;
    if (signal?.aborted === true) void this.stop();
    else signal?.addEventListener("abort", this.#onSignal, { once: true });
    return signal?.aborted === true;
  }

  #becomeBound(): undefined {
    const { addrs, sharing } = this.#acceptor;
    if (this.#shards !== undefined) {
      this.#shards.addresses = { bind: addrs.map(formatBindAddress), sharing };
    }
    this.#state = "bound";
    const { maxConnections } = this.#options;
    if (maxConnections < this.#wantedConnections) {
      this.#context.log(limitWarning(maxConnections, this.#wantedConnections));
    }
    this.#certificates?.start();
  }

  #becomeReady(): void {
    this.#state = "ready";
    this.#readySince = systemClock.now();
  }

  #expectNew(): void {
    if (this.#state === "new") return;
    throw new TypeError(`Cannot bind: the server is ${this.#state}`);
  }

  readonly #onSignal = (): void => void this.stop();

  #accept(): void {
    const state = this.ready && this.#serving ? "serving already" : this.#state;
    if (state !== "ready") {
      throw new TypeError(`Cannot serve: expected a server that is bound, this one is ${state}`);
    }
    this.#serving = true;
    if (this.#shards === undefined) this.#acceptor.accept(); // otherwise the shards accept, on the same sockets
    try {
      for (const addr of this.#acceptor.addrs) this.#announce(addr);
    } catch (error) {
      this.#acceptor.handBack(); // the caller gets no server that it could stop
      void this.stop();
      throw error;
    }
  }

  #announce(addr: Address): void {
    const { onListen } = this.#options;
    if (onListen !== undefined) return onListen(addr);
    const scheme = this.#certificates === undefined ? "http" : "https";
    const message = `Listening on ${formatAddress(addr, scheme)}`;
    this.#context.log({ level: "info", event: "listening", message });
  }

  /** The server, as its admin listener sees it. */
  #makeSite(): ServerSite {
    // deno-lint-ignore no-this-alias -- the members are read later, when they have their values
    const server = this;
    return new ServerSite({
      get unreadiness() {
        return server.#unreadiness;
      },
      get stats() {
        return server.stats;
      },
      get mode() {
        return server.#options.mode;
      },
      get addresses() {
        return server.#acceptor.addrs.map(formatBindAddress);
      },
      get context() {
        return server.#context;
      },
      get acceptor() {
        return server.#acceptor;
      },
      reload: () => server.reload(),
      get reloadCertificates() {
        return server.#certificates && (() => server.reloadCertificates());
      },
      drain: () => server.#drainClients(),
    });
  }

  /** How many requests the stop has cut so far. */
  get #cut(): number {
    return this.#shards?.cutRequests ?? this.#acceptor.cut;
  }

  /** Why load balancers should send nothing more, as far as the server itself decides that. */
  get #unreadiness(): string | undefined {
    if (this.#stopping !== undefined) return "the server is stopping";
    if (this.#state !== "ready" || !this.#serving) return "the server is starting";
    return this.#context.draining ? "the server is draining" : undefined;
  }

  /** Sends clients elsewhere: every response closes its connection from now on. */
  #drainClients(): void {
    this.#context.draining = true;
    this.#shards?.drain();
  }

  /** Serves on for `stopDelay`, so that load balancers notice that the server is not ready. */
  async #delayStop(): Promise<void> {
    const { stopDelay } = this.#options;
    if (stopDelay === 0 || this.#state !== "ready" || !this.#serving) return;
    if (this.#handedOver || this.#interrupt !== undefined) return;
    const message = `Stopping in ${stopDelay} ms`;
    this.#context.log({ level: "info", event: "stop-delayed", message });
    await withTimeout(this.#delayOver.promise, stopDelay);
  }

  async #stop(): Promise<void> {
    if (this.#options.stopDelay > 0) await this.#delayStop();
    if (this.#state === "ready") this.#runtime += systemClock.now() - this.#readySince;
    this.#state = "stopping";
    this.#options.signal?.removeEventListener("abort", this.#onSignal);
    this.#certificates?.stop();
    await this.#acceptor.close();
    await this.#drain();
    await this.#admin?.close();
    await this.#logs.close(() => this.#reportStopped());
    this.#state = "stopped";
    if (this.#interrupt === undefined) this.#finished.resolve();
    else this.#finished.reject(this.#interrupt);
  }

  /** Logs the end, unless `onListen` takes the place of the line about the beginning. */
  #reportStopped(): void {
    if (!this.#serving || this.#options.onListen !== undefined) return;
    const cut = this.#cut;
    const message = `Stopped, ${describeCut(cut)}`;
    this.#context.log({ level: "info", event: "stopped", message, cutRequests: cut });
  }

  async #drain(): Promise<void> {
    const { shutdownTimeout } = this.#options;
    const shards = this.#shards;
    if (shards === undefined) {
      await this.#acceptor.drain(shutdownTimeout, this.#cutShort.promise);
      return await this.#context.executor.stop(WORKER_STOP_TIMEOUT);
    }
    void then(this.#cutShort.promise, () => shards.abort());
    await shards.stop(shutdownTimeout);
  }
}
