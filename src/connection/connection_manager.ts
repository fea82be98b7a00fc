// Keeps all open connections of a server. It says whether another one may be accepted, and closes them in
// stages when the server stops.

import { Promise, setTimeout, then } from "../io/platform.ts";
import type { ConnectionExchange } from "./connection_exchange.ts";
import type { Connection } from "./connection.ts";
import type { Departure } from "../exchange/abortable_exchange.ts";
import type { DeadlineSweep, Sweepable } from "../io/deadline_sweep.ts";
import { Places } from "../io/places.ts";
import { withTimeout } from "../io/with_timeout.ts";

/** How long idle connections stay open when the server stops, in milliseconds. A proxy sends request
 * after request over its connections; a request that is on its way when its connection closes is lost,
 * and a POST is not sent again. Behind nginx under load no request was lost with 10 ms. */
const IDLE_GRACE = 20;

/** The same when a successor serves, so that nothing waits for the end. A client that was busy sends its next
 * request within it and gets `Connection: close`; one that was not will hardly send at the moment of the close.
 * With 20 ms, 20 to 37 of 9,000 requests of 50 clients were lost that thought for up to 80 ms. */
const SUCCESSION_GRACE = 1_000;

/** How long a connection must be idle before it is closed for another one, in milliseconds. The next request
 * of a busy client may be on its way and would be lost. */
const MIN_IDLE = 1_000;

/** Keeps the open connections of a server. */
export class ConnectionManager implements Sweepable {
  readonly #connections = new Places<Connection>();
  readonly #maxConnections: number;
  readonly #sweep: DeadlineSweep;
  #incoming = 0;
  #waiting: { readonly below: number; readonly resolve: () => void }[] = [];

  /** @param maxConnections how many may be open before accepting pauses
   * @param sweep looks at the deadlines of connections */
  constructor(maxConnections: number, sweep: DeadlineSweep) {
    this.#maxConnections = maxConnections;
    this.#sweep = sweep;
  }

  /** Connections open now, those in their handshakes included. */
  get size(): number {
    return this.#connections.size + this.#incoming;
  }

  /** The exchanges under way. */
  get exchanges(): ConnectionExchange[] {
    return [...this.#connections].flatMap(({ exchange }) => exchange ?? []);
  }

  /** Octets that open connections have received and sent. */
  get octets(): { readonly received: number; readonly sent: number } {
    let received = 0;
    let sent = 0;
    for (const connection of this.#connections) {
      received += connection.reader.received;
      sent += connection.writer.sent;
    }
    return { received, sent };
  }

  /** Ends a request by closing its connection, and logs that.
   *
   * @param requestId its id
   * @param reason the reason of the signal of its handler
   * @returns whether it was under way */
  kill(requestId: string, reason: unknown): boolean {
    for (const connection of this.#connections) {
      const { exchange } = connection;
      if (exchange?.requestId !== requestId) continue;
      exchange.report("warn", "request-killed", "Request was ended by an operator");
      connection.abort(reason, "killed");
      return true;
    }
    return false;
  }

  /** Waits for the handshakes of a connection, and serves it.
   *
   * @param incoming gives the connection, or undefined when a handshake failed; never rejects
   * @returns a promise of its end, which never rejects */
  async serveLater(incoming: Promise<Connection | undefined>): Promise<void> {
    this.#makeRoom();
    this.#incoming++;
    const connection = await incoming;
    this.#incoming--;
    if (connection === undefined) this.#release();
    else await this.serve(connection);
  }

  /** Serves a connection and keeps it until it is closed.
   *
   * @returns a promise of that, which never rejects */
  serve(connection: Connection): Promise<void> {
    this.#makeRoom();
    if (this.#connections.size === 0) this.#sweep.add(this);
    const place = this.#connections.add(connection);
    return then(connection.serve(), () => {
      this.#connections.delete(place);
      this.#release();
      this.#leaveSweep();
    });
  }

  /** Waits until another connection may be open, also in place of one that is idle.
   *
   * @returns undefined when it may already */
  room(): Promise<void> | undefined {
    // One that was closed for another keeps its descriptor until the next turn of the event loop.
    if (this.size > this.#maxConnections) return this.#below(this.#maxConnections + 1);
    if (this.size >= this.#maxConnections && this.#longestIdle() !== undefined) return undefined;
    const waiting = this.#below(this.#maxConnections);
    if (waiting !== undefined) this.#sweep.add(this);
    return waiting;
  }

  /** Checks the deadlines of all connections, and lets accepting continue when one has become idle enough
   * to be closed. */
  sweep(now: number): void {
    for (const connection of this.#connections) connection.sweep(now);
    if (this.#waiting.length === 0 || this.#longestIdle() === undefined) return;
    this.#resolveWaiting(({ below }) => below === this.#maxConnections);
  }

  /** Closes connections that have been idle for a moment, and the others after their responses. Resolves when
   * all are closed.
   *
   * @param departure `reload` where a successor serves on the same sockets already */
  async drain(departure: Departure): Promise<void> {
    const grace = departure === "reload" ? SUCCESSION_GRACE : IDLE_GRACE;
    for (const connection of this.#connections) connection.endEventStream();
    // A response that had begun before does not say close, so its client may send another request too. Its
    // connection gets the same moment when it becomes idle.
    while (this.size > 0) {
      const idle = [...this.#connections].filter(({ idle }) => idle);
      await this.#emptyWithin(grace);
      await pause(0); // a thread that was busy sees only now what came meanwhile
      for (const connection of idle) connection.stop();
    }
  }

  /** Closes every connection at once.
   *
   * @returns how many of them were not idle */
  abort(reason: unknown): number {
    let busy = 0;
    for (const connection of this.#connections) {
      if (!connection.idle) busy++;
      connection.abort(reason, "killed");
    }
    return busy;
  }

  /** Waits until no connection is left, or the time limit passes. */
  async #emptyWithin(timeout: number): Promise<void> {
    const empty = this.#below(1);
    if (empty === undefined) return;
    const waiting = this.#waiting.at(-1);
    await withTimeout(empty, timeout);
    this.#waiting = this.#waiting.filter((each) => each !== waiting);
    this.#leaveSweep();
  }

  #below(limit: number): Promise<void> | undefined {
    if (this.size < limit) return undefined;
    return new Promise((resolve) => this.#waiting.push({ below: limit, resolve }));
  }

  #release(): void {
    if (this.#waiting.length > 0) this.#resolveWaiting(({ below }) => this.size < below);
  }

  #resolveWaiting(isReady: (waiting: { readonly below: number }) => boolean): void {
    const ready = this.#waiting.filter(isReady);
    this.#waiting = this.#waiting.filter((waiting) => !isReady(waiting));
    this.#leaveSweep();
    for (const { resolve } of ready) resolve();
  }

  #leaveSweep(): void {
    if (this.#connections.size === 0 && this.#waiting.length === 0) this.#sweep.delete(this);
  }

  /** Closes the longest idle connection if there are too many for another one. */
  #makeRoom(): void {
    if (this.size >= this.#maxConnections) this.#longestIdle()?.closeIdle();
  }

  /** The connection that has been idle longest, if it has been for long enough. Looks at all of them, which
   * is done only while there are too many. */
  #longestIdle(): Connection | undefined {
    let longest: Connection | undefined;
    let since = this.#sweep.now - MIN_IDLE;
    for (const connection of this.#connections) {
      const { idleSince } = connection;
      if (idleSince !== undefined && idleSince <= since) {
        longest = connection;
        since = idleSince;
      }
    }
    return longest;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
