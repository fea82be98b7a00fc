// The life of a server: when it binds, begins to accept, stops in stages. How connections come in and
// what happens to them is in entrance.ts, what they share in server_context.ts, and who answers is behind
// the executor.

import type { Application } from "../application/application.ts";
import { formatAddress, formatBindAddress } from "../net/bind_address.ts";
import { CertificateReloader } from "./certificate_reloader.ts";
import type { ConnectionContext } from "../connection/connection_context.ts";
import { Acceptor } from "./acceptor.ts";
import type { Address } from "../io/address.ts";
import { systemClock } from "../io/clock.ts";
import { onStopSignals } from "../io/signals.ts";
import type { LogLevel } from "../log/log_event.ts";
import { toTree, treeKind } from "../application/application_tree.ts";
import { type ResolvedOptions, resolveOptions } from "../options/resolve_options.ts";
import type { ServerOptions } from "../options/server_options.ts";
import { connectionLimit, limitWarning } from "./connection_limit.ts";
import { createServerContext } from "./server_context.ts";
import { clearStats, collectStats, shardGroupOf } from "./collect_stats.ts";
import type { ShardGroup } from "../shard/shard_group.ts";
import type { ThreadSharing } from "../net/thread_sharing.ts";
import type { ServerStats } from "./server_stats.ts";
import { createTlsAdapter } from "../options/tls_options.ts";

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

/** Makes a server, binds, and begins to accept, all at once. For `serve()`. */
export let beginServer: <Addr extends Deno.Addr = Deno.NetAddr>(
  init: ServerInit<Addr>,
) => Server<Addr>;

/** Makes a server whose sockets other threads of the process listen on too: one of several shards. */
export let createShardServer: (init: ServerInit, sharing: ThreadSharing) => Server;

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
  /** How it shares its sockets with other threads of the process, if it does. */
  #sharing: ThreadSharing | undefined;
  /** Whether the application has to be loaded before anything can be answered. */
  readonly #loads: boolean;
  readonly #context: ConnectionContext;
  readonly #entrance: Acceptor;
  /** Undefined but in mode "sharded". */
  readonly #shards: ShardGroup | undefined;
  /** Undefined without TLS. */
  readonly #certificates: CertificateReloader | undefined;
  readonly #finished = Promise.withResolvers<void>();
  #state: ServerState = "new";
  #serving = false;
  #stopping: Promise<void> | undefined;
  #cutShort = Promise.withResolvers<void>();
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
    this.#loads = kind !== "value";
    const wanted = resolveOptions(given, kind);
    const maxConnections = connectionLimit(wanted);
    const options = Object.freeze({ ...wanted, maxConnections });
    this.#options = options;
    this.#wantedConnections = wanted.maxConnections;
    this.#finished.promise.catch(() => {}); // serve() gives it to whoever cares
    const tls = createTlsAdapter(options.tls);
    const isShared = () => this.#sharing !== undefined;
    const isStopping = () => this.#state !== "ready";
    this.#context = createServerContext(tree, options, { isShared, isStopping });
    this.#shards = shardGroupOf(this.#context.executor);
    this.#entrance = new Acceptor(this.#context, tls);
    this.#certificates = tls &&
      new CertificateReloader(tls, this.#shards, isShared, this.#context.log);
  }

  /** Whether it is bound, its application is loaded, and requests are answered. */
  get ready(): boolean {
    return this.#state === "ready" && this.#context.executor.trouble === undefined;
  }

  /** First address in the form that `bind` takes; the real port once it is bound. */
  get bindAddr(): string {
    return formatBindAddress(this.#entrance.addrs[0] ?? this.#options.bind[0]);
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
    const { addrs } = this.#entrance;
    if (addrs.length > 0) return addrs as readonly Addr[];
    throw new TypeError("Cannot tell addresses: nothing is bound yet");
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
    if (this.#isAborted()) return;
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
    if (!this.#isAborted()) this.#accept();
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
    const certificates = this.#certificates;
    if (certificates !== undefined) return await certificates.reload();
    throw new TypeError("Cannot reload certificates: there is no TLS");
  }

  /** The descriptors of the sockets that it listens on, in the order of `bind`, to be passed on to another
   * process: on Linux, with `--allow-all`, as they are looked up in /proc.
   *
   * @throws {TypeError} before {@linkcode prepare}, or when one cannot be found
   * @throws {Deno.errors.NotSupported} on other systems
   * @throws {Deno.errors.NotCapable} when /proc may not be read */
  descriptors(): number[] {
    if (this.#entrance.addrs.length === 0) {
      throw new TypeError("Cannot tell descriptors: nothing is bound yet");
    }
    if (this.#shards !== undefined) {
      throw new TypeError('Cannot pass sockets on in mode "sharded": its threads share them only');
    }
    return this.#entrance.descriptors;
  }

  /** Stops, as {@linkcode stop} does, for another process that goes on listening on the same sockets:
   * files of UNIX sockets stay.
   *
   * @returns a promise that resolves when every socket is released */
  handOver(): Promise<void> {
    this.#entrance.handOver();
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
    const { connections } = this.#entrance;
    return collectStats(this.#context, { ready: this.ready, runtime: this.runtime(), connections });
  }

  /** Sets the counters of {@linkcode stats} back to nothing. */
  clearStats(): void {
    clearStats(this.#context);
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
    this.#context.log(error === undefined ? event : { ...event, error });
  }

  /** Keeps the process alive while the server listens or has connections, which is so from the
   * start. */
  ref(): void {
    this.#entrance.ref();
  }

  /** Lets the process end although the server listens and has connections. */
  unref(): void {
    this.#entrance.unref();
  }

  static {
    beginServer = (init) => {
      const server = new Server(init);
      if (server.#isAborted()) return server;
      const binding = server.#bind();
      if (server.#loads || binding !== undefined) {
        void server.#beginLater(binding);
      } else {
        server.#becomeReady();
        server.#accept();
      }
      return server;
    };
    createShardServer = (init, sharing) => {
      const server = new Server(init);
      server.#sharing = sharing;
      return server;
    };
  }

  /** Shards listen on what is bound here, so this comes first with them. */
  async #startShards(): Promise<void> {
    try {
      await this.#context.executor.start();
    } catch (error) {
      this.#entrance.release();
      this.#certificates?.stop();
      this.#state = "new";
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
    const listening = this.#shards === undefined ? this.#sharing ?? "alone" : "for-threads";
    const opening = this.#entrance.open(listening);
    if (opening === undefined) return this.#becomeBound();
    return opening.then(() => {
      this.#expectNew(); // it may have been stopped meanwhile
      this.#becomeBound();
    });
  }

  /** Stops a server whose signal is aborted already: it starts nothing. Else it stops when it is. */
  #isAborted(): boolean {
    const { signal } = this.#options;
    if (signal?.aborted === true) void this.stop();
    else signal?.addEventListener("abort", this.#onSignal, { once: true });
    return signal?.aborted === true;
  }

  #becomeBound(): undefined {
    const { addrs, sharing } = this.#entrance;
    if (this.#shards !== undefined) {
      this.#shards.place = { bind: addrs.map(formatBindAddress), sharing };
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
    if (this.#shards === undefined) this.#entrance.accept(); // else shards do, on the same sockets
    try {
      for (const addr of this.#entrance.addrs) this.#announce(addr);
    } catch (error) {
      this.#entrance.handBack(); // nobody else may have got hold of a server that fails here
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

  async #stop(): Promise<void> {
    if (this.#state === "ready") this.#runtime += systemClock.now() - this.#readySince;
    this.#state = "stopping";
    this.#options.signal?.removeEventListener("abort", this.#onSignal);
    this.#certificates?.stop();
    await this.#entrance.close();
    await this.#drain();
    this.#state = "stopped";
    if (this.#interrupt === undefined) this.#finished.resolve();
    else this.#finished.reject(this.#interrupt);
  }

  async #drain(): Promise<void> {
    const { shutdownTimeout } = this.#options;
    const shards = this.#shards;
    if (shards === undefined) {
      await this.#entrance.drain(shutdownTimeout, this.#cutShort.promise);
      return await this.#context.executor.stop(WORKER_STOP_TIMEOUT);
    }
    void this.#cutShort.promise.then(() => shards.abort());
    await shards.stop(shutdownTimeout);
  }
}
