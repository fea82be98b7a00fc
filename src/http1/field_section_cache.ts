// Caches the last field section of a connection with its interpretation. On one connection most requests
// repeat the fields of the request before octet by octet, and the cache saves scanning, decoding and
// interpreting them again. A section that differs is scanned from its beginning, so no octet is looked at
// more than twice.

import type { RequestFields } from "./request_fields.ts";

const NO_OCTETS: DataView = new DataView(new ArrayBuffer(0));
const MAX_SIZE = 1024; // bounds the memory of an idle connection; most sections of GETs are smaller

/** Caches one field section of a connection and its interpretation. */
export class FieldSectionCache {
  /** The interpretation of the cached section; undefined while nothing is cached. */
  requestFields: RequestFields | undefined;
  #octets = NO_OCTETS;
  /** The storage of the last call. Four octets at once are compared in a fourth of the time. */
  #view = NO_OCTETS;
  #lastSize = 0;

  /** Octets of the cached section; 0 while nothing is cached. */
  get size(): number {
    return this.requestFields === undefined ? 0 : this.#octets.byteLength;
  }

  /** Drops the cached section. The next one of the same size is cached at once. */
  clear(): void {
    this.requestFields = undefined;
    this.#octets = this.#view = NO_OCTETS;
  }

  /** Whether the octets from `begin` on are the cached section.
   *
   * @param bytes the storage
   * @param begin index of the section's first octet
   * @param end index behind the last octet that has arrived
   * @param minorVersion the version of the request; an interpretation holds for one version only
   * @returns true when `requestFields` is its interpretation and `size` is its size */
  matches(bytes: Uint8Array, begin: number, end: number, minorVersion: number): boolean {
    const octets = this.#octets;
    const size = octets.byteLength;
    if (this.requestFields?.minorVersion !== minorVersion || end - begin < size) return false;
    if (this.#view.buffer !== bytes.buffer) this.#view = new DataView(bytes.buffer);
    const view = this.#view;
    const first = bytes.byteOffset + begin;
    let at = 0;
    for (; at + 4 <= size; at += 4) {
      if (view.getInt32(first + at) !== octets.getInt32(at)) return false;
    }
    for (; at < size; at++) {
      if (view.getUint8(first + at) !== octets.getUint8(at)) return false;
    }
    return true;
  }

  /** Caches a section that has just been interpreted, if its size is that of the section before. Where
   * sections differ all the time, as behind a proxy, copying each of them would be wasted work.
   *
   * @param bytes the storage
   * @param begin index of the section's first octet
   * @param end index behind its last octet
   * @param facts its interpretation */
  remember(bytes: Uint8Array, begin: number, end: number, facts: RequestFields): void {
    const size = end - begin;
    if (size === this.#lastSize && size <= MAX_SIZE) {
      this.#octets = new DataView(new Uint8Array(bytes.subarray(begin, end)).buffer);
      this.requestFields = facts;
    }
    this.#lastSize = size;
  }
}
