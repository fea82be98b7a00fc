// Takes accepted sockets through what comes before HTTP: a PROXY header, a TLS handshake. Each step turns
// an incoming connection into another. The steps of a connection have one deadline together and run beside
// the accept loop, so that a silent client delays no other.

import { clearTimeout, setTimeout } from "../io/platform.ts";
import type { Endpoints } from "./connection_context.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import { Places } from "../io/places.ts";
import type { LogEvent } from "../log/log_event.ts";

/** A connection on its way to HTTP. */
export interface IncomingConnection {
  /** The stream, unwrapped by the steps so far. */
  readonly stream: ByteStream;
  /** Its endpoints, as far as the steps know them. */
  readonly endpoints: Endpoints;
}

/** One step on the way to HTTP. It rejects when the connection is not to be served. Closing the stream
 * that it was given must end every wait of the step. */
export type HandshakeStep = (incoming: IncomingConnection) => Promise<IncomingConnection>;

/** How long the steps under way may continue when the server stops, in milliseconds: about as long as a
 * new connection stays that has sent nothing. */
const STOP_GRACE = 1_000;

/** Runs the steps of incoming connections. */
export class HandshakeRunner {
  readonly #steps: readonly HandshakeStep[];
  readonly #timeout: number;
  readonly #log: (event: LogEvent) => void;
  readonly #underWay = new Places<Handshake>();
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
   * @returns the connection behind the steps, at once without steps. Undefined when a step failed or
   * took too long, or the server stopped: the connection is closed then */
  run(
    incoming: IncomingConnection,
  ): IncomingConnection | Promise<IncomingConnection | undefined> {
    return this.#steps.length === 0 ? incoming : this.#run(incoming);
  }

  /** Closes what is under way after a moment: a request may be right behind the handshake. */
  stop(): void {
    if (this.#underWay.size > 0) this.#stopping = setTimeout(() => this.abort(), STOP_GRACE);
  }

  /** Closes what is under way: no request has come on it. */
  abort(): void {
    clearTimeout(this.#stopping);
    for (const handshake of this.#underWay) handshake.close();
  }

  async #run(first: IncomingConnection): Promise<IncomingConnection | undefined> {
    const { stream, endpoints: { remoteAddr } } = first;
    const handshake = new Handshake(stream);
    const place = this.#underWay.add(handshake);
    let late = false;
    const timer = Number.isFinite(this.#timeout)
      ? setTimeout(() => {
        late = true;
        handshake.close();
      }, this.#timeout)
      : undefined;
    let incoming = first;
    try {
      for (const step of this.#steps) incoming = await step(incoming);
      if (!handshake.closed) return incoming;
      close(incoming.stream); // it succeeded just after its deadline
    } catch (error) {
      const stopped = handshake.closed && !late;
      handshake.close();
      if (stopped) return undefined;
      const message = late ? "Handshake took too long" : "Handshake failed";
      const event = late ? "handshake-timeout" : "handshake-failed";
      const failure = late ? {} : { error, ...codeOf(error) };
      this.#log({ level: "info", event, message, remoteAddr, ...failure });
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(place);
      if (this.#underWay.size === 0) clearTimeout(this.#stopping);
    }
    return undefined;
  }
}

/** The steps of one connection that are under way. */
class Handshake {
  /** Whether they are given up: the stream is closed. */
  closed = false;
  readonly #stream: ByteStream;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  close(): void {
    this.closed = true;
    close(this.#stream);
  }
}

/** The stable code of a fault, where it has one. */
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
