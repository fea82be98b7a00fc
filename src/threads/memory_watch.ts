// Watches from inside a thread how much memory it takes: its JavaScript heap, its array buffers and the
// WebAssembly memories that JavaScript grows, as the interpreter of embedded Python does. V8's own limit
// knows the first of them only.

import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { setInterval } from "../io/platform.ts";

/** Milliseconds between two looks, each of which takes some microseconds. */
const INTERVAL = 100;
/** Milliseconds between two collections of garbage, as a multiple of the time that one takes. */
const COLLECTION_PAUSE = 20;
const PAGE = 64 * 1024;
const MiB = 1024 * 1024;

/** Reports once when the thread takes more than it may. It sees nothing while the thread computes.
 *
 * @param limit octets that it may take
 * @param report called with what has happened */
export function watchMemory(limit: number, report: (detail: string) => void): void {
  const wasm = new WasmMemories(limit);
  const heapLimit = getHeapStatistics().heap_size_limit;
  let judgeAt = 0;
  let reported = false;
  const check = (): void => {
    if (reported) return;
    const detail = faultOf();
    if (detail === undefined) return;
    reported = true;
    report(detail);
  };
  const faultOf = (): string | undefined => {
    // Deno ends a thread whose heap is exhausted by interrupting it. Inside a microtask, which most of a
    // handler is, only that microtask is lost, and the thread continues without it: its exchange would never
    // get a response. But V8 has raised the limit then, and that can be seen.
    if (getHeapStatistics().heap_size_limit > heapLimit) return "its heap was exhausted";
    if (wasm.refused) return `its WebAssembly memory would have grown past ${inMiB(limit)}`;
    if (taken(wasm) <= limit || performance.now() < judgeAt) return undefined;
    const begin = performance.now();
    collectGarbage(); // buffers that are not used any more count too
    const end = performance.now();
    judgeAt = end + Math.max(INTERVAL, (end - begin) * COLLECTION_PAUSE);
    const octets = taken(wasm);
    return octets <= limit ? undefined : `it took ${inMiB(octets)} of memory`;
  };
  setInterval(check, INTERVAL);
}

/** The WebAssembly memories of a thread that have grown. They are found when JavaScript grows them, and it
 * can grow none past the limit. */
class WasmMemories {
  /** Whether the last growth was refused. */
  refused = false;
  readonly #memories = new Map<WeakRef<WebAssembly.Memory>, number>();
  readonly #known = new WeakMap<WebAssembly.Memory, WeakRef<WebAssembly.Memory>>();

  constructor(limit: number) {
    const { prototype } = WebAssembly.Memory;
    const { grow } = prototype;
    const growAndNote = (memory: WebAssembly.Memory, pages: number): number => {
      this.#note(memory);
      this.refused = this.octets + pages * PAGE > limit;
      if (this.refused) throw new RangeError("Cannot grow memory: the worker's limit is reached");
      const before = grow.call(memory, pages);
      this.#note(memory);
      return before;
    };
    prototype.grow = function (pages) {
      return growAndNote(this, pages);
    };
  }

  /** The size of all of them. */
  get octets(): number {
    let octets = 0;
    for (const [reference, size] of this.#memories) {
      if (reference.deref() === undefined) this.#memories.delete(reference);
      else octets += size;
    }
    return octets;
  }

  #note(memory: WebAssembly.Memory): void {
    let reference = this.#known.get(memory);
    if (reference === undefined) this.#known.set(memory, reference = new WeakRef(memory));
    this.#memories.set(reference, memory.buffer.byteLength);
  }
}

function taken(wasm: WasmMemories): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory + wasm.octets;
}

let collect: (() => void) | undefined;

/** V8 collects when its own heap is full, and array buffers hardly fill that. */
function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc"); // for the contexts that are made from here on
    const found: unknown = runInNewContext("typeof gc === 'function' ? gc : undefined");
    setFlagsFromString("--no-expose-gc");
    collect = typeof found === "function" ? found as () => void : () => {};
  }
  collect();
}

function inMiB(octets: number): string {
  return `${Math.ceil(octets / MiB)} MiB`;
}
