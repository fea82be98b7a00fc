// Accepts connections on a listening socket until it is closed. The loop continues when one connection
// fails and when the machine is out of descriptors for a moment. It does not know the kind of socket, nor
// how the socket was opened.

import { clearTimeout, Promise, race, setTimeout } from "../io/platform.ts";
import type { Address } from "../io/address.ts";
import { isOutOfDescriptors } from "../log/error_text.ts";
import type { LogEvent } from "../log/log_event.ts";
import type { AcceptedSocket, ListeningSocket } from "./listening_socket.ts";
import { holdSpareDescriptor, lendSpareDescriptor } from "./spare_descriptor.ts";

/** First wait after a failed accept; it doubles up to the longest one (as in Go's net/http). */
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 1_000;

/** A listening socket, and the loop that accepts on it. */
export class AcceptLoop {
  readonly #listener: ListeningSocket;
  #endSpare = () => {};
  #closed = false;
  #take: (socket: AcceptedSocket) => void = (socket) => socket.close();
  /** Ends the current wait, if there is one. */
  #endWait: (() => void) | undefined;

  /** @param socket a socket that already listens; the loop closes it */
  constructor(socket: ListeningSocket) {
    this.#listener = socket;
  }

  /** The address that the socket is bound to. */
  get addr(): Address {
    return this.#listener.addr;
  }

  /** Its descriptor, if known. */
  get fd(): number | undefined {
    return this.#listener.fd;
  }

  /** Passes every new connection to `take`, until the listener is closed. Never rejects.
   *
   * @param take receives the socket
   * @param room returns a promise while no other connection may be accepted
   * @param log receives accept errors */
  async accept(
    take: (socket: AcceptedSocket) => void,
    room: () => Promise<void> | undefined,
    log: (event: LogEvent) => void,
  ): Promise<void> {
    this.#take = take;
    if (!this.#closed) this.#endSpare = holdSpareDescriptor();
    let pause = FIRST_PAUSE;
    while (!this.#closed) {
      const waiting = room();
      if (waiting !== undefined) {
        await this.#waitWhileOpen(waiting);
        continue;
      }
      let socket: AcceptedSocket;
      try {
        socket = await this.#listener.accept();
        pause = FIRST_PAUSE;
      } catch (error) {
        if (this.#closed) return;
        if (isLostConnection(error)) {
          const message = "Connection was lost before it was accepted";
          log({ level: "debug", event: "connection-lost", message, error });
          continue; // no pause: otherwise a few such clients could delay all others
        }
        // EMFILE, ENFILE, ENOBUFS: the listener still works afterwards.
        const report = () =>
          log({
            level: "error",
            event: "accept-failed",
            message: "Cannot accept connection",
            error,
          });
        if (isOutOfDescriptors(error)) lendSpareDescriptor(report);
        else report();
        await this.#pause(pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE);
        continue;
      }
      take(socket);
    }
  }

  /** Stops listening; the system refuses new connections from then on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#endSpare();
    this.#listener.close();
    for (const socket of this.#listener.takeQueued?.() ?? []) this.#take(socket);
    this.#endWait?.();
  }

  /** Leaves the file of a UNIX socket to another process that continues to listen on it. */
  handOver(): void {
    this.#listener.handOver?.();
  }

  /** Keeps the process alive while listening. */
  ref(): void {
    this.#listener.ref();
  }

  /** Lets the process end while listening. */
  unref(): void {
    this.#listener.unref();
  }

  /** Waits `pause` milliseconds, or until the listener is closed. */
  async #pause(pause: number): Promise<void> {
    const timer = Promise.withResolvers<void>();
    const id = setTimeout(timer.resolve, pause);
    await this.#waitWhileOpen(timer.promise);
    clearTimeout(id);
  }

  /** Waits for a promise, or until the listener is closed. Each wait makes its own promise: one promise for
   * the whole life of the listener would keep every one of these races in memory. */
  async #waitWhileOpen(promise: Promise<void>): Promise<void> {
    if (this.#closed) return;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    this.#endWait = resolve;
    await race([promise, closed]);
    this.#endWait = undefined;
  }
}

/** Whether accepting failed because of the client: it connected and sent a reset, as port scanners do.
 * Deno then finds no address of the client. */
function isLostConnection(error: unknown): boolean {
  const names = ["NotConnected", "ConnectionAborted", "ConnectionReset"];
  return error instanceof Error && names.includes(error.name);
}
