// Content that shows whose it is: each block of 16 octets names its exchange and its place. One octet of
// another exchange, or at another place, is found.

const BLOCK = 16;

/** Makes the content of an exchange.
 *
 * @param id a number up to 9,999,999
 * @param size octets
 * @returns that many octets */
export function patternOf(id: number, size: number): Uint8Array<ArrayBuffer> {
  const name = `${id}`.padStart(7, "0");
  let text = "";
  for (let block = 0; block * BLOCK < size; block++) {
    text += `${name}:${block.toString(16).padStart(7, "0")}\n`;
  }
  return new TextEncoder().encode(text.slice(0, size));
}

/** Looks for the first octet that belongs to another exchange or to another place.
 *
 * @param octets the content of an exchange, or its beginning
 * @param id the exchange
 * @returns undefined when all is right, else what is there */
export function foreignIn(octets: Uint8Array, id: number): string | undefined {
  const expected = patternOf(id, octets.length);
  for (let at = 0; at < octets.length; at++) {
    if (octets[at] === expected[at]) continue;
    const start = at - at % BLOCK;
    const found = new TextDecoder("latin1").decode(octets.subarray(start, start + 2 * BLOCK));
    return `octet ${at} of exchange ${id}: ${JSON.stringify(found)}`;
  }
}
