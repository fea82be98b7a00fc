// Where do the next octets go that are given away? Into storage that came back, if its size fits: making
// new storage for each piece of a stream keeps V8 busy collecting it.

import { CREDIT } from "./flow_control.ts";

/** Storage that came back and may be used again. */
export class BufferPool {
  #spares: ArrayBuffer[] = [];
  #size = 0;

  /** Keeps storage that came back, as much as one stream can use. */
  keep(storage: ArrayBuffer): void {
    if (this.#size + storage.byteLength > CREDIT) return;
    this.#spares.push(storage);
    this.#size += storage.byteLength;
  }

  /** Copies octets into storage that nobody else has. What does not fit belonged to a stream with other
   * pieces, and is let go. */
  copy(octets: Uint8Array): Uint8Array<ArrayBuffer> {
    for (let spare; (spare = this.#spares.pop()) !== undefined;) {
      this.#size -= spare.byteLength;
      if (spare.byteLength !== octets.length) continue;
      const copy = new Uint8Array(spare);
      copy.set(octets);
      return copy;
    }
    return new Uint8Array(octets);
  }
}
