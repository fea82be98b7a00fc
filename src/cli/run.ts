// Runs the command line from its arguments to its exit code: application, server, signals. It
// reaches the process only through the environment, so that tests need none.

import { formatAddress, formatBindAddress } from "../net/bind_address.ts";
import type { LogEvent } from "../log/log_event.ts";
import type { ResolvedOptions } from "../options/resolve_options.ts";
import type { ServerOptions } from "../options/server_options.ts";
import { CertificateError } from "../tls/tls_errors.ts";
import { VERSION } from "../version.ts";
import { parseArguments } from "./arguments.ts";
import type { CliEnvironment, CliServer } from "./environment.ts";
import { EXIT, ExitError, usageError } from "./exit_error.ts";
import { configText, helpText } from "./help.ts";
import { isPythonApp, loadFailure } from "./load_app.ts";
import { assignInheritedSockets, defaultBind } from "./inherited_sockets.ts";
import { loadApps } from "./load_apps.ts";
import { formatApps } from "./mounts.ts";
import { createReload } from "./reload.ts";
import { mergeSettings, type Settings } from "./settings.ts";
import { createUpgrade } from "./process_upgrade.ts";

/** Runs the command line.
 *
 * @param args the words after the program's name
 * @param environment the process and its surroundings
 * @returns the exit code, one of `EXIT` */
export async function run(args: readonly string[], environment: CliEnvironment): Promise<number> {
  // Deno opens its inspector on a port at a SIGUSR1 without a listener: any process of the user
  // could make a production server debuggable. A listener that does nothing prevents it. A SIGHUP
  // or a SIGUSR2 before the server can reload or hand over would end the process.
  const removeListeners = (["SIGUSR1", "SIGUSR2", "SIGHUP"] as const).map((signal) =>
    environment.onSignal(signal, () => {})
  );
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

  const config = parsed.config === undefined ? {} : await environment.readConfigFile(parsed.config);
  const activation = environment.takeActivation();
  const inherited = environment.takeInheritedSockets();
  const inheritedBind = defaultBind({ ...config, ...parsed.options }, activation, inherited);
  const settings = mergeSettings(config, parsed.options, { ...parsed, inheritedBind });
  if (parsed.action === "print-config") return print(configText(settings), environment);

  if (settings.mounts.length === 0) {
    throw usageError("Cannot start: expected APP, such as ./app.ts, or --mount /PREFIX=APP");
  }
  if (activation.complaint !== undefined) environment.report(`robusto: ${activation.complaint}`);
  const binds = settings.resolved.bind.map(formatBindAddress);
  const assigned = inherited && assignInheritedSockets(binds, inherited);
  const server = await createServer(settings, assigned?.bind, environment);
  await prepare(server, settings, binds);
  const reportReady = async () => {
    if (inherited !== undefined) await environment.reportReady(inherited, assigned?.unused ?? []);
  };
  return await serve(server, { settings, binds, reportReady }, environment);
}

async function createServer(
  { options, resolved, mounts }: Settings,
  bind: readonly string[] | undefined,
  environment: CliEnvironment,
): Promise<CliServer> {
  const { app, onListen } = await loadApps(mounts, resolved.mode, environment);
  const addresses = bind === undefined ? {} : { bind, hostname: undefined, port: undefined };
  /** Which Python serves is for the person who starts the server, as the address is. */
  const reportInterpreter = (event: LogEvent) => {
    if (event.event === "python-interpreter") environment.report(`robusto: ${event.message}`);
    else resolved.onLog(event);
  };
  const all: ServerOptions = {
    ...options,
    ...addresses,
    onListen(addr) {
      environment.report(`robusto: listening on ${formatAddress(addr, schemeOf(resolved))}`);
      onListen(addr);
    },
    ...(mounts.some(({ app }) => isPythonApp(app)) ? { onLog: reportInterpreter } : {}),
  };
  try {
    return environment.createServer(app, all);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || error instanceof CertificateError) {
      throw usageError(error.message);
    }
    // The options have been checked, so the loaded application is the cause, such as a dispatcher
    // with pools.
    throw new ExitError(
      EXIT.application,
      `Cannot serve ${formatApps(mounts)}: ${(error as Error).message}`,
    );
  }
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
  { settings: { mounts, resolved }, binds, reportReady }: {
    readonly settings: Settings;
    readonly binds: readonly string[];
    readonly reportReady: () => Promise<void>;
  },
  environment: CliEnvironment,
): Promise<number> {
  const { notifier } = environment;
  const forced = Promise.withResolvers<number>();
  let stopping: Promise<void> | undefined;
  const onSignal = () => {
    if (stopping === undefined) {
      environment.report("robusto: stopping, a second signal stops at once");
      upgrade.cancel();
      notifier.stopping();
      stopping = server.stop();
      stopping.catch(forced.reject);
      return;
    }
    environment.report("robusto: stopping at once");
    forced.resolve(EXIT.failed); // requests in flight are lost; the exit does not wait for abort()
    abort(server).catch(forced.reject);
  };
  const upgrade = createUpgrade(server, binds, environment);
  const onUpgrade = async () => {
    if (stopping !== undefined) {
      environment.report("robusto: cannot hand over, the server is stopping");
    } else if (await upgrade.begin() && stopping === undefined) {
      stopping = server.handOver();
      stopping.catch(forced.reject);
    }
  };
  const reload = createReload(
    {
      application: () => server.reload(),
      certificates: resolved.tls && (() => server.reloadCertificates()),
    },
    mounts,
    environment,
  );
  const onHangUp = () => {
    if (stopping === undefined) reload();
    else environment.report("robusto: cannot reload, the server is stopping");
  };
  const removeListeners = [
    environment.onSignal("SIGTERM", onSignal),
    environment.onSignal("SIGINT", onSignal),
    environment.onSignal("SIGHUP", onHangUp),
    environment.onSignal("SIGUSR2", () => void onUpgrade()),
  ];
  try {
    const finished = server.serve().then(() => stopping).then(() => EXIT.clean);
    await reportReady();
    notifier.ready();
    notifier.watch(() => server.ready || stopping !== undefined);
    return await Promise.race([finished, forced.promise]);
  } catch (error) {
    await abort(server); // after a failure nothing may continue to serve
    throw error;
  } finally {
    for (const remove of removeListeners) remove();
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
  if (!(error instanceof ExitError)) {
    environment.report("robusto: failed\n" + environment.describe(error));
    return EXIT.failed;
  }
  environment.report(`robusto: ${error.message}`);
  if (error.cause !== undefined) environment.report(environment.describe(error.cause));
  if (error.exitCode === EXIT.usage) environment.report("robusto: --help shows what can be given");
  return error.exitCode;
}
