// Finds where frames end in octets that pass, so that a frame of the server can follow those of an application
// that writes its own. It looks at heads only.

/** Follows the frames of one direction of a WebSocket (RFC 6455 §5.2). */
export class FrameBoundary {
  readonly #head: number[] = [];
  /** Octets of the payload under way that are still to come. */
  #rest = 0;

  /** Whether the octets so far end with a frame. */
  get reached(): boolean {
    return this.#rest === 0 && this.#head.length === 0;
  }

  /** Notes octets that pass. */
  pass(octets: Uint8Array): void {
    for (let at = 0; at < octets.length;) {
      if (this.#rest > 0) {
        const count = Math.min(this.#rest, octets.length - at);
        this.#rest -= count;
        at += count;
        continue;
      }
      this.#head.push(octets[at++]);
      const length = payloadOf(this.#head);
      if (length === undefined) continue;
      this.#rest = length;
      this.#head.length = 0;
    }
  }
}

/** The length of the payload behind a head; undefined while the head is not complete. */
function payloadOf(head: readonly number[]): number | undefined {
  if (head.length < 2) return undefined;
  const short = head[1] & 0x7f;
  const count = short === 126 ? 2 : short === 127 ? 8 : 0;
  const mask = (head[1] & 0x80) === 0 ? 0 : 4;
  if (head.length < 2 + count + mask) return undefined;
  if (count === 0) return short;
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + head[2 + i];
  return length;
}
