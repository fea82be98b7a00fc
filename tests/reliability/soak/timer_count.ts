// Counts the timers of this thread that have not fired and were not cleared. It is imported before the server, which
// keeps the timers that it finds when it is loaded.

const active = new Set<unknown>();
const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;

// deno-lint-ignore no-explicit-any -- as in the types of the platform
type Callback = (...args: any[]) => void;

globalThis.setTimeout = ((callback: Callback, delay?: number, ...args: unknown[]) => {
  const id = setTimeout(() => {
    active.delete(id);
    callback(...args);
  }, delay);
  active.add(id);
  return id;
}) as typeof setTimeout;

globalThis.setInterval = ((...args: Parameters<typeof setInterval>) => {
  const id = setInterval(...args);
  active.add(id);
  return id;
}) as typeof setInterval;

globalThis.clearTimeout = (id) => {
  active.delete(id);
  clearTimeout(id);
};

globalThis.clearInterval = (id) => {
  active.delete(id);
  clearInterval(id);
};

/** The number of timers that are active now. */
export function activeTimers(): number {
  return active.size;
}
