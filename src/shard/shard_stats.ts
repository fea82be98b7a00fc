// What one accepting thread has done, in numbers: what it tells twice a second.

/** One accepting thread of mode "sharded", as it last told. */
export interface ShardStats {
  /** Number of the worker; never used twice in a server. */
  readonly workerId: number;
  /** Milliseconds that the thread has been ready. */
  readonly runtime: number;
  /** CPU time of its thread in microseconds; undefined where the platform does not tell. */
  readonly cpuTime: number | undefined;
  /** Connections accepted. */
  readonly accepts: number;
  /** Connections open. */
  readonly connections: number;
  /** Connections open that waited for another request. */
  readonly idleConnections: number;
  /** Requests whose head was complete. */
  readonly requests: number;
  /** Requests refused for a fault of the client's. */
  readonly refused: number;
  /** Answers that were cut short. */
  readonly aborted: number;
  /** Octets received on connections that have ended. */
  readonly bytesRead: number;
  /** Octets sent on connections that have ended. */
  readonly bytesWritten: number;
  /** Errors of sockets, other than clients leaving. */
  readonly socketErrors: number;
}
