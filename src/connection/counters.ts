// What the connections of a server have counted.

/** Counters that only grow, until they are cleared. */
export class Counters {
  /** Connections accepted. */
  accepts = 0;
  /** Requests whose head was complete. */
  requests = 0;
  /** Requests refused for a fault of the client's. */
  refused = 0;
  /** Answers that were cut short. */
  aborted = 0;
  /** Octets received on connections that have ended. */
  bytesRead = 0;
  /** Octets sent on connections that have ended. */
  bytesWritten = 0;
  /** Errors of sockets, other than clients leaving. */
  socketErrors = 0;
}

/** What an accepting thread has done and has open. */
export interface TrafficStats extends Readonly<Counters> {
  /** Milliseconds since it began to listen, all periods together. */
  readonly runtime: number;
  /** Connections open now. */
  readonly connections: number;
  /** Connections open now that wait for another request. */
  readonly idleConnections: number;
}
