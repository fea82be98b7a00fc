// Starts a server with `--watch`. While the application cannot be loaded, it responds with the failure at
// the addresses of the server and tries again when a file changes.

import { errorText } from "../log/error_text.ts";
import { optionsOf } from "../options/option_rules.ts";
import type { ResolvedOptions } from "../options/resolve_options.ts";
import type { ServerOptions } from "../options/server_options.ts";
import { TLS_OPTIONS } from "../options/tls_options.ts";
import { FailureGateway } from "../server/failure_page.ts";
import type { CliEnvironment, CliServer } from "./environment.ts";
import { EXIT, ExitError } from "./settings/exit_error.ts";
import { type Sources, watchSources } from "./watch_sources.ts";

/** How a server starts. */
export interface WatchedStart {
  /** Names the application, for people. */
  readonly name: string;
  /** Makes a server, which has opened nothing.
   *
   * @throws {ExitError} when it cannot be made */
  create(): Promise<CliServer>;
  /** Has it load the application and bind its addresses.
   *
   * @throws {ExitError} when it cannot */
  prepare(server: CliServer): Promise<void>;
  /** Looks at the files of the application. */
  look(): Sources;
  /** The options of the server. */
  readonly options: ServerOptions;
  /** Called with the server that a signal has to end. */
  onServer(server: CliServer): void;
  /** Tells people an address at which the failure is shown. */
  onListen: NonNullable<ResolvedOptions["onListen"]>;
}

/** Options that say where and how a server listens. */
const LISTENING = ["bind", "hostname", "port", "proxyProtocol", "trustedProxies"] as const;

/** Starts a server, after as many changes of files as it takes.
 *
 * @param start how it starts
 * @param environment takes reports
 * @returns the server that has loaded the application, and its files as they were before
 * @throws {ExitError} when something else is wrong than the application */
export async function startWatched(
  start: WatchedStart,
  environment: Pick<CliEnvironment, "createServer" | "log" | "report">,
): Promise<{ readonly server: CliServer; readonly sources: Sources }> {
  let sources = start.look();
  let server = await start.create();
  for (let isFirst = true;; isFirst = false) {
    start.onServer(server);
    try {
      await start.prepare(server);
      if (!isFirst) environment.report("reloaded", `reloaded ${start.name}`);
      return { server, sources };
    } catch (error) {
      if (!(error instanceof ExitError) || error.exitCode !== EXIT.application) throw error;
      sources = await showUntilChanged(error, sources, start, environment);
    }
    environment.report("reloading", `reloading ${start.name}`);
    server = await start.create();
  }
}

/** Responds with a failure until a file has changed.
 *
 * @returns the files after the change */
async function showUntilChanged(
  failure: ExitError,
  sources: Sources,
  start: WatchedStart,
  environment: Pick<CliEnvironment, "createServer" | "log" | "report">,
): Promise<Sources> {
  const { message, cause } = failure;
  const now = "requests get this as a 500 until a change can be loaded";
  environment.report("load-failed", `${message}; ${now}`, { level: "error", error: cause });
  const text = cause === undefined ? message : `${message}\n\n${errorText(cause)}`;
  const page = environment.createServer(new FailureGateway(text), {
    ...listeningOptions(start.options),
    mode: "inline",
    onLog: environment.log,
    onListen: start.onListen,
  });
  start.onServer(page);
  await page.prepare();
  const serving = page.serve();
  const changed = Promise.withResolvers<void>();
  using _watching = watchSources(sources, changed.resolve, environment);
  await changed.promise;
  const found = start.look();
  await page.stop();
  await serving;
  return found;
}

function listeningOptions(options: ServerOptions): ServerOptions {
  const names = [...LISTENING, ...TLS_OPTIONS, ...optionsOf("unix-socket")];
  return Object.fromEntries(
    names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
}
