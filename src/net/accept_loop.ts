// Accepts from a listening socket for as long as the server wants. One connection's trouble, and a
// machine that is out of descriptors for a moment, never end the loop. What kind of socket it is, and how
// it was opened, is in socket/.

import type { Address } from "../io/address.ts";
import type { LogEvent } from "../log/log_event.ts";
import type { AcceptedSocket, ListeningSocket } from "./listening_socket.ts";

/** First wait after a failed accept, doubled up to the last one (as Go's net/http has it). */
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 1_000;

/** A listening socket, and the loop that accepts from it. */
export class AcceptLoop {
  readonly #listener: ListeningSocket;
  #closed = false;
  #take: (socket: AcceptedSocket) => void = (socket) => socket.close();
  /** Ends the wait that is under way, if one is. */
  #endWait: (() => void) | undefined;

  /** @param socket which listens already; it is closed with this */
  constructor(socket: ListeningSocket) {
    this.#listener = socket;
  }

  /** The address that is really listened on. */
  get addr(): Address {
    return this.#listener.addr;
  }

  /** Its descriptor, where that is known. */
  get fd(): number | undefined {
    return this.#listener.fd;
  }

  /** Hands every new connection to `take`, until the listener is closed. Never rejects.
   *
   * @param take gets the socket
   * @param room tells when another connection may be accepted
   * @param log where accept errors go */
  async accept(
    take: (socket: AcceptedSocket) => void,
    room: () => Promise<void> | undefined,
    log: (event: LogEvent) => void,
  ): Promise<void> {
    this.#take = take;
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
          continue; // it is off the queue; a pause would let a few such clients hold up all others
        }
        // EMFILE, ENFILE, ENOBUFS: none of them is the listener's end.
        log({ level: "error", event: "accept-failed", message: "Cannot accept connection", error });
        await this.#pause(pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE);
        continue;
      }
      take(socket);
    }
  }

  /** Stops listening; new connections are refused from here on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    for (const socket of this.#listener.takeQueued?.() ?? []) this.#take(socket);
    this.#endWait?.();
  }

  /** Leaves the file of a UNIX socket to a process that goes on listening on it. */
  handOver(): void {
    this.#listener.handOver?.();
  }

  /** Keeps the process alive while listening. */
  ref(): void {
    this.#listener.ref();
  }

  /** Lets the process end although this listens. */
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

  /** Waits for a promise, or until the listener is closed. A promise that lives as long as the listener
   * would remember each of these races for ever. */
  async #waitWhileOpen(promise: Promise<void>): Promise<void> {
    if (this.#closed) return;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    this.#endWait = resolve;
    await Promise.race([promise, closed]);
    this.#endWait = undefined;
  }
}

/** Whether accepting has failed because of the client: it connected and sent a reset, as those do who
 * only look whether the port is open. Deno then finds no address of it. */
function isLostConnection(error: unknown): boolean {
  const names = ["NotConnected", "ConnectionAborted", "ConnectionReset"];
  return error instanceof Error && names.includes(error.name);
}
