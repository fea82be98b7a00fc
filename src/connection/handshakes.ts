// Who has connected and does not speak HTTP yet. Before the first request there may be a PROXY header
// to read and a TLS handshake to make; each such step turns an arrival into another one. Steps run
// beside the accept loop, so that a client that says nothing delays nobody, and under one deadline.

import type { Endpoints } from "./connection_context.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import type { LogEvent } from "../log/log_event.ts";

/** A connection on its way to HTTP. */
export interface IncomingConnection {
  /** The stream as far as it is unwrapped. */
  readonly stream: ByteStream;
  /** Who is at its ends, as far as that is known. */
  readonly endpoints: Endpoints;
}

/** One step on the way to HTTP. It rejects when the connection is not to be served; closing the stream
 * of the arrival that it was given must end whatever it waits for. */
export type HandshakeStep = (arrival: IncomingConnection) => Promise<IncomingConnection>;

/** How long a step that is under way may go on when the server stops, in milliseconds: about as long as
 * a connection on which nothing has come yet. */
const LAST_MOMENT = 1_000;

/** Takes connections through their steps. */
export class HandshakeRunner {
  readonly #steps: readonly HandshakeStep[];
  readonly #timeout: number;
  readonly #log: (event: LogEvent) => void;
  readonly #streams = new Set<ByteStream>();
  #stopping: ReturnType<typeof setTimeout> | undefined;

  /** @param steps what comes before HTTP, in order
   * @param timeout milliseconds for all of them together
   * @param log where failures go, one event each */
  constructor(
    steps: readonly HandshakeStep[],
    timeout: number,
    log: (event: LogEvent) => void,
  ) {
    this.#steps = steps;
    this.#timeout = timeout;
    this.#log = log;
  }

  /** Takes a connection through all steps.
   *
   * @returns where it has got to, at once when there are no steps; nothing when it failed, came too
   * late or the server stopped: it is closed then */
  receive(
    arrival: IncomingConnection,
  ): IncomingConnection | Promise<IncomingConnection | undefined> {
    return this.#steps.length === 0 ? arrival : this.#receive(arrival);
  }

  /** Gives what is under way a moment: a request may be right behind. Then it is closed. */
  stop(): void {
    if (this.#streams.size > 0) this.#stopping = setTimeout(() => this.abort(), LAST_MOMENT);
  }

  /** Closes whatever is under way: nothing of it was a request yet. */
  abort(): void {
    clearTimeout(this.#stopping);
    for (const stream of this.#streams) this.#close(stream);
  }

  async #receive(first: IncomingConnection): Promise<IncomingConnection | undefined> {
    const { stream, endpoints: { remoteAddr } } = first;
    this.#streams.add(stream);
    let late = false;
    const timer = Number.isFinite(this.#timeout)
      ? setTimeout(() => {
        late = true;
        this.#close(stream);
      }, this.#timeout)
      : undefined;
    let arrival = first;
    try {
      for (const step of this.#steps) arrival = await step(arrival);
      if (this.#streams.has(stream)) return arrival;
      close(arrival.stream); // it ended just when its time was over
    } catch (error) {
      const gone = !this.#streams.has(stream) && !late; // the server has stopped
      this.#close(stream);
      if (gone) return undefined;
      const message = late ? "Handshake took too long" : "Handshake failed";
      const event = late ? "handshake-timeout" : "handshake-failed";
      const failure = late ? {} : { error, ...codeOf(error) };
      this.#log({ level: "info", event, message, remoteAddr, ...failure });
    } finally {
      clearTimeout(timer);
      this.#streams.delete(stream);
      if (this.#streams.size === 0) clearTimeout(this.#stopping);
    }
    return undefined;
  }

  #close(stream: ByteStream): void {
    this.#streams.delete(stream);
    close(stream);
  }
}

/** The stable name of a fault, where it has one. */
function codeOf(error: unknown): { readonly code?: string } {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? { code } : {};
}

function close(stream: ByteStream): void {
  try {
    stream.close();
  } catch {
    // It is closed already.
  }
}
