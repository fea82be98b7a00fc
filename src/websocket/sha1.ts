// SHA-1 (RFC 3174), which the handshake of RFC 6455 needs and which must not be used for anything else. The
// platform's own works asynchronously only, and the response of a handshake has to be there at once.

/** Computes the digest of a text.
 *
 * @param text ASCII
 * @returns 20 octets */
export function sha1(text: string): Uint8Array {
  const size = (text.length + 9 + 63) & ~63;
  const octets = new Uint8Array(size);
  for (let i = 0; i < text.length; i++) octets[i] = text.charCodeAt(i);
  octets[text.length] = 0x80;
  const view = new DataView(octets.buffer);
  view.setUint32(size - 4, text.length * 8);
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  for (let at = 0; at < size; at += 64) addBlock(state, view, at);
  const digest = new DataView(new ArrayBuffer(20));
  state.forEach((word, index) => digest.setUint32(index * 4, word));
  return new Uint8Array(digest.buffer);
}

function addBlock(state: Uint32Array, view: DataView, at: number): void {
  const words = new Uint32Array(80);
  for (let i = 0; i < 80; i++) {
    words[i] = i < 16
      ? view.getUint32(at + i * 4)
      : rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  }
  let [a, b, c, d, e] = state;
  for (let i = 0; i < 80; i++) {
    const mixed = (rotate(a, 5) + choose(i, b, c, d) + e + words[i]) >>> 0;
    [a, b, c, d, e] = [mixed, a, rotate(b, 30), c, d];
  }
  [a, b, c, d, e].forEach((word, index) => state[index] += word);
}

function choose(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
