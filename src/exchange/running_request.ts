// A request that is under way, as operators see it. Types only.

/** A request that is under way. */
export interface RunningRequest {
  /** Identifies it in logs, and in the request that ends it. */
  readonly id: string;
  /** Its method. */
  readonly method: string;
  /** Its target, as it was sent. */
  readonly target: string;
  /** `queued`: it has not been handed to the application, it waits for a worker or for its content. `head`:
   * its handler has not begun to respond. `content`: the content of the response is flowing. */
  readonly phase: "queued" | "head" | "content";
  /** Milliseconds since its first octet. */
  readonly elapsed: number;
  /** How many of them it waited for a worker. */
  readonly queueTime: number;
  /** The worker or shard that has it; null without one. */
  readonly workerId: number | null;
  /** The path of the application whose dedicated pool has it; empty elsewhere. */
  readonly pool: string;
}
