// Caches the last field section of a connection with its interpretation. On one connection most requests
// repeat the fields of the request before octet by octet, and the cache saves scanning, decoding and
// interpreting them again. A section that differs is scanned from its beginning, so no octet is looked at
// more than twice.

import type { RequestFields } from "./request_fields.ts";

const MAX_SIZE = 1024; // bounds the memory of an idle connection; most sections of GETs are smaller

/** Caches one field section of a connection and its interpretation. */
export class FieldSectionCache {
  /** The interpretation of the cached section; undefined while nothing is cached. */
  requestFields: RequestFields | undefined;
  #octets = new Uint8Array(0);
  #lastSize = 0;

  /** Octets of the cached section; 0 while nothing is cached. */
  get size(): number {
    return this.requestFields === undefined ? 0 : this.#octets.length;
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
    const size = octets.length;
    if (this.requestFields?.minorVersion !== minorVersion || end - begin < size) return false;
    for (let at = 0; at < size; at++) {
      if (bytes[begin + at] !== octets[at]) return false;
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
      this.#octets = bytes.slice(begin, end);
      this.requestFields = facts;
    }
    this.#lastSize = size;
  }
}
