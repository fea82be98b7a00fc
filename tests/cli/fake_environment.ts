// Fakes of the server, signals, streams, successors and the service manager, for tests of the
// command line.

import { assert } from "@std/assert";
import { type Application, ModuleApp } from "../../src/application/application.ts";
import type { LoadedApp } from "../../src/application/application_export.ts";
import type { Config } from "../../src/cli/settings/config_file.ts";
import { ExitError } from "../../src/cli/settings/exit_error.ts";
import type { InheritedSockets } from "../../src/cli/processes/inherited_sockets.ts";
import type { CliEnvironment, CliServer, ReportDetails } from "../../src/cli/environment.ts";
import type { Environment } from "../../src/cli/settings/variables.ts";
import type { EventLogOptions } from "../../src/log/event_log.ts";
import { SystemdNotifier } from "../../src/cli/processes/systemd_notifier.ts";
import type { Successor } from "../../src/cli/processes/successor_process.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import type { Activation } from "../../src/net/systemd_activation.ts";

/** A successor that is ready when the test resolves `readiness`. */
export class FakeSuccessor implements Successor {
  readonly pid = 4711;
  readonly readiness = Promise.withResolvers<void>();
  readonly ready = this.readiness.promise;
  dismissed = false;
  constructor(readonly sockets: InheritedSockets["sockets"]) {}
  dismiss(): Promise<void> {
    this.dismissed = true;
    this.readiness.reject(new Error("it ended with SIGKILL"));
    return Promise.resolve();
  }
}

export const addr = { transport: "tcp" as const, hostname: "127.0.0.1", port: 8071 };

/** A server that records the calls of its methods and stops when the test resolves `stopped`. */
export class FakeServer implements CliServer {
  readonly calls: string[] = [];
  readonly serving = Promise.withResolvers<void>();
  readonly stopped = Promise.withResolvers<void>();
  readonly finished = Promise.withResolvers<void>();
  /** The promise that each reload waits for; a reload without one ends at once. */
  readonly reloads: Promise<void>[] = [];
  app: Application | undefined;
  options: ServerOptions = {};
  prepareError: Error | undefined;
  descriptorsError: Error | undefined;
  ready = true;
  cutRequests = 0;
  /** The failures that requests get, in order. */
  readonly failures: (string | undefined)[] = [];

  async prepare(): Promise<void> {
    this.calls.push("prepare");
    if (this.prepareError !== undefined) throw await this.prepareError;
  }

  async serve(): Promise<void> {
    this.calls.push("serve");
    this.options.onListen?.(addr);
    this.serving.resolve();
    await this.finished.promise;
  }

  reloadCertificates(): Promise<void> {
    this.calls.push("reloadCertificates");
    return Promise.resolve();
  }

  async reload(): Promise<void> {
    this.calls.push("reload");
    await this.reloads.shift();
  }

  async stop(): Promise<void> {
    this.calls.push("stop");
    await this.stopped.promise;
    this.finished.resolve();
  }

  async handOver(): Promise<void> {
    this.calls.push("handOver");
    await this.stopped.promise;
    this.finished.resolve();
  }

  reopenLogs(): Promise<void> {
    this.calls.push("reopenLogs");
    return Promise.resolve();
  }

  descriptors(): number[] {
    if (this.descriptorsError !== undefined) throw this.descriptorsError;
    return [17];
  }

  async check(): Promise<void> {
    this.calls.push("check");
    if (this.prepareError !== undefined) throw await this.prepareError;
  }

  showFailure(failure: string | undefined): void {
    this.failures.push(failure);
  }

  abort(): void {
    this.calls.push("abort");
  }
}

/** The surroundings of one run of the command line. */
export class FakeEnvironment implements CliEnvironment {
  readonly server = new FakeServer();
  readonly #listeners = new Set<{ signal: Deno.Signal; listener: () => void }>();
  readonly printed: string[] = [];
  readonly reported: string[] = [];
  /** The options with which the log was opened. */
  logOptions: EventLogOptions | undefined;
  loaded: LoadedApp = { app: () => new Response(), onListen: undefined };
  config: Config = {};
  variables: Environment = {};
  activation: Activation = { sockets: [], complaint: undefined };
  inheritedSockets: InheritedSockets | undefined;
  /** The unused sockets in each report to the predecessor. */
  readonly readyReports: (readonly string[])[] = [];
  /** The messages to the service manager. */
  readonly notified: string[] = [];
  readonly successors: FakeSuccessor[] = [];
  readonly notifier = new SystemdNotifier({
    send: (message) => void this.notified.push(message),
    monotonic: () => 42n,
    close: () => void this.notified.push("closed"),
  });

  createServer(app: Application, options: ServerOptions): CliServer {
    this.server.app = app;
    this.server.options = options;
    return this.server;
  }
  loadApp(text: string): Promise<LoadedApp> {
    if (text !== "./app.ts") throw new ExitError(3, `Cannot load ${text}`, new Error("its own"));
    return Promise.resolve(this.loaded);
  }
  locateApp(text: string): Promise<ModuleApp> {
    if (text !== "./app.ts") throw new ExitError(3, `Cannot load ${text}: No such file`);
    return Promise.resolve(new ModuleApp("file:///app.ts", "api"));
  }
  readEnvironment(): Environment {
    return this.variables;
  }
  readConfigFile(): Promise<Config> {
    return Promise.resolve(this.config);
  }
  onSignal(signal: Deno.Signal, listener: () => void): () => void {
    const entry = { signal, listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }
  takeActivation(): Activation {
    return this.activation;
  }
  takeInheritedSockets(): InheritedSockets | undefined {
    return this.inheritedSockets;
  }
  reportReady(_inherited: InheritedSockets, unused: readonly string[]): Promise<void> {
    this.readyReports.push(unused);
    return Promise.resolve();
  }
  startSuccessor(sockets: InheritedSockets["sockets"]): Successor {
    const successor = new FakeSuccessor(sockets);
    this.successors.push(successor);
    return successor;
  }
  print(lines: string): void {
    this.printed.push(lines);
  }
  openLog(options: EventLogOptions): void {
    this.logOptions = options;
  }
  log(): void {}
  report(_event: string, message: string, { error }: ReportDetails = {}): void {
    this.reported.push(`robusto: ${message}`);
    if (error !== undefined) this.reported.push(`described: ${error}`);
  }
  reopenLog(): Promise<void> {
    this.server.calls.push("reopenLog");
    return Promise.resolve();
  }
  signal(signal: Deno.Signal): void {
    const matching = [...this.#listeners].filter((entry) => entry.signal === signal);
    assert(matching.length > 0, `${signal} ends the process`);
    for (const { listener } of matching) listener();
  }
  /** Number of signal listeners that are left. */
  get listenerCount(): number {
    return this.#listeners.size;
  }
}
