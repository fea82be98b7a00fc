// How does the command line live? Arguments, application, server, signals, exit code: the story, told
// against a small environment so that a test can tell it without a process.

import { formatAddress, formatBindAddress } from "../net/bind_address.ts";
import type { ResolvedOptions } from "../options/resolve_options.ts";
import type { ServerOptions } from "../options/server_options.ts";
import { CertificateError } from "../tls/tls_errors.ts";
import { VERSION } from "../version.ts";
import { parseArguments } from "./arguments.ts";
import type { CliEnvironment, CliServer } from "./environment.ts";
import { EXIT, ExitError, usageError } from "./exit_error.ts";
import { configText, helpText } from "./help.ts";
import { loadFailure } from "./load_app.ts";
import { assignInheritedSockets, defaultBind } from "./inherited_sockets.ts";
import { loadApps } from "./load_apps.ts";
import { appsOf } from "./mounts.ts";
import { createReload } from "./reload.ts";
import { mergeSettings, type Settings } from "./settings.ts";
import { createUpgrade } from "./process_upgrade.ts";

/** Runs the command line from its first word to its exit code.
 *
 * @param args the words behind the program's name
 * @param environment the world
 * @returns the exit code, one of `EXIT` */
export async function run(args: readonly string[], environment: CliEnvironment): Promise<number> {
  // Deno opens its inspector on a port at a SIGUSR1 that nobody listens for: any process of the user
  // could make a production server debuggable. A listener that does nothing prevents it. A SIGHUP or a
  // SIGUSR2 that comes before there is anything to reload or to hand over would end the process.
  const heard = (["SIGUSR1", "SIGUSR2", "SIGHUP"] as const).map((signal) =>
    environment.onSignal(signal, () => {})
  );
  try {
    return await perform(args, environment);
  } catch (error) {
    return reportFailure(error, environment);
  } finally {
    for (const ignore of heard) ignore();
    environment.notifier.close();
  }
}

async function perform(args: readonly string[], environment: CliEnvironment): Promise<number> {
  const parsed = parseArguments(args);
  if (parsed.action === "help") return printed(helpText(), environment);
  if (parsed.action === "version") return printed(`robusto ${VERSION}`, environment);

  const config = parsed.config === undefined ? {} : await environment.readConfigFile(parsed.config);
  const activation = environment.takeActivation();
  const heritage = environment.takeInheritedSockets();
  const inherited = defaultBind({ ...config, ...parsed.options }, activation, heritage);
  const settings = mergeSettings(config, parsed.options, { ...parsed, inheritedBind: inherited });
  if (parsed.action === "print-config") return printed(configText(settings), environment);

  if (settings.mounts.length === 0) {
    throw usageError("Cannot start: expected APP, such as ./app.ts, or --mount /PREFIX=APP");
  }
  if (activation.complaint !== undefined) environment.report(`robusto: ${activation.complaint}`);
  const binds = settings.resolved.bind.map(formatBindAddress);
  const taken = heritage && assignInheritedSockets(binds, heritage);
  const server = await createServer(settings, taken?.bind, environment);
  await prepare(server, settings, binds);
  const welcome = async () => {
    if (heritage !== undefined) await environment.reportReady(heritage, taken?.unused ?? []);
  };
  return await serve(server, { settings, binds, welcome }, environment);
}

async function createServer(
  { options, resolved, mounts }: Settings,
  bind: readonly string[] | undefined,
  environment: CliEnvironment,
): Promise<CliServer> {
  const { app, onListen } = await loadApps(mounts, resolved.mode, environment);
  const addresses = bind === undefined ? {} : { bind, hostname: undefined, port: undefined };
  const all: ServerOptions = {
    ...options,
    ...addresses,
    onListen(addr) {
      environment.report(`robusto: listening on ${formatAddress(addr, schemeOf(resolved))}`);
      onListen(addr);
    },
  };
  try {
    return environment.createServer(app, all);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || error instanceof CertificateError) {
      throw usageError(error.message);
    }
    // The options have been checked, so it is what was loaded: a dispatcher with pools, for one.
    throw new ExitError(
      EXIT.application,
      `Cannot serve ${appsOf(mounts)}: ${(error as Error).message}`,
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

/** Whether an error tells what the system refused: `Deno.listen` throws one of `Deno.errors`, and a bare
 * `Error` for a host name that nobody knows. Subclasses such as `TypeError` are programs' mistakes. */
function isFromSystem(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error.constructor === Error ||
    Object.values(Deno.errors).some((type) => error instanceof type);
}

/** Runs a bound server until it has stopped or a second signal does not let it finish. */
async function serve(
  server: CliServer,
  { settings: { mounts, resolved }, binds, welcome }: {
    readonly settings: Settings;
    readonly binds: readonly string[];
    readonly welcome: () => Promise<void>;
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
    forced.resolve(EXIT.failed); // what was in flight is lost; and abort() is not waited for
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
  const onHangup = () => {
    if (stopping === undefined) reload();
    else environment.report("robusto: cannot reload, the server is stopping");
  };
  const forgetSignals = [
    environment.onSignal("SIGTERM", onSignal),
    environment.onSignal("SIGINT", onSignal),
    environment.onSignal("SIGHUP", onHangup),
    environment.onSignal("SIGUSR2", () => void onUpgrade()),
  ];
  try {
    const finished = server.serve().then(() => stopping).then(() => EXIT.clean);
    await welcome();
    notifier.ready();
    notifier.watch(() => server.ready || stopping !== undefined);
    return await Promise.race([finished, forced.promise]);
  } catch (error) {
    await abort(server); // nothing may keep on serving behind a failure
    throw error;
  } finally {
    for (const forget of forgetSignals) forget();
  }
}

/** `abort()` with a rejection also where it throws. */
async function abort(server: CliServer): Promise<void> {
  await server.abort();
}

function printed(lines: string, environment: CliEnvironment): number {
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
