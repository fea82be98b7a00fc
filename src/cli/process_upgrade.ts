// What happens at a SIGUSR2? A successor is started on the same sockets. When it serves, this process
// finishes what it has and goes; if it never does, this process stays as it is.

import type { CliEnvironment, CliServer } from "./environment.ts";
import type { Successor } from "./successor_process.ts";

/** Makes what a SIGUSR2 calls.
 *
 * @param server which listens
 * @param binds its addresses, as they were told
 * @param environment where the successor is started, and what happens is told
 * @returns `begin`, which starts a successor and resolves with whether it has taken over, and `cancel`,
 * which ends one that has not */
export function createUpgrade(
  server: Pick<CliServer, "descriptors">,
  binds: readonly string[],
  environment: Pick<CliEnvironment, "report" | "startSuccessor" | "notifier">,
): { begin(): Promise<boolean>; cancel(): void } {
  let successor: Successor | undefined;
  let cancelled = false;
  return {
    async begin() {
      if (successor !== undefined) {
        environment.report("robusto: cannot start a successor, one is starting already");
        return false;
      }
      environment.notifier.reloading();
      try {
        const fds = server.descriptors();
        successor = environment.startSuccessor(binds.map((bind, index) => [bind, fds[index]]));
        environment.report(`robusto: started successor, process ${successor.pid}`);
        await successor.ready;
        if (cancelled) return false;
        environment.notifier.succeeded(successor.pid);
        environment.report(`robusto: process ${successor.pid} has taken over`);
        return true;
      } catch (error) {
        void successor?.dismiss();
        successor = undefined;
        if (cancelled) return false;
        environment.notifier.ready();
        const { message } = error as Error;
        environment.report(`robusto: cannot hand over: ${message}; this process goes on`);
        return false;
      }
    },
    cancel() {
      cancelled = true;
      void successor?.dismiss();
    },
  };
}
