// Encodes text as octets. Most responses are short: their text is encoded into one shared array and
// copied on at once, so that no array is allocated for them. Most are ASCII, which is encoded without a
// call out of JavaScript.

const encoder = new TextEncoder();
/** Longest text for the shared array, in UTF-16 units; each takes at most three octets. */
const LONGEST_SHARED = 4096;
const shared = new Uint8Array(LONGEST_SHARED * 3);
/** Up to this length a loop over the characters is faster than a call out of JavaScript. */
const LONGEST_LOOP = 256;
/** Views of the shared array by their length, cached because making one takes longer than a short loop. */
const views: (Uint8Array | undefined)[] = new Array(LONGEST_LOOP + 1).fill(undefined);

/** Encodes text as UTF-8.
 *
 * @returns octets; if {@linkcode isShared} is true for them, they are valid only until the next call */
export function encodeText(text: string): Uint8Array {
  const { length } = text;
  if (length > LONGEST_SHARED) return encoder.encode(text);
  if (length <= LONGEST_LOOP) {
    let i = 0;
    while (i < length) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) break;
      shared[i++] = code;
    }
    if (i === length) return views[length] ??= shared.subarray(0, length);
  }
  return shared.subarray(0, encoder.encodeInto(text, shared).written);
}

/** Whether octets lie in the array that the next {@linkcode encodeText} overwrites. */
export function isShared(octets: Uint8Array): boolean {
  return octets.buffer === shared.buffer;
}
