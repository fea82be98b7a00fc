// Counts what the connections of a server do.

import type { FinishedListener } from "../exchange/finished_response.ts";

/** Counters that only grow, until they are cleared. */
export class Counters {
  /** Connections accepted. */
  accepts = 0;
  /** Requests whose head was complete, those under way included: a server all of whose handlers hang
   * must not look idle. */
  requests = 0;
  /** Requests rejected for a fault of the client. */
  refused = 0;
  /** Responses that were cut short. */
  aborted = 0;
  /** Octets received on connections that have ended. */
  bytesRead = 0;
  /** Octets sent on connections that have ended. */
  bytesWritten = 0;
  /** Errors of sockets, other than clients leaving. */
  socketErrors = 0;
}

/** Makes the listener that counts responses.
 *
 * @param counters what it adds to */
export function responseCounter(counters: Counters): FinishedListener {
  return ({ fault, cut }) => {
    if (fault !== undefined) counters.refused++;
    if (cut) counters.aborted++;
  };
}

/** What an accepting thread has counted, and what it has open. */
export interface TrafficStats extends Readonly<Counters> {
  /** Milliseconds since it began to listen, all periods together. */
  readonly runtime: number;
  /** Connections open now. */
  readonly connections: number;
  /** Connections open now that wait for another request. */
  readonly idleConnections: number;
}
