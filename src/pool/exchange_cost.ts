// What does an exchange cost its worker? Known from the CPU time that its thread tells now and then, so
// that what a handler computes after it has awaited something counts too.

/** Fewer exchanges tell nothing about the next one. A worker tells its CPU time every half a second, and
 * one that answers a thousand in a second is one that has much to do. */
const FEW = 500;

/** What the exchanges of one worker cost. */
export class ExchangeCost {
  /** CPU time of the thread in microseconds, as last told. */
  cpuTime: number | undefined;
  /** CPU microseconds for an exchange, lately; Infinity where few were answered. */
  cost = Infinity;
  #responded = 0;

  /** Notes what the thread tells.
   *
   * @param cpuTime CPU time of the thread in microseconds
   * @param answered exchanges that it has answered so far */
  note(cpuTime: number, responded: number): void {
    const count = responded - this.#responded;
    const known = this.cpuTime !== undefined && count >= FEW;
    this.cost = known ? (cpuTime - this.cpuTime!) / count : Infinity;
    this.cpuTime = cpuTime;
    this.#responded = responded;
  }
}
