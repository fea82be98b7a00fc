// Computes CRC-32C (RFC 9260, appendix A; the polynomial of Castagnoli). A sender may put this checksum
// into a PROXY header, and the reader must then check it.

const POLYNOMIAL = 0x82f63b78; // 0x1edc6f41, mirrored
const TABLE = Uint32Array.from({ length: 256 }, (_, octet) => {
  let remainder = octet;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? remainder >>> 1 ^ POLYNOMIAL : remainder >>> 1;
  }
  return remainder;
});

/** Computes the checksum of octets.
 *
 * @param octets any number of octets
 * @returns the checksum, from 0 to 2^32 - 1 */
export function crc32c(octets: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const octet of octets) remainder = remainder >>> 8 ^ TABLE[(remainder ^ octet) & 0xff];
  return ~remainder >>> 0;
}
