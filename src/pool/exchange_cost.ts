// Estimates what an exchange costs its worker, from the CPU time that its thread sends now and then. So the
// computations of a handler after its first `await` count too.

/** Fewer exchanges say nothing about the next one. A worker sends its CPU time every half a second, and a
 * worker that responds to a thousand in a second has much to do. */
const MIN_SAMPLE = 500;

/** The cost of one worker's exchanges. */
export class ExchangeCost {
  /** CPU time of the thread in microseconds, as last sent. */
  cpuTime: number | undefined;
  /** CPU microseconds for an exchange, lately; Infinity where there were few. */
  cost = Infinity;
  #responded = 0;

  /** Notes what the thread has sent.
   *
   * @param cpuTime CPU time of the thread in microseconds
   * @param responded exchanges that have their response so far */
  note(cpuTime: number, responded: number): void {
    const count = responded - this.#responded;
    const known = this.cpuTime !== undefined && count >= MIN_SAMPLE;
    this.cost = known ? (cpuTime - this.cpuTime!) / count : Infinity;
    this.cpuTime = cpuTime;
    this.#responded = responded;
  }
}
