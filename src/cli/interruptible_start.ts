// Ends a start at SIGTERM or SIGINT, before the server serves, and refuses what needs a server that serves.
// Without a listener the signal would end the process with what it has opened, such as the file of a UNIX
// socket, and process 1 of a container would not get it at all.

import type { CliEnvironment, CliServer } from "./environment.ts";
import { caught, Promise, race, then } from "../io/platform.ts";
import { withTimeout } from "../io/with_timeout.ts";
import { EXIT } from "./settings/exit_error.ts";

/** Longest wait for workers that are loading, in milliseconds. The end of the process ends them too. */
const ABORT_TIMEOUT = 1_500;

/** A start that a signal can end. */
export class InterruptibleStart implements Disposable {
  /** The server, when there is one. */
  server: Pick<CliServer, "abort"> | undefined;
  readonly #ended = Promise.withResolvers<number>();
  #isInterrupted = false;
  readonly #removeListeners: (() => void)[];

  /** @param environment takes the signals and reports */
  constructor(environment: Pick<CliEnvironment, "onSignal" | "report" | "notifier">) {
    const onSignal = () => {
      if (this.#isInterrupted) return this.#ended.resolve(EXIT.failed);
      this.#isInterrupted = true;
      environment.report("start-interrupted", "stopping before the start is complete");
      environment.notifier.stopping();
      void then(this.#abort(), () => this.#ended.resolve(EXIT.clean));
    };
    const refuse = (event: string, what: string) => () =>
      environment.report(event, `cannot ${what}, the server is starting`, { level: "warn" });
    this.#removeListeners = [
      environment.onSignal("SIGTERM", onSignal),
      environment.onSignal("SIGINT", onSignal),
      environment.onSignal("SIGHUP", refuse("reload-refused", "reload")),
      environment.onSignal("SIGUSR2", refuse("upgrade-refused", "hand over")),
    ];
  }

  /** Waits for the start, or for a signal and what it has aborted.
   *
   * @param started resolves when the server is prepared
   * @returns the server, or the exit code after a signal
   * @throws what the start threw, unless a signal has ended it */
  async complete<T>(started: Promise<T>): Promise<Awaited<T> | number> {
    const result = caught(started, (error) => {
      if (this.#isInterrupted) return this.#ended.promise;
      throw error;
    });
    const first = await race<Promise<T> | Promise<number>>([
      result as Promise<T>,
      this.#ended.promise,
    ]);
    return this.#isInterrupted ? await this.#ended.promise : first;
  }

  [Symbol.dispose](): void {
    for (const remove of this.#removeListeners.splice(0)) remove();
  }

  async #abort(): Promise<void> {
    try {
      await withTimeout(Promise.try(() => this.server?.abort()), ABORT_TIMEOUT);
    } catch {
      // A failure changes nothing: the process ends.
    }
  }
}
