// Keeps storage that came back, for the next octets that are given away. New storage for each piece of a
// stream would keep V8 busy collecting it.

import { CREDIT } from "./flow_control.ts";

/** Storage that came back and may be used again. */
export class BufferPool {
  #free: ArrayBuffer[] = [];
  #size = 0;

  /** Keeps storage that came back, as much as one stream can use. */
  keep(storage: ArrayBuffer): void {
    if (this.#size + storage.byteLength > CREDIT) return;
    this.#free.push(storage);
    this.#size += storage.byteLength;
  }

  /** Copies octets into storage that no other array shares. Storage of another size belonged to a stream
   * with other pieces, and is dropped. */
  copy(octets: Uint8Array): Uint8Array<ArrayBuffer> {
    for (let storage; (storage = this.#free.pop()) !== undefined;) {
      this.#size -= storage.byteLength;
      if (storage.byteLength !== octets.length) continue;
      const copy = new Uint8Array(storage);
      copy.set(octets);
      return copy;
    }
    return new Uint8Array(octets);
  }
}
