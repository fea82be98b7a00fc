// Text to octets. Most answers are short: they are encoded into one shared array and copied on at once,
// so that no array is made for them, and ASCII, which most of them are, does not even leave JavaScript.

const encoder = new TextEncoder();
/** Text that is surely encoded in the shared array: no UTF-16 unit takes more than three octets. */
const LONGEST_SHARED = 4096;
const shared = new Uint8Array(LONGEST_SHARED * 3);
/** Up to here a loop over the characters is quicker than a call out of JavaScript. */
const LONGEST_LOOP = 256;
/** The first octets of the shared array, so many as the index says: a view takes longer than a short loop. */
const views: (Uint8Array | undefined)[] = new Array(LONGEST_LOOP + 1).fill(undefined);

/** Encodes text as UTF-8.
 *
 * @returns octets; when {@linkcode isShared} says so, good only until the next call */
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

/** Whether octets lie in the array that the next {@linkcode encodeText} writes over. */
export function isShared(octets: Uint8Array): boolean {
  return octets.buffer === shared.buffer;
}
