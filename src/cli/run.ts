// How does the command line live? Arguments, application, server, signals, exit code: the story, told
// against a small environment so that a test can tell it without a process.

import { formatAddress, formatBindAddress } from "../bind_address.ts";
import type { ServerOptions } from "../options.ts";
import { VERSION } from "../version.ts";
import { parseArguments } from "./arguments.ts";
import { EXIT, ExitError, usageError } from "./exit_error.ts";
import { configText, helpText } from "./help.ts";
import type { Application, LoadedApp } from "./load_app.ts";
import { type Settings, settle } from "./settings.ts";

/** What the command line needs of a server. */
export interface CliServer {
  /** Binds the addresses. */
  prepare(): Promise<void>;
  /** Accepts, calls `onListen` with each address, and runs until stopped. */
  serve(): Promise<void>;
  /** Stops gracefully; resolves when everything is released. */
  stop(): Promise<void>;
  /** Stops at once. */
  abort(): void | Promise<void>;
}

/** What the command line needs of the world. */
export interface CliEnvironment {
  /** Makes a server that is not bound yet. */
  createServer(app: Application, options: ServerOptions): CliServer;
  /** Loads what APP says. */
  loadApp(text: string): Promise<LoadedApp>;
  /** Reads what `--config` names. */
  readConfigFile(path: string): Promise<ServerOptions>;
  /** Calls `listener` at each signal until the function that is returned is called. */
  onSignal(signal: Deno.Signal, listener: () => void): () => void;
  /** Writes lines to standard output. */
  print(lines: string): void;
  /** Writes lines to standard error. */
  report(lines: string): void;
  /** Shows what was thrown, with stack and causes, in lines. */
  describe(error: unknown): string;
}

/** Runs the command line from its first word to its exit code.
 *
 * @param args the words behind the program's name
 * @param environment the world
 * @returns the exit code, one of `EXIT` */
export async function run(args: readonly string[], environment: CliEnvironment): Promise<number> {
  // Deno opens its inspector on a port at a SIGUSR1 that nobody listens for: any process of the user
  // could make a production server debuggable. A listener that does nothing prevents it.
  const ignoreUsr1 = environment.onSignal("SIGUSR1", () => {});
  try {
    return await perform(args, environment);
  } catch (error) {
    return reportFailure(error, environment);
  } finally {
    ignoreUsr1();
  }
}

async function perform(args: readonly string[], environment: CliEnvironment): Promise<number> {
  const parsed = parseArguments(args);
  if (parsed.action === "help") return printed(helpText(), environment);
  if (parsed.action === "version") return printed(`robusto ${VERSION}`, environment);

  const config = parsed.config === undefined ? {} : await environment.readConfigFile(parsed.config);
  const settings = settle(config, parsed.options);
  if (parsed.action === "print-config") return printed(configText(settings), environment);

  if (parsed.app === undefined) throw usageError("Cannot start: expected APP, such as ./app.ts");
  const { app, onListen } = await environment.loadApp(parsed.app);
  const server = environment.createServer(app, {
    ...settings.options,
    onListen(addr) {
      environment.report(`robusto: listening on ${formatAddress(addr)}`);
      onListen?.(addr);
    },
  });
  await bind(server, settings);
  return await serve(server, environment);
}

async function bind(server: CliServer, settings: Settings): Promise<void> {
  try {
    await server.prepare();
  } catch (error) {
    const addresses = settings.resolved.bind.map(formatBindAddress).join(", ");
    throw new ExitError(EXIT.bind, `Cannot listen on ${addresses}: ${(error as Error).message}`);
  }
}

/** Runs a bound server until it has stopped or a second signal does not let it finish. */
async function serve(server: CliServer, environment: CliEnvironment): Promise<number> {
  const forced = Promise.withResolvers<number>();
  let stopping: Promise<void> | undefined;
  const onSignal = () => {
    if (stopping === undefined) {
      environment.report("robusto: stopping, a second signal stops at once");
      stopping = server.stop();
      stopping.catch(forced.reject);
      return;
    }
    environment.report("robusto: stopping at once");
    forced.resolve(EXIT.failed); // what was in flight is lost; and abort() is not waited for
    abort(server).catch(forced.reject);
  };
  const forgetSignals = (["SIGTERM", "SIGINT"] as const).map((signal) =>
    environment.onSignal(signal, onSignal)
  );
  try {
    const finished = server.serve().then(() => stopping).then(() => EXIT.clean);
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
