// All open connections of a server: how many there are, whether another may idle or be accepted, and
// what happens to them when the server stops.

import type { Connection } from "./connection.ts";
import type { DeadlineSweep } from "../io/deadline_sweep.ts";

/** How long idle connections are left open when the server stops, in milliseconds. A proxy sends request
 * after request over its connections; one that is on its way when its connection is closed is lost, and
 * a POST is not sent again. Behind nginx under load 10 ms made those losses go away. */
const LAST_MOMENT = 20;

/** Keeps the open connections of a server. */
export class ConnectionManager {
  readonly #connections = new Set<Connection>();
  readonly #maxConnections: number;
  readonly #sweep: DeadlineSweep;
  #arriving = 0;
  #waiting: { readonly below: number; readonly resolve: () => void }[] = [];

  /** @param maxConnections how many may be open before accepting pauses
   * @param sweep what asks connections about their deadlines */
  constructor(maxConnections: number, sweep: DeadlineSweep) {
    this.#maxConnections = maxConnections;
    this.#sweep = sweep;
  }

  /** Connections open now, those that are still being received among them. */
  get size(): number {
    return this.#connections.size + this.#arriving;
  }

  /** Waits for a connection that does not speak HTTP yet, and serves it.
   *
   * @param arriving gives the connection, or nothing when it comes to nothing; never rejects
   * @returns a promise of its end, which never rejects */
  async receive(arriving: Promise<Connection | undefined>): Promise<void> {
    this.#arriving++;
    const connection = await arriving;
    this.#arriving--;
    if (connection === undefined) this.#release();
    else await this.serve(connection);
  }

  /** Serves a connection and keeps it until it is closed.
   *
   * @returns a promise of that, which never rejects */
  async serve(connection: Connection): Promise<void> {
    this.#connections.add(connection);
    this.#sweep.add(connection);
    await connection.serve();
    this.#sweep.delete(connection);
    this.#connections.delete(connection);
    this.#release();
  }

  /** Waits until another connection may be open.
   *
   * @returns nothing when that is so already */
  room(): Promise<void> | undefined {
    return this.#below(this.#maxConnections);
  }

  /** Closes idle connections after a moment and has the others close after their answers; resolves when
   * all are closed. */
  async drain(): Promise<void> {
    if ([...this.#connections].some(({ idle }) => idle)) {
      await pause(LAST_MOMENT);
      await pause(0); // where the thread was busy meanwhile, what came is seen only now
    }
    for (const connection of this.#connections) connection.stop();
    await this.#below(1);
  }

  /** Closes every connection at once.
   *
   * @returns how many had something under way */
  abort(reason: unknown): number {
    let busy = 0;
    for (const connection of this.#connections) {
      if (!connection.idle) busy++;
      connection.abort(reason, "killed");
    }
    return busy;
  }

  #below(limit: number): Promise<void> | undefined {
    if (this.size < limit) return undefined;
    return new Promise((resolve) => this.#waiting.push({ below: limit, resolve }));
  }

  #release(): void {
    if (this.#waiting.length === 0) return;
    const ready = this.#waiting.filter(({ below }) => this.size < below);
    this.#waiting = this.#waiting.filter(({ below }) => this.size >= below);
    for (const { resolve } of ready) resolve();
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
