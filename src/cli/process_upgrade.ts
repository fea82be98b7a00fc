// Replaces the process at a SIGUSR2: starts a successor on the same sockets. When the successor
// serves, this process finishes its requests and ends; if the successor fails, this process
// continues to serve.

import type { CliEnvironment, CliServer } from "./environment.ts";
import { findContainerEnd as containerEnd } from "./processes/container.ts";
import type { Successor } from "./processes/successor_process.ts";

const WARN = { level: "warn" } as const;

/** Makes the functions that start and cancel a successor.
 *
 * @param server the server that listens
 * @param binds its addresses, as they were given
 * @param environment starts the successor and takes reports
 * @param findContainerEnd says why a container would end with this process, which refuses then
 * @returns `begin`, which starts a successor and resolves with whether it has taken over, and `cancel`,
 * which ends a successor that has not taken over yet */
export function createUpgrade(
  server: Pick<CliServer, "descriptors">,
  binds: readonly string[],
  environment: Pick<CliEnvironment, "report" | "startSuccessor" | "notifier">,
  findContainerEnd: () => string | undefined = containerEnd,
): { begin(): Promise<boolean>; cancel(): void } {
  let successor: Successor | undefined;
  let cancelled = false;
  return {
    async begin() {
      if (successor !== undefined) {
        environment.report(
          "upgrade-refused",
          `cannot hand over again, an upgrade is under way: process ${successor.pid} is starting`,
          WARN,
        );
        return false;
      }
      const reason = findContainerEnd();
      if (reason !== undefined) {
        const message = `cannot hand over: ${reason}; start a new container`;
        environment.report("upgrade-refused", message, WARN);
        return false;
      }
      environment.notifier.reloading();
      try {
        const fds = server.descriptors();
        successor = environment.startSuccessor(binds.map((bind, index) => [bind, fds[index]]));
        environment.report("successor-started", `started successor, process ${successor.pid}`);
        await successor.ready;
        if (cancelled) return false;
        environment.notifier.replacedBy(successor.pid);
        environment.report("taken-over", `process ${successor.pid} has taken over`);
        return true;
      } catch (error) {
        void successor?.dismiss();
        successor = undefined;
        if (cancelled) return false;
        environment.notifier.ready();
        const { message } = error as Error;
        environment.report(
          "upgrade-failed",
          `cannot hand over: ${message}; this process goes on`,
          { level: "error" },
        );
        return false;
      }
    },
    cancel() {
      cancelled = true;
      void successor?.dismiss();
    },
  };
}
