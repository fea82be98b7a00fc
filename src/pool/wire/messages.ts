// The whole wire between the main thread and a worker. Both sides import this file and nothing else of
// each other, and say its version first.
//
// A batch is one posted array: its number, then runs of four members, `kind, id, text, payload`, one run
// a message. The number matters on the way to a worker, which says when it is done with it.
// What happens in one turn of the event loop travels together, as far as no answer has to wait for a
// computation by that (pool_worker.ts), and a flat array of strings and numbers is what structured clone
// copies most cheaply: about 2.5 microseconds for an exchange there and back, where objects cost five
// times that.

/** Changes whenever a message changes its meaning. */
export const WIRE_VERSION = 3;

/** What a worker is told. `id` is the exchange's, or 0. */
export const ToWorker = {
  /** A request. text: {@linkcode encodeRequest}; payload: all of its content, or null for none, or
   * true when it comes in pieces. */
  exchange: 1,
  /** A piece of request content. payload: octets, or null at the end. */
  content: 2,
  /** The content failed. text: {@linkcode encodeFailure}. */
  contentFailed: 3,
  /** More response content may follow. payload: how many octets there may be in all. */
  credit: 4,
  /** Nobody waits for the answer any more. text: why. */
  abort: 5,
  /** The last exchange has been answered: stop. */
  stop: 6,
  /** What became of the answer, for one who asked by `track`. text: empty, or why it failed. */
  settled: 7,
  /** Storage of a piece that came from the worker and is of no more use here. payload: octets. */
  spare: 8,
} as const;

/** What a worker tells. */
export const FromWorker = {
  /** The application is loaded. payload: true when its answers block the thread. */
  ready: 1,
  /** The application could not be loaded. text: the error. */
  failed: 2,
  /** All messages of the batch with the number `id` have been handled: the event loop turns. payload:
   * CPU time of the thread in microseconds, now and then, else null. */
  done: 3,
  /** A whole answer. text: {@linkcode encodeResponse}; payload: text, octets or null. */
  response: 4,
  /** The head of an answer whose content follows. text: {@linkcode encodeResponse}. */
  begin: 5,
  /** A piece of response content. payload: octets. */
  piece: 6,
  /** The answer is complete. */
  end: 7,
  /** The answer is cut short. text: why. */
  cut: 8,
  /** An interim response. text: {@linkcode encodeInterim}. */
  interim: 9,
  /** The application reads: so many more octets of request content may come. payload: how many. */
  want: 10,
  /** A line for the log. text: JSON of the event. */
  log: 11,
  /** The application wants to know what becomes of the answer. */
  track: 12,
  /** The worker has stopped as it was told. */
  stopped: 13,
  /** The application ends the worker by `self.close` or `Deno.exit`. payload: the code. */
  exiting: 14,
  /** The worker's heap was exhausted. */
  exhausted: 15,
  /** The thread is blocked until the next piece of request content is in the channel
   * (blocking_channel.ts), where the reply goes and not into a message. */
  awaitContent: 16,
  /** The thread is blocked until more response content may follow; the reply goes into the channel.
   * payload: how many octets it has sent. */
  awaitRoom: 17,
} as const;

/** One member of a batch. */
export type BatchMember = string | number | boolean | null | Uint8Array;

/** Octets of the largest piece of response content that is cloned; larger ones are copied and given away,
 * which is quicker. */
export const LARGEST_CLONE = 16 * 1024;

/** Members that make a message. */
export const STRIDE = 4;
