// Runs the command line with the real process: its files, signals and streams, and a real server.

import { stripVTControlCharacters } from "node:util";
import { Server } from "../server/server.ts";
import { RemoteError } from "../threads/remote_error.ts";
import { takeActivation } from "../net/systemd_activation.ts";
import { readConfigFile } from "./config_file.ts";
import { enterProject } from "./enter_project.ts";
import { EXIT } from "./exit_error.ts";
import { loadApp, locateApp } from "./load_app.ts";
import { findNotifier } from "./notify_socket.ts";
import { run } from "./run.ts";
import { reportReady, startSuccessor, takeInheritedSockets } from "./successor_process.ts";

/** Runs the command line. Returns with nothing left open and does not end the process, but may start it
 * anew in the project of the application.
 *
 * @param args the words after the program's name, such as `Deno.args`
 * @returns the exit code: 0 stopped, 2 wrong arguments or configuration, 3 application not
 * loaded, 4 address not bound, 1 anything else */
export async function main(args: readonly string[]): Promise<number> {
  const hint = await enterProject(args);
  const code = await run(args, {
    createServer: (app, options) => new Server({ ...options, app }),
    loadApp,
    locateApp,
    readConfigFile,
    notifier: findNotifier(console.error),
    takeActivation,
    takeInheritedSockets,
    reportReady,
    startSuccessor: (sockets) => startSuccessor(sockets),
    onSignal,
    print: console.log,
    report: console.error,
    describe,
  });
  if (code === EXIT.application && hint !== undefined) console.error(`robusto: ${hint}`);
  return code;
}

function onSignal(signal: Deno.Signal, listener: () => void): () => void {
  Deno.addSignalListener(signal, listener);
  return () => Deno.removeSignalListener(signal, listener);
}

/** Formats a thrown value. An error of a worker is text already, such as a traceback of Python.
 * Deno colours the positions in an import's error even where colours are off, so they are removed. */
function describe(error: unknown): string {
  if (error instanceof RemoteError) return error.stack!;
  return stripVTControlCharacters(Deno.inspect(error, { colors: false }));
}
