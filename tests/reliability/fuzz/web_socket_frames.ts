// Random frames of a client of WebSockets: most are as RFC 6455 has them, some are broken in one place.

import { deflateRawSync } from "node:zlib";
import type { Random } from "../random.ts";

/** Makes the octets of a client.
 *
 * @param random decides everything
 * @param limit octets of the largest message of the server
 * @param deflate whether messages may be deflated */
export function makeFrames(
  random: Random,
  limit: number,
  deflate: boolean,
): Uint8Array<ArrayBuffer> {
  const frames: number[] = [];
  const messages = random.below(6);
  for (let count = 0; count < messages; count++) addMessage(random, limit, deflate, frames);
  if (random.chance(0.3)) frames.push(...frame(random, 0x88, closePayload(random)));
  if (random.chance(0.2)) frames.push(...random.some(20, () => random.below(256)));
  if (random.chance(0.3) && frames.length > 0) {
    frames[random.below(frames.length)] ^= 1 << random.below(8);
  }
  if (random.chance(0.1)) frames.length = random.below(frames.length + 1);
  return Uint8Array.from(frames);
}

function addMessage(random: Random, limit: number, deflate: boolean, frames: number[]): void {
  const isText = random.chance(0.5);
  let octets = isText
    ? textOctets(random, limit)
    : random.some(sizeOf(random, limit), () => random.below(256));
  const deflated = deflate && random.chance(0.5);
  if (deflated) {
    if (random.chance(0.1)) octets = [...new Uint8Array(limit * 2)]; // a bomb
    octets = [...deflateRawSync(Uint8Array.from(octets), { finishFlush: 2 })].slice(0, -4);
    if (random.chance(0.1) && octets.length > 0) octets[random.below(octets.length)] ^= 0xff;
  }
  const parts = random.chance(0.5)
    ? [octets]
    : random.pieces(Uint8Array.from(octets)).map((part) => [...part]);
  if (parts.length === 0) parts.push([]);
  parts.slice(0, 40).forEach((part, index, all) => {
    const opcode = index > 0 ? 0 : isText ? 1 : 2;
    const fin = index === all.length - 1 ? 0x80 : 0;
    frames.push(...frame(random, fin | (deflated && index === 0 ? 0x40 : 0) | opcode, part));
    if (random.chance(0.1)) {
      const payload = random.some(random.pick([5, 125, 126]), () => random.below(256));
      frames.push(...frame(random, random.pick([0x89, 0x8a]), payload));
    }
  });
}

function sizeOf(random: Random, limit: number): number {
  return random.pick([0, 5, 130, limit, limit + 2]);
}

function textOctets(random: Random, limit: number): number[] {
  const text = random.some(
    random.pick([5, 60, Math.floor(limit * 2 / 3)]),
    () => random.pick(["a", "é", "€", "\u{1f600}", "\ufeff", "\0"]),
  ).join("");
  const octets = [...new TextEncoder().encode(text)];
  if (random.chance(0.05)) octets.push(random.pick([0x80, 0xc0, 0xe2, 0xed, 0xf5, 0xff]));
  if (random.chance(0.05)) octets.push(0xed, 0xa0, 0x80); // a surrogate
  return octets;
}

function closePayload(random: Random): number[] {
  const code = random.pick([
    1000,
    1001,
    1004,
    1005,
    1006,
    1011,
    1014,
    1015,
    2999,
    3000,
    4999,
    5000,
    0,
  ]);
  const reason = random.chance(0.2) ? [0xff] : [...new TextEncoder().encode("bye €")];
  return random.pick([[], [3], [code >> 8, code & 255], [code >> 8, code & 255, ...reason]]);
}

/** A frame with a random mask. Now and then the length is in a longer form, or the mask is left out. */
function frame(random: Random, first: number, payload: readonly number[]): number[] {
  const { length } = payload;
  const shortest = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const size = random.chance(0.01) ? random.pick([2, 8]) : shortest;
  const long = Array.from(
    { length: size },
    (_, i) => Math.floor(length / 256 ** (size - 1 - i)) & 255,
  );
  const short = size === 0 ? length : size === 2 ? 126 : 127;
  if (random.chance(0.01)) return [first, short, ...long, ...payload];
  const mask = Array.from({ length: 4 }, () => random.below(256));
  return [first, 0x80 | short, ...long, ...mask, ...payload.map((octet, i) => octet ^ mask[i % 4])];
}
