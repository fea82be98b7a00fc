// What is the service manager told (sd_notify(3)), and when? That the server serves, reloads, stops, has
// a successor, and, as long as it is healthy, that it is alive.

/** How messages reach the service manager. */
export interface NotifySocket {
  /** Sends a message, or does nothing when it cannot. */
  send(message: string): void;
  /** Time since the machine was started (CLOCK_MONOTONIC), in microseconds. */
  monotonic(): bigint;
  close(): void;
}

/** Who has started this process and wants to know how it fares. */
export class SystemdNotifier {
  readonly #socket: NotifySocket | undefined;
  /** How often it wants to hear that the server is alive, in milliseconds; none when it does not. */
  readonly #watchdog: number | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param socket none when nobody wants to know
   * @param watchdog within how many milliseconds there has to be a sign of life */
  constructor(socket?: NotifySocket, watchdog?: number) {
    this.#socket = socket;
    this.#watchdog = watchdog;
  }

  /** The server serves: for the first time, or again after a reload. */
  ready(): void {
    this.#socket?.send("READY=1");
  }

  /** The application is being loaded afresh, or a successor is. */
  reloading(): void {
    if (this.#socket === undefined) return;
    this.#socket.send(`RELOADING=1\nMONOTONIC_USEC=${this.#socket.monotonic()}`);
  }

  /** The server finishes what it has and goes. */
  stopping(): void {
    this.#socket?.send("STOPPING=1");
  }

  /** Another process is the service from now on.
   *
   * @param pid its number */
  succeeded(pid: number): void {
    this.#socket?.send(`MAINPID=${pid}\nREADY=1`);
    clearInterval(this.#timer);
  }

  /** Gives signs of life, where they are wanted. That this is called at all shows that events are
   * handled.
   *
   * @param isHealthy whether the server answers; without it the service manager soon restarts it */
  watch(isHealthy: () => boolean): void {
    if (this.#watchdog === undefined || this.#timer !== undefined) return;
    const tell = () => {
      if (isHealthy()) this.#socket?.send("WATCHDOG=1");
    };
    tell();
    this.#timer = setInterval(tell, this.#watchdog / 3); // one may be late, and the next still counts
  }

  /** Lets go of everything. */
  close(): void {
    clearInterval(this.#timer);
    this.#socket?.close();
  }
}

/** Reads the interval of the service manager's watchdog.
 *
 * @param usec WATCHDOG_USEC, microseconds
 * @param pid WATCHDOG_PID, whom it is for; anybody where it is not set
 * @param ownPid this process
 * @returns milliseconds, or nothing when no sign of life is wanted */
export function watchdogInterval(
  usec: string | undefined,
  pid: string | undefined,
  ownPid: number,
): number | undefined {
  if (usec === undefined || !/^[1-9][0-9]{0,15}$/.test(usec)) return undefined;
  if (pid !== undefined && pid !== "" && pid !== String(ownPid)) return undefined;
  return Math.max(1, Number(usec) / 1000);
}
