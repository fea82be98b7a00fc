// What the command line needs of the process around it: a server, files, signals, streams. The tests give
// it one that is not real.

import type { Application, ModuleApp } from "../application/application.ts";
import type { LoadedApp } from "../application/application_export.ts";
import type { Activation } from "../net/systemd_activation.ts";
import type { ServerOptions } from "../options/server_options.ts";
import type { Config } from "./config_file.ts";
import type { InheritedSockets } from "./inherited_sockets.ts";
import type { Successor } from "./successor_process.ts";
import type { SystemdNotifier } from "./systemd_notifier.ts";

/** What the command line needs of a server. */
export interface CliServer {
  /** Has workers load the application and binds the addresses. */
  prepare(): Promise<void>;
  /** Accepts, calls `onListen` with each address, and runs until stopped. */
  serve(): Promise<void>;
  /** Has new workers load the application afresh, in place of the old ones. */
  reload(): Promise<void>;
  /** Reads certificates and private keys again, and logs what came of it. */
  reloadCertificates(): Promise<void>;
  /** Stops gracefully; resolves when everything is released. */
  stop(): Promise<void>;
  /** Stops gracefully for a process that goes on listening on the same sockets. */
  handOver(): Promise<void>;
  /** Descriptors of the sockets, in the order of `bind`. */
  descriptors(): number[];
  /** Whether requests are answered. */
  readonly ready: boolean;
  /** Stops at once. */
  abort(): void | Promise<void>;
}

/** What the command line needs of the world. */
export interface CliEnvironment {
  /** Makes a server that is not bound yet. */
  createServer(app: Application, options: ServerOptions): CliServer;
  /** Loads what APP says into this thread. */
  loadApp(text: string): Promise<LoadedApp>;
  /** Finds what APP says, for workers to load. */
  locateApp(text: string): Promise<ModuleApp>;
  /** Reads what `--config` names. */
  readConfigFile(path: string): Promise<Config>;
  /** Who wants to know how the process fares. */
  readonly notifier: SystemdNotifier;
  /** Sockets that the service manager has opened. */
  takeActivation(): Activation;
  /** What a predecessor has left to this process. */
  takeInheritedSockets(): InheritedSockets | undefined;
  /** Tells the predecessor that this process serves. */
  reportReady(heritage: InheritedSockets, unused: readonly string[]): Promise<void>;
  /** Starts a process that is to take over. */
  startSuccessor(sockets: InheritedSockets["sockets"]): Successor;
  /** Calls `listener` at each signal until the function that is returned is called. */
  onSignal(signal: Deno.Signal, listener: () => void): () => void;
  /** Writes lines to standard output. */
  print(lines: string): void;
  /** Writes lines to standard error. */
  report(lines: string): void;
  /** Shows what was thrown, with stack and causes, in lines. */
  describe(error: unknown): string;
}
