// A listening socket that can be replaced by another one on the same port; the code that accepts from it
// does not notice. For a moment between the two no socket listens. That cannot be avoided where the
// certificate of a socket cannot be changed.

import type { Address } from "../io/address.ts";
import type { AcceptedSocket, ListeningSocket } from "../net/listening_socket.ts";

/** A listening socket that can be opened again. */
export class ReopeningSocket implements ListeningSocket {
  readonly addr: Address;
  readonly #open: (port: number) => ListeningSocket;
  readonly #port: number;
  readonly #onClose: () => void;
  #socket: ListeningSocket | undefined;
  #accepting: Promise<unknown> | undefined;
  #closed = false;
  #referenced = true;

  /** Listens.
   *
   * @param open opens a socket on a port
   * @param port 0 is any free one; later openings use the same port
   * @param onClose called when it is closed for good
   * @throws the error of `open` */
  constructor(open: (port: number) => ListeningSocket, port: number, onClose: () => void) {
    this.#open = open;
    this.#onClose = onClose;
    this.#socket = open(port);
    this.addr = this.#socket.addr;
    this.#port = "port" in this.addr ? this.addr.port : port;
  }

  /** Closes the socket; another one is opened when the old one has let go of the port. */
  reopen(): void {
    const old = this.#socket;
    this.#socket = undefined;
    old?.close();
    // accept() opens it again, unless no accept is waiting.
    if (this.#accepting === undefined && !this.#closed) this.#socket = this.#reopened();
  }

  async accept(): Promise<AcceptedSocket> {
    while (true) {
      if (this.#closed) throw new Deno.errors.BadResource("The listening socket is closed");
      // If it cannot be opened, this accept fails, and the next one tries again.
      const socket = this.#socket ??= this.#reopened();
      try {
        const accepting = this.#accepting = socket.accept();
        return await accepting;
      } catch (error) {
        if (this.#closed || this.#socket === socket) throw error;
      } finally {
        this.#accepting = undefined;
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#onClose();
    this.#socket?.close();
  }

  ref(): void {
    this.#referenced = true;
    this.#socket?.ref();
  }

  unref(): void {
    this.#referenced = false;
    this.#socket?.unref();
  }

  #reopened(): ListeningSocket {
    const socket = this.#open(this.#port);
    if (!this.#referenced) socket.unref();
    return socket;
  }
}
