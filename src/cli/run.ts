// Runs the command line from its arguments to its exit code: application, server, signals. It
// reaches the process only through the environment, so that tests need none.

import { caught, race, then } from "../io/platform.ts";
import { withTimeout } from "../io/with_timeout.ts";
import { UnknownAccountError } from "../net/account_ids.ts";
import { formatAddress, formatBindAddress } from "../net/bind_address.ts";
import type { LogEvent } from "../log/log_event.ts";
import { describeCut } from "../log/log_text.ts";
import type { ResolvedOptions } from "../options/resolve_options.ts";
import type { ServerOptions } from "../options/server_options.ts";
import { AdminTokenError } from "../admin/access.ts";
import { LogFileError } from "../log/log_file.ts";
import { CertificateError } from "../tls/tls_errors.ts";
import { VERSION } from "../version.ts";
import { parseArguments } from "./settings/arguments.ts";
import type { CliEnvironment, CliServer } from "./environment.ts";
import { EXIT, ExitError, usageError } from "./settings/exit_error.ts";
import { configText, helpText } from "./settings/help.ts";
import { isPythonApp } from "./settings/app_reference.ts";
import { loadFailure } from "./load_app.ts";
import { assignInheritedSockets, defaultBind } from "./processes/inherited_sockets.ts";
import { loadApps } from "./load_apps.ts";
import { formatApps } from "./settings/mounts.ts";
import { InterruptibleStart } from "./interruptible_start.ts";
import { createReload } from "./reload.ts";
import { mergeSettings, type Settings } from "./settings/settings.ts";
import { findSources, type Sources, watchSources } from "./watch_sources.ts";
import { startWatched } from "./watched_start.ts";
import { parseVariables } from "./settings/variables.ts";
import { createUpgrade } from "./process_upgrade.ts";

const WARN = { level: "warn" } as const;

/** Longest wait for an end at once, in milliseconds: workers may compute. Access lines take a tenth of it. */
const ABORT_TIMEOUT = 500;

/** The options of the log, which is not the server's own. */
const LOG_IS_OPEN = { logFile: undefined, logFormat: undefined, logLevel: undefined } as const;

/** Runs the command line.
 *
 * @param args the words after the program's name
 * @param environment the process and its surroundings
 * @returns the exit code, one of `EXIT` */
export async function run(args: readonly string[], environment: CliEnvironment): Promise<number> {
  // Deno opens its inspector at a SIGUSR1; the environment closes it. Without a listener, a SIGHUP or a
  // SIGUSR2 before the server can reload or hand over would end the process. SIGTTIN and SIGTTOU, by which
  // other servers change the number of workers, would suspend it.
  const ignored = ["SIGUSR1", "SIGUSR2", "SIGHUP", "SIGTTIN", "SIGTTOU"] as const;
  const removeListeners = ignored.map((signal) => environment.onSignal(signal, () => {}));
  try {
    return await runArguments(args, environment);
  } catch (error) {
    return reportFailure(error, environment);
  } finally {
    for (const remove of removeListeners) remove();
    environment.notifier.close();
  }
}

async function runArguments(args: readonly string[], environment: CliEnvironment): Promise<number> {
  const parsed = parseArguments(args);
  if (parsed.action === "help") return print(helpText(), environment);
  if (parsed.action === "version") return print(`robusto ${VERSION}`, environment);

  // First, as it takes a variable out of the environment.
  const inherited = environment.takeInheritedSockets();
  const variables = parseVariables(environment.readEnvironment());
  const file = parsed.config ?? variables.config;
  const config = file === undefined ? {} : await environment.readConfigFile(file);
  const activation = environment.takeActivation();
  const given = { ...config, ...variables.options, ...parsed.options };
  const inheritedBind = defaultBind(given, activation, inherited);
  const settings = mergeSettings(config, parsed.options, { ...parsed, inheritedBind, variables });
  if (parsed.action === "print-config") return print(configText(settings), environment);

  if (settings.mounts.length === 0) {
    throw usageError("Cannot start: expected APP, such as ./app.ts, or --mount /PREFIX=APP");
  }
  const { resolved, mounts } = settings;
  let sources = parsed.watch ? findSources(mounts, resolved.mode) : undefined;
  const isCheck = parsed.action === "check";
  // A check writes to no file: a server may be writing to it.
  openLog(isCheck ? { ...resolved, logFile: "-" } : resolved, settings, environment);
  for (const name of variables.unused) {
    environment.report("variable-not-used", `${name} is not used: no option has this name`, WARN);
  }
  if (isCheck) return await check(settings, environment);
  if (activation.complaint !== undefined) {
    environment.report("sockets-not-taken", activation.complaint, WARN);
  }
  const { bind, admin } = resolved;
  const binds = bind.map(formatBindAddress);
  // A successor takes over the admin listener too.
  const sockets = admin === undefined ? binds : [...binds, formatBindAddress(admin)];
  const assigned = inherited && assignInheritedSockets(sockets, inherited);
  const addresses = assigned && {
    bind: assigned.bind.slice(0, binds.length),
    ...admin === undefined ? {} : { admin: assigned.bind[binds.length] },
  };
  using start = new InterruptibleStart(environment);
  const create = () => createServer(settings, addresses, environment);
  const begin = async () => {
    if (sources !== undefined && inherited === undefined) {
      const watched = await startWatched({
        name: formatApps(mounts),
        create,
        prepare: (server) => prepare(server, settings, binds),
        look: () => findSources(mounts, resolved.mode),
        options: settings.options,
        onServer: (server) => start.server = server,
        onListen: reportAddress(resolved, environment),
      }, environment);
      ({ sources } = watched);
      return watched.server;
    }
    const server = await create();
    start.server = server;
    await prepare(server, settings, binds);
    return server;
  };
  const server = await start.complete(begin());
  if (typeof server === "number") return server;
  start[Symbol.dispose](); // serve() listens to the same signals
  const reportReady = async () => {
    if (inherited !== undefined) await environment.reportReady(inherited, assigned?.unused ?? []);
  };
  return await serve(server, { settings, sockets, sources, reportReady }, environment);
}

/** Loads the application as a start would. One worker does that, in mode `sharded` too. */
async function check(settings: Settings, environment: CliEnvironment): Promise<number> {
  const { options, resolved, mounts, explain } = settings;
  const one = resolved.mode === "inline"
    ? {}
    : { mode: "pool", minWorkers: 1, maxWorkers: 1 } as const;
  const checked = { ...settings, options: { ...options, ...one } };
  const server = await createServer(checked, undefined, environment);
  try {
    await server.check();
  } catch (error) {
    if (error instanceof UnknownAccountError) throw usageError(explain(error.message));
    throw loadFailure(mounts, error) ?? error;
  }
  const message = `the configuration is valid, ${formatApps(mounts)} can be served`;
  environment.report("checked", message, { always: true });
  return EXIT.clean;
}

function openLog(
  options: ResolvedOptions,
  { explain }: Settings,
  environment: CliEnvironment,
): void {
  try {
    environment.openLog(options);
  } catch (error) {
    if (error instanceof LogFileError) throw usageError(explain(error.message));
    throw error;
  }
}

async function createServer(
  { options, resolved, mounts, explain }: Settings,
  assigned: Pick<ServerOptions, "bind" | "admin"> | undefined,
  environment: CliEnvironment,
): Promise<CliServer> {
  const { app, onListen } = await loadApps(mounts, resolved, environment);
  const addresses = assigned && { ...assigned, hostname: undefined, port: undefined };
  /** Which Python serves is for the person who starts the server, as the address is. */
  const reportInterpreter = (event: LogEvent) => {
    const isForStart = event.event === "python-interpreter";
    if (isForStart) environment.report(event.event, event.message, { always: true });
    else environment.log(event);
  };
  const all: ServerOptions = {
    ...options,
    ...addresses,
    ...LOG_IS_OPEN,
    captureOutput: resolved.captureOutput,
    onLog: environment.log,
    onListen(addr) {
      reportAddress(resolved, environment)(addr);
      onListen(addr);
    },
    ...(mounts.some(({ app }) => isPythonApp(app)) ? { onLog: reportInterpreter } : {}),
  };
  try {
    return environment.createServer(app, all);
  } catch (error) {
    const isUsage = error instanceof AdminTokenError || error instanceof CertificateError ||
      error instanceof Deno.errors.NotCapable;
    if (isUsage) throw usageError(explain(error.message));
    // The options have been checked, so the loaded application is the cause, such as a dispatcher
    // with pools.
    throw new ExitError(
      EXIT.application,
      `Cannot serve ${formatApps(mounts)}: ${(error as Error).message}`,
    );
  }
}

function reportAddress(
  resolved: ResolvedOptions,
  environment: Pick<CliEnvironment, "report">,
): (addr: Deno.Addr) => void {
  return (addr) => {
    const address = formatAddress(addr, schemeOf(resolved));
    environment.report("listening", `listening on ${address}`, { always: true });
  };
}

function schemeOf({ tls }: ResolvedOptions): "http" | "https" {
  return tls === undefined ? "http" : "https";
}

async function prepare(
  server: CliServer,
  settings: Settings,
  binds: readonly string[],
): Promise<void> {
  try {
    await server.prepare();
  } catch (error) {
    const failure = loadFailure(settings.mounts, error);
    if (failure !== undefined) throw failure;
    if (error instanceof LogFileError || error instanceof UnknownAccountError) {
      throw usageError(settings.explain(error.message));
    }
    if (!isFromSystem(error)) throw error;
    const message = error.message.startsWith("Cannot ")
      ? error.message
      : `Cannot listen on ${binds.join(", ")}: ${error.message}`;
    throw new ExitError(EXIT.bind, message);
  }
}

/** Whether an error comes from the system: `Deno.listen` throws one of `Deno.errors`, and a bare
 * `Error` for an unknown host name. Other subclasses such as `TypeError` are mistakes of the
 * program. */
function isFromSystem(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error.constructor === Error ||
    Object.values(Deno.errors).some((type) => error instanceof type);
}

/** Runs a bound server until it has stopped, or until a second signal aborts it. */
async function serve(
  server: CliServer,
  { settings: { mounts, resolved }, sockets, sources, reportReady }: {
    readonly settings: Settings;
    /** The addresses whose sockets a successor takes over. */
    readonly sockets: readonly string[];
    /** What is watched; `undefined` without `--watch`. */
    readonly sources: Sources | undefined;
    readonly reportReady: () => Promise<void>;
  },
  environment: CliEnvironment,
): Promise<number> {
  const { notifier } = environment;
  const forced = Promise.withResolvers<number>();
  let stopping: Promise<void> | undefined;
  let isForced = false;
  const onSignal = () => {
    if (stopping === undefined) {
      environment.report("stopping", "stopping, a second signal stops at once");
      upgrade.cancel();
      notifier.stopping();
      stopping = server.stop();
      caught(stopping, forced.reject);
      return;
    }
    environment.report("stopping-at-once", "stopping at once", WARN);
    isForced = true;
    // Requests in flight are cut; their lines of the access log are written.
    const aborting = caught(abort(server), forced.reject);
    void then(withTimeout(aborting, ABORT_TIMEOUT), () => forced.resolve(EXIT.failed));
  };
  const upgrade = createUpgrade(server, sockets, environment);
  const onUpgrade = async () => {
    if (stopping !== undefined) {
      environment.report("upgrade-refused", "cannot hand over, the server is stopping", WARN);
    } else if (await upgrade.begin() && stopping === undefined) {
      stopping = server.handOver();
      caught(stopping, forced.reject);
    }
  };
  const application = {
    application: () => server.reload(),
    certificates: undefined,
    // Shards respond by themselves.
    ...(sources && resolved.mode === "pool" &&
      { onResult: (failure: string | undefined) => server.showFailure(failure) }),
  };
  const certificates = resolved.tls && (() => server.reloadCertificates());
  const reload = createReload({ ...application, certificates }, mounts, environment);
  const reloadApplication = createReload(application, mounts, environment);
  const onHangUp = () => {
    if (stopping === undefined) reload();
    else environment.report("reload-refused", "cannot reload, the server is stopping", WARN);
  };
  let watching: Disposable | undefined;
  const removeListeners = [
    environment.onSignal("SIGTERM", onSignal),
    environment.onSignal("SIGINT", onSignal),
    environment.onSignal("SIGHUP", onHangUp),
    environment.onSignal("SIGUSR2", () => void onUpgrade()),
    environment.onSignal("SIGUSR1", () => {
      // Failures are logged.
      void environment.reopenLog();
      void server.reopenLogs();
    }),
  ];
  try {
    const finished = then(server.serve(), async () => {
      await stopping;
      return isForced ? EXIT.failed : EXIT.clean;
    });
    await reportReady();
    watching = sources && watchSources(sources, () => {
      if (stopping === undefined) reloadApplication();
    }, environment);
    notifier.ready();
    notifier.watch(() => server.ready || stopping !== undefined);
    return await race([finished, forced.promise]);
  } catch (error) {
    await abort(server); // after a failure nothing may continue to serve
    return reportFailure(error, environment);
  } finally {
    watching?.[Symbol.dispose]();
    for (const remove of removeListeners) remove();
    const { cutRequests } = server;
    environment.report("stopped", `stopped, ${describeCut(cutRequests)}`, { cutRequests });
  }
}

/** Calls `abort()` and turns an error that it throws into a rejection. */
async function abort(server: CliServer): Promise<void> {
  await server.abort();
}

function print(lines: string, environment: CliEnvironment): number {
  environment.print(lines);
  return EXIT.clean;
}

function reportFailure(error: unknown, environment: CliEnvironment): number {
  const details = { level: "error", always: true } as const;
  if (!(error instanceof ExitError)) {
    environment.report("failed", "failed", { ...details, error });
    return EXIT.failed;
  }
  const { message, cause, exitCode } = error;
  environment.report("start-failed", message, { ...details, error: cause });
  if (exitCode === EXIT.usage) {
    const hint = { ...details, isHint: true };
    environment.report("start-failed", "--help shows what can be given", hint);
  }
  return exitCode;
}
