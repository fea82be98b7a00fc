// Runs the command line with the real process: its files, signals and streams, and a real server.

import { errorText, isOutOfDescriptors, plainStack } from "../log/error_text.ts";
import { writeStandardError } from "../log/standard_error.ts";
import { logToStandardError } from "../log/stderr_log.ts";
import { Server } from "../server/server.ts";
import { containUncaught } from "../threads/thread_guards.ts";
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
    loadApp(text) {
      // As a worker does: a mistake of one handler must not end the requests of the others.
      containUncaught((event, message, error) =>
        logToStandardError({ level: "error", event, message, error })
      );
      return loadApp(text);
    },
    locateApp,
    readConfigFile,
    notifier: findNotifier(writeStandardError),
    takeActivation,
    takeInheritedSockets,
    reportReady,
    startSuccessor: (sockets) => startSuccessor(sockets),
    onSignal,
    print: console.log,
    report: writeStandardError,
    describe,
  });
  if (code === EXIT.application && hint !== undefined) console.error(`robusto: ${hint}`);
  return code;
}

function onSignal(signal: Deno.Signal, listener: () => void): () => void {
  Deno.addSignalListener(signal, listener);
  return () => Deno.removeSignalListener(signal, listener);
}

/** Formats a thrown value. An error of a worker is text already, such as a traceback of Python. */
function describe(error: unknown): string {
  if (error instanceof RemoteError || isOutOfDescriptors(error)) return errorText(error);
  return plainStack(Deno.inspect(error, { colors: false }));
}
