// Runs the command line with the real process: its files, signals and streams, and a real server.

import { isStopSignal, withoutEchoes } from "../io/signals.ts";
import { closeInspectorOfSignal } from "../io/inspector.ts";
import { captureConsole } from "../log/captured_console.ts";
import { isOutOfDescriptors, plainStack } from "../log/error_text.ts";
import { PRINTED } from "../log/event_log.ts";
import { ProgramLog } from "../log/program_log.ts";
import {
  checkApplication,
  countLostLines,
  cutRequests,
  Server,
  showFailure,
} from "../server/server.ts";
import { noticeServers, SERVER_FOUND } from "../threads/own_servers.ts";
import { containUncaught } from "../threads/thread_guards.ts";
import { RemoteError } from "../threads/remote_error.ts";
import { takeActivation } from "../net/systemd_activation.ts";
import { readConfigFile } from "./settings/config_file.ts";
import type { CliEnvironment, CliServer } from "./environment.ts";
import { leaveEarlySignals } from "./early_signals.ts";
import { enterProject } from "./project/enter_project.ts";
import { EXIT } from "./settings/exit_error.ts";
import { loadApp, locateApp } from "./load_app.ts";
import { reapOrphans } from "./processes/container.ts";
import { findNotifier } from "./processes/notify_socket.ts";
import { readEnvironment } from "./settings/variables.ts";
import { run } from "./run.ts";
import {
  reportReady,
  startSuccessor,
  takeInheritedSockets,
} from "./processes/successor_process.ts";

/** Runs the command line. Returns with nothing left open and does not end the process, but may start it
 * anew in the project of the application.
 *
 * @param args the words after the program's name, such as `Deno.args`
 * @returns the exit code: 0 stopped, 2 wrong arguments or configuration, 3 application not
 * loaded, 4 address not bound, 1 anything else */
export async function main(args: readonly string[]): Promise<number> {
  const hint = await enterProject(args);
  const log = new ProgramLog("robusto");
  const report: CliEnvironment["report"] = (event, message, details = {}) => {
    const { level = "info", error, cutRequests, always, isHint } = details;
    if (isHint && log.format === "json") return;
    const facts = {
      ...(error === undefined ? {} : { error: described(error) }),
      ...(cutRequests === undefined ? {} : { cutRequests }),
    };
    log.report({ level, event, message, ...facts }, always);
  };
  using _orphans = reapOrphans();
  let capturesOutput = false;
  const code = await run(args, {
    createServer(app, options) {
      const server = new CommandLineServer({ ...options, app });
      countLostLines(server, () => log.lostLines);
      return server;
    },
    loadApp(text, gateway) {
      // As a worker does: a mistake of one handler must not end the requests of the others.
      containUncaught((event, message, error) =>
        log.sink({ level: "error", event, message, error })
      );
      if (capturesOutput) {
        captureConsole((level, message) => log.sink({ level, event: PRINTED, message }));
      }
      return noticeServers(() => loadApp(text, gateway), (message) => {
        report(SERVER_FOUND, message, { level: "warn" });
      });
    },
    locateApp,
    readEnvironment,
    readConfigFile,
    notifier: findNotifier((message) =>
      report("notify-socket-unusable", message, { level: "warn" })
    ),
    takeActivation,
    takeInheritedSockets,
    reportReady,
    startSuccessor: (sockets) => startSuccessor(sockets),
    onSignal,
    print: console.log,
    openLog(options) {
      log.open(options);
      capturesOutput = options.captureOutput;
    },
    log: log.sink,
    report,
    reopenLog: () => log.reopen(),
  });
  if (code === EXIT.application && hint !== undefined) {
    const [message, ...command] = hint.split("\n");
    const error = command.length === 0 ? undefined : command.join("\n");
    report("project-not-in-force", message, { level: "error", error, always: true });
  }
  await log.close();
  return code;
}

/** A server with what the command line alone can do with it. */
class CommandLineServer extends Server implements CliServer {
  check(): Promise<void> {
    return checkApplication(this);
  }

  showFailure(failure: string | undefined): void {
    showFailure(this, failure);
  }

  get cutRequests(): number {
    return cutRequests(this);
  }
}

function onSignal(signal: Deno.Signal, listener: () => void): () => void {
  const handler = signal === "SIGUSR1"
    ? () => {
      closeInspectorOfSignal();
      listener();
    }
    : isStopSignal(signal)
    ? withoutEchoes(listener)
    : listener;
  Deno.addSignalListener(signal, handler);
  if (isStopSignal(signal)) leaveEarlySignals();
  return () => Deno.removeSignalListener(signal, handler);
}

/** Describes a thrown value with its members. An error of a worker is text already, such as a traceback of
 * Python. */
function described(error: unknown): unknown {
  if (typeof error === "string" || error instanceof RemoteError) return error;
  if (isOutOfDescriptors(error)) return error;
  return new RemoteError(plainStack(Deno.inspect(error, { colors: false })));
}
