// Reports the state of the server to the service manager (sd_notify(3)): it serves, reloads, stops
// or has a successor. While the server is healthy, the watchdog gets a message at an interval.

/** Sends messages to the service manager. */
export interface NotifySocket {
  /** Sends a message; a failure is ignored. */
  send(message: string): void;
  /** Time since the machine was started (CLOCK_MONOTONIC), in microseconds. */
  monotonic(): bigint;
  close(): void;
}

/** Reports the state of the server to the service manager, if there is one. */
export class SystemdNotifier {
  readonly #socket: NotifySocket | undefined;
  /** Longest time between two messages to the watchdog, in milliseconds; `undefined` without a
   * watchdog. */
  readonly #watchdog: number | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param socket sends the messages; without it nothing is sent
   * @param watchdog longest time between two messages to the watchdog, in milliseconds */
  constructor(socket?: NotifySocket, watchdog?: number) {
    this.#socket = socket;
    this.#watchdog = watchdog;
  }

  /** Reports that the server serves, at its start or after a reload. */
  ready(): void {
    this.#socket?.send("READY=1");
  }

  /** Reports that the application is being loaded again, or that a successor starts. */
  reloading(): void {
    if (this.#socket === undefined) return;
    this.#socket.send(`RELOADING=1\nMONOTONIC_USEC=${this.#socket.monotonic()}`);
  }

  /** Reports that the server finishes its requests and ends. */
  stopping(): void {
    this.#socket?.send("STOPPING=1");
  }

  /** Reports that another process is the service from now on.
   *
   * @param pid its number */
  replacedBy(pid: number): void {
    this.#socket?.send(`MAINPID=${pid}\nREADY=1`);
    clearInterval(this.#timer);
  }

  /** Sends messages to the watchdog at an interval, if there is one. The timer itself shows that
   * the event loop runs.
   *
   * @param isHealthy whether the server can respond; while it cannot, no message is sent, and the
   * service manager soon restarts the server */
  watch(isHealthy: () => boolean): void {
    if (this.#watchdog === undefined || this.#timer !== undefined) return;
    const sendAlive = () => {
      if (isHealthy()) this.#socket?.send("WATCHDOG=1");
    };
    sendAlive();
    this.#timer = setInterval(sendAlive, this.#watchdog / 3); // one may be late, and the next is still in time
  }

  /** Stops the timer and closes the socket. */
  close(): void {
    clearInterval(this.#timer);
    this.#socket?.close();
  }
}

/** Reads the interval of the service manager's watchdog.
 *
 * @param usec WATCHDOG_USEC, microseconds
 * @param pid WATCHDOG_PID, the process that it is for; any process if it is not set
 * @param ownPid number of this process
 * @returns milliseconds, or `undefined` without a watchdog for this process */
export function watchdogInterval(
  usec: string | undefined,
  pid: string | undefined,
  ownPid: number,
): number | undefined {
  if (usec === undefined || !/^[1-9][0-9]{0,15}$/.test(usec)) return undefined;
  if (pid !== undefined && pid !== "" && pid !== String(ownPid)) return undefined;
  return Math.max(1, Number(usec) / 1000);
}
