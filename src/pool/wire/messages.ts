// The kinds of messages between the pool and a worker. Both sides import this file and no other file of
// each other. How a message travels is the channel's business (worker_channel.ts).

/** Changes whenever a message changes its meaning. */
export const WIRE_VERSION = 8;

/** Messages to a worker. `id` is the exchange's, or 0. Kinds are positive: a channel may use other numbers
 * for separate messages. */
export const ToWorker = {
  /** A request. text: {@linkcode encodeRequest}; payload: all of its content, or null for no content, or
   * true when it comes in pieces. */
  exchange: 1,
  /** A piece of request content. payload: octets, or null at the end. text: at the end the lines of the
   * trailer section. */
  content: 2,
  /** The content failed. text: {@linkcode encodeFailure}. */
  contentFailed: 3,
  /** More response content may follow. payload: how much there may be in all, as flow_control.ts
   * counts. */
  credit: 4,
  /** The response is not wanted any more. text: why; payload: true when content still comes. */
  abort: 5,
  /** The worker holds no exchange any more: stop. */
  stop: 6,
  /** The response has been handed to the operating system, or could not be; sent after `track`. text:
   * empty, or why it failed. */
  settled: 7,
  /** Asks for nothing: the acknowledgement of its batch shows that the event loop turns. */
  ping: 8,
  /** The upgraded connection must end soon. text: `stop` or `reload`. */
  depart: 9,
} as const;

/** Messages from a worker. `id` is the exchange's, or 0. */
export const FromWorker = {
  /** The application is loaded. payload: true when it blocks the thread. */
  ready: 1,
  /** The application could not be loaded. text: the error. */
  failed: 2,
  /** A whole response. text: {@linkcode encodeResponse}; payload: text, octets or null. */
  response: 3,
  /** The head of a response whose content follows. text: {@linkcode encodeResponse}. */
  begin: 4,
  /** A piece of response content. payload: octets. */
  piece: 5,
  /** The response is complete. text: {@linkcode encodeTrailers}, empty without trailers. */
  end: 6,
  /** The response is cut short. text: why. */
  cut: 7,
  /** An interim response. text: {@linkcode encodeInterim}. */
  interim: 8,
  /** The application reads: so much more request content may come. payload: how much, as flow_control.ts
   * counts; 0 when it reads no more. */
  want: 9,
  /** A line for the log. text: JSON of the event. */
  log: 10,
  /** The application waits for the end of the response: it wants a `settled`. */
  track: 11,
  /** The worker has stopped as it was told. */
  stopped: 12,
  /** The application ends the worker. text: the call, such as `Deno.exit()`; payload: the code. */
  exiting: 13,
  /** The worker has taken too much memory. text: how it was seen. */
  exhausted: 14,
  /** The thread is blocked until the channel has a reply: the next piece of request content. */
  awaitContent: 15,
  /** The thread is blocked until the channel has a reply: more response content may follow. payload: how
   * much it has sent, as flow_control.ts counts. */
  awaitCredit: 16,
  /** The connection changes its protocol: pieces of both directions follow. text: {@linkcode encodeUpgrade};
   * payload: octets for the peer when this thread ends, or null. */
  upgrade: 17,
} as const;

/** What a message carries beside its text. */
export type Payload = string | number | boolean | null | Uint8Array;

/** Requires a message of a worker to be one of the kinds above, with a payload of its type.
 *
 * @throws {TypeError} when it is not */
export function expectFromWorker(
  kind: unknown,
  id: unknown,
  text: unknown,
  payload: unknown,
): void {
  const isMessage = typeof id === "number" && typeof text === "string" && fits(kind, payload);
  if (!isMessage) throw new TypeError(`Cannot take message: expected a known kind, got ${kind}`);
}

function fits(kind: unknown, payload: unknown): boolean {
  switch (kind) {
    case FromWorker.response:
      return payload === null || typeof payload === "string" || payload instanceof Uint8Array;
    case FromWorker.upgrade:
      return payload === null || payload instanceof Uint8Array;
    case FromWorker.piece:
      return payload instanceof Uint8Array;
    case FromWorker.ready:
      return typeof payload === "boolean";
    case FromWorker.want:
    case FromWorker.awaitCredit:
      return typeof payload === "number";
    case FromWorker.exiting:
      return true; // the application chooses it
    case FromWorker.failed:
    case FromWorker.begin:
    case FromWorker.end:
    case FromWorker.cut:
    case FromWorker.interim:
    case FromWorker.log:
    case FromWorker.track:
    case FromWorker.stopped:
    case FromWorker.exhausted:
    case FromWorker.awaitContent:
      return payload === null;
    default:
      return false;
  }
}
