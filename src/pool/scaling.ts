// Computes how many workers to start, and when to start a failed one again. Arithmetic only: it knows
// neither a thread nor a clock.

/** The workers and the queue of a pool. */
export interface PoolLoad {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** Workers that take exchanges. */
  readonly ready: number;
  /** Workers that load their application. */
  readonly starting: number;
  /** Exchanges that wait. */
  readonly queued: number;
  /** Ready workers that can be given more, now or when their event loop has turned. */
  readonly available: number;
}

/** How many workers to start now: up to the minimum always, and beyond it when exchanges wait and no worker
 * is free. A worker that is starting counts for one of the exchanges that wait. */
export function workersToStart(load: PoolLoad): number {
  const { minWorkers, maxWorkers, ready, starting, queued, available } = load;
  const live = ready + starting;
  const missing = Math.max(0, minWorkers - live);
  const unserved = available > 0 ? 0 : Math.max(0, queued - starting);
  const room = Math.max(0, maxWorkers - live);
  return Math.min(room, Math.max(missing, unserved));
}

/** Milliseconds before a worker is started again whose application could not be loaded, after the first
 * failure and at most. */
const FIRST_BACK_OFF = 100;
const LONGEST_BACK_OFF = 30_000;

/** How long to wait, in milliseconds, after so many failures in a row. */
export function backOff(failures: number): number {
  if (failures === 0) return 0;
  return Math.min(LONGEST_BACK_OFF, FIRST_BACK_OFF * 2 ** (failures - 1));
}

/** Exchanges after which one worker is replaced. It differs from worker to worker, so that workers which
 * were started together are not replaced together.
 *
 * @param maxExchanges the average
 * @param random from 0 up to 1
 * @returns up to a tenth more or less */
export function exchangeQuota(maxExchanges: number, random: number): number {
  if (maxExchanges === Infinity) return Infinity;
  return Math.max(1, Math.round(maxExchanges * (0.9 + 0.2 * random)));
}
