// The interfaces through which the command line reaches a server and the process: files, signals,
// streams, the service manager, other processes. Tests replace them by fakes.

import type { Application, ModuleApp } from "../application/application.ts";
import type { LoadedApp } from "../application/application_export.ts";
import type { GatewayChoice } from "../application/classify_application.ts";
import type { Activation } from "../net/systemd_activation.ts";
import type { ServerOptions } from "../options/server_options.ts";
import type { EventLogOptions } from "../log/event_log.ts";
import type { LogLevel, LogSink } from "../log/log_event.ts";
import type { Config } from "./settings/config_file.ts";
import type { Environment } from "./settings/variables.ts";
import type { InheritedSockets } from "./processes/inherited_sockets.ts";
import type { Successor } from "./processes/successor_process.ts";
import type { SystemdNotifier } from "./processes/systemd_notifier.ts";

/** The server, as the command line uses it. */
export interface CliServer {
  /** Lets workers load the application, and binds the addresses. */
  prepare(): Promise<void>;
  /** Accepts, calls `onListen` with each address, and runs until stopped. */
  serve(): Promise<void>;
  /** Loads the application again, in new workers that replace the old ones. */
  reload(): Promise<void>;
  /** Reads certificates and private keys again, and logs the result. */
  reloadCertificates(): Promise<void>;
  /** Stops gracefully; resolves when every socket and worker is released. */
  stop(): Promise<void>;
  /** Stops gracefully while another process listens on the same sockets. */
  handOver(): Promise<void>;
  /** Lists the descriptors of the sockets, in the order of `bind`. */
  descriptors(): number[];
  /** Whether the server can respond to requests. */
  readonly ready: boolean;
  /** Opens the file of the access log anew. */
  reopenLogs(): Promise<void>;
  /** Loads the application and unloads it; binds nothing. */
  check(): Promise<void>;
  /** Responds to every request with a failure, until that is undefined again. */
  showFailure(failure: string | undefined): void;
  /** How many requests a stop has cut so far. */
  readonly cutRequests: number;
  /** Stops at once. */
  abort(): void | Promise<void>;
}

/** What belongs to an event of the command line. */
export interface ReportDetails {
  /** Severity; `info` without it. */
  readonly level?: LogLevel;
  /** What was thrown. */
  readonly error?: unknown;
  /** How many requests were cut. */
  readonly cutRequests?: number;
  /** Whether it is written to standard error whatever the options of the log say. */
  readonly always?: boolean;
  /** Whether it belongs to the event before it, so that it is no event of its own in the format `json`. */
  readonly isHint?: boolean;
}

/** The process and its surroundings, as the command line uses them. */
export interface CliEnvironment {
  /** Makes a server that is not bound yet. */
  createServer(app: Application, options: ServerOptions): CliServer;
  /** Imports the application that APP names into this thread. */
  loadApp(text: string, gateway: GatewayChoice): Promise<LoadedApp>;
  /** Finds the module that APP names, for workers to load. */
  locateApp(text: string): Promise<ModuleApp>;
  /** Reads environment variables. */
  readEnvironment(): Environment;
  /** Reads the file of `--config`. */
  readConfigFile(path: string): Promise<Config>;
  /** Reports the state of the process to the service manager. */
  readonly notifier: SystemdNotifier;
  /** Takes the sockets that the service manager has opened, once. */
  takeActivation(): Activation;
  /** Takes the sockets of a predecessor, once; `undefined` without a predecessor. */
  takeInheritedSockets(): InheritedSockets | undefined;
  /** Closes the inherited sockets that this process does not use, and reports to the predecessor
   * that this process serves. */
  reportReady(inherited: InheritedSockets, unused: readonly string[]): Promise<void>;
  /** Starts a process that shall take over the sockets. */
  startSuccessor(sockets: InheritedSockets["sockets"]): Successor;
  /** Calls `listener` at each signal, until the returned function is called. */
  onSignal(signal: Deno.Signal, listener: () => void): () => void;
  /** Writes lines to standard output. */
  print(lines: string): void;
  /** Opens the log, which has held back what was reported so far.
   *
   * @throws {LogFileError} when its file cannot be opened */
  openLog(options: EventLogOptions & { readonly captureOutput: boolean }): void;
  /** Takes the events of the server for the log. */
  readonly log: LogSink;
  /** Writes an event of the command line itself to the log.
   *
   * @param event its stable name
   * @param message what happened; `robusto: ` stands before it in the format `text` */
  report(event: string, message: string, details?: ReportDetails): void;
  /** Opens the file of the log anew. */
  reopenLog(): Promise<void>;
}
