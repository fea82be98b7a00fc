// Finds out which wait of a connection has passed its deadline. The sweep calls it at every tick; it keeps
// the times at which it first saw each wait. Arithmetic only: the connection acts on the result.

/** What a connection is waiting for.
 *
 * - `idle`: the first octet of another request
 * - `head`: the rest of a request head, or on a new connection its first octet
 * - `handling`: the application
 * - `content`: content that the application asked for
 * - `draining`: the rest of the content, after the response
 * - `upgraded`: anything; the protocol is not HTTP any more
 * - `lingering`: the end of the client's side, after the end of the server's */
export type Phase =
  | "idle"
  | "head"
  | "handling"
  | "content"
  | "upgraded"
  | "draining"
  | "lingering";

/** The deadlines in force, in milliseconds; rates in octets per second. */
export interface DeadlineOptions {
  readonly headTimeout: number;
  readonly contentTimeout: number;
  readonly minContentRate: number;
  readonly requestTimeout: number;
  readonly writeTimeout: number;
  readonly minResponseRate: number;
  readonly keepAliveTimeout: number;
}

/** The state of a connection at a tick. */
export interface ConnectionState {
  readonly phase: Phase;
  /** Changes whenever a phase is entered. */
  readonly phaseCount: number;
  /** Requests begun on the connection. */
  readonly requestCount: number;
  /** Octets received. */
  readonly received: number;
  /** Whether a write is under way. */
  readonly writing: boolean;
  /** Octets sent. */
  readonly sent: number;
  /** Octets that were seen to leave the system's queue while a write waited. */
  readonly drained: number;
}

/** The deadline that has passed. */
export type Expiry =
  | "keep-alive"
  | "head"
  | "content"
  | "content-rate"
  | "request"
  | "write"
  | "write-rate"
  | "drain"
  | "linger";

/** How long content may come slower than `minContentRate`, and a response be taken slower than
 * `minResponseRate`: connections start slowly. */
const RATE_GRACE = 5_000;
/** The response is out already, and what comes is dropped (nginx, Go: 0.5 to 5 s). RFC 9112 §9.6 asks to wait
 * for the client's end; most clients take one round trip. */
const DISCARD_TIMEOUT = 2_000;
/** A browser reads the response only behind its whole upload, so a client that sends at least so many octets
 * a second on average has longer. */
const DISCARD_RATE = 4 * 1024;
/** Longest time for such an upload, also without a `requestTimeout`; the default of that option. */
const LONGEST_DISCARD = 300_000;
/** Longest gap between two pieces of such an upload. */
const DISCARD_GAP = 5_000;

/** Idle connections, and those that end when the server stops, are found by the tick. */
const LONGEST_FOR_TICK = 1_000;

/** The shortest of all deadlines in force; the tick of the sweep follows from it. */
export function shortestDeadline(options: DeadlineOptions): number {
  return Math.min(
    options.headTimeout,
    options.contentTimeout,
    options.requestTimeout,
    options.writeTimeout,
    options.keepAliveTimeout,
    LONGEST_FOR_TICK,
  );
}

/** Keeps the deadlines of one connection. */
export class ConnectionDeadlines {
  readonly #options: DeadlineOptions;
  #phase: Phase | undefined;
  #phaseCount = -1;
  #phaseSince = 0;
  /** Octets received when the phase was first seen. */
  #phaseReceived = 0;
  #requestCount = -1;
  #headWait = 0;
  #received = -1;
  #receivedSince = 0;
  #contentWait = 0;
  #contentOctets = 0;
  #sent = -1;
  #drained = 0;
  #sentSince = 0;
  /** Whether a write was under way at the last tick. */
  #writing = false;
  /** Octets that a client with something to take need not take yet. */
  #writeAllowance = 0;
  #last = 0;

  /** @param options the deadlines in force */
  constructor(options: DeadlineOptions) {
    this.#options = options;
    this.#writeAllowance = (RATE_GRACE / 1000) * options.minResponseRate;
  }

  /** How long the write under way has made no progress. */
  stalledFor(now: number): number {
    return now - this.#sentSince;
  }

  /** When the connection was first seen in a phase.
   *
   * @param phaseCount the phase
   * @returns undefined when it was not seen in it so far */
  sinceOf(phaseCount: number): number | undefined {
    return phaseCount === this.#phaseCount ? this.#phaseSince : undefined;
  }

  /** Notes the state of the connection.
   *
   * @returns the deadline that has passed, if one has */
  check(now: number, state: ConnectionState): Expiry | undefined {
    const elapsed = now - this.#last;
    this.#last = now;
    const arrived = this.#received < 0 ? 0 : state.received - this.#received;
    if (arrived > 0 || state.phaseCount !== this.#phaseCount) this.#receivedSince = now;
    this.#received = state.received;
    const samePhase = state.phaseCount === this.#phaseCount;
    // Only the time that the application waited counts against the client.
    this.#contentOctets += arrived;
    if (state.phase === "content" && (samePhase || arrived > 0)) this.#contentWait += elapsed;
    if (state.requestCount !== this.#requestCount) {
      this.#requestCount = state.requestCount;
      // The wait for a slow head counts; a head that came at once was never seen waiting.
      this.#headWait = this.#phase === "head" ? now - this.#phaseSince : 0;
      this.#contentWait = this.#contentOctets = 0;
    }
    this.#phase = state.phase;
    // A connection is not idle while its last response is being sent.
    if (!samePhase || (state.phase === "idle" && state.writing)) {
      this.#phaseCount = state.phaseCount;
      this.#phaseSince = now;
      this.#phaseReceived = state.received;
    }
    return this.#writeExpiry(now, elapsed, state) ?? this.#phaseExpiry(now, state);
  }

  #writeExpiry(now: number, elapsed: number, state: ConnectionState): Expiry | undefined {
    const tooSlow = this.#takenTooSlowly(elapsed, state);
    if (state.writing && state.sent === this.#sent && state.drained === this.#drained) {
      // Without progress only writeTimeout counts: a client that reads steadily seems to stand still too.
      return now - this.#sentSince >= this.#options.writeTimeout ? "write" : undefined;
    }
    this.#sent = state.sent;
    this.#drained = state.drained;
    this.#sentSince = now;
    return tooSlow ? "write-rate" : undefined;
  }

  /** Whether a client that has something to take takes it slower than `minResponseRate`. The system takes
   * octets from a write in lumps, whenever a good part of its buffer is free. What the client has taken is
   * therefore credited, for as much as it may stand still by `writeTimeout`. */
  #takenTooSlowly(elapsed: number, state: ConnectionState): boolean {
    const { minResponseRate: rate, writeTimeout } = this.#options;
    if (rate === 0) return false;
    const grace = (RATE_GRACE / 1000) * rate;
    const most = Math.max(grace, (writeTimeout / 1000) * rate);
    // A write that was not seen before began at some time within this interval.
    const waited = this.#writing && state.writing ? elapsed : 0;
    // Octets that leave the system's queue while a write waits are taken too. They were credited when the
    // system took them, so a tick counts one of the two only.
    const taken = Math.max(
      this.#sent < 0 ? state.sent : state.sent - this.#sent,
      state.drained - this.#drained,
    );
    const allowance = Math.min(most, this.#writeAllowance - (waited / 1000) * rate + taken);
    this.#writing = state.writing;
    this.#writeAllowance = state.writing ? allowance : Math.max(grace, allowance);
    return this.#writeAllowance < 0;
  }

  #phaseExpiry(now: number, state: ConnectionState): Expiry | undefined {
    const options = this.#options;
    const waited = now - this.#phaseSince;
    switch (state.phase) {
      case "idle":
        return waited >= options.keepAliveTimeout ? "keep-alive" : undefined;
      case "head":
        return waited >= options.headTimeout ? "head" : undefined;
      case "content":
        if (now - this.#receivedSince >= options.contentTimeout) return "content";
        if (this.#headWait + this.#contentWait >= options.requestTimeout) return "request";
        return this.#tooSlow() ? "content-rate" : undefined;
      case "handling":
      case "upgraded":
        return undefined;
      case "draining":
        return this.#discardedEnough(now, waited) ? "drain" : undefined;
      case "lingering":
        return this.#discardedEnough(now, waited) ? "linger" : undefined;
      default:
        return state.phase satisfies never;
    }
  }

  /** Whether octets that are dropped have come for long enough, or too slowly. */
  #discardedEnough(now: number, waited: number): boolean {
    if (waited < DISCARD_TIMEOUT) return false;
    return this.#received - this.#phaseReceived < (waited / 1000) * DISCARD_RATE ||
      now - this.#receivedSince >= DISCARD_GAP ||
      waited >= Math.min(this.#options.requestTimeout, LONGEST_DISCARD);
  }

  #tooSlow(): boolean {
    const rate = this.#options.minContentRate;
    return this.#contentWait > RATE_GRACE &&
      this.#contentOctets < (this.#contentWait / 1000) * rate;
  }
}
