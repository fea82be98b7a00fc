// Is this field section the same as the last one? Clients repeat themselves: on one connection most
// requests have, to the octet, the fields of the request before. Whoever remembers what those said
// need not scan, decode and judge them again. A section that turns out to differ is scanned from its
// beginning, so no octet is looked at more than twice.

import type { RequestFields } from "./request_fields.ts";

const MAX_SIZE = 1024; // what an idle connection may cost for this; most sections of GETs are smaller

/** Remembers one field section of a connection and what it said. */
export class FieldSectionCache {
  /** What the remembered section said. */
  requestFields: RequestFields | undefined;
  #octets = new Uint8Array(0);
  #lastSize = 0;

  /** Octets of the section that has been remembered; 0 for none. */
  get size(): number {
    return this.requestFields === undefined ? 0 : this.#octets.length;
  }

  /** Whether the octets from `begin` on are the remembered section.
   *
   * @param bytes the storage
   * @param begin index of the section's first octet
   * @param end index behind the last octet that has arrived
   * @param minorVersion the version of the request; facts hold for one only
   * @returns true when `facts` are its facts and `size` is its size */
  matches(bytes: Uint8Array, begin: number, end: number, minorVersion: number): boolean {
    const octets = this.#octets;
    const size = octets.length;
    if (this.requestFields?.minorVersion !== minorVersion || end - begin < size) return false;
    for (let at = 0; at < size; at++) {
      if (bytes[begin + at] !== octets[at]) return false;
    }
    return true;
  }

  /** Takes note of a section that has just been judged. Copies it only if its size is that of the one
   * before: where sections differ all the time, as behind a proxy, that would be work for nothing.
   *
   * @param bytes the storage
   * @param begin index of the section's first octet
   * @param end index behind its last octet
   * @param facts what it says */
  remember(bytes: Uint8Array, begin: number, end: number, facts: RequestFields): void {
    const size = end - begin;
    if (size === this.#lastSize && size <= MAX_SIZE) {
      this.#octets = bytes.slice(begin, end);
      this.requestFields = facts;
    }
    this.#lastSize = size;
  }
}
