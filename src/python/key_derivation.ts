// Derives keys from passwords for key_derivation.py, which has checked the arguments. Native code is about a
// hundred times as fast as the interpreter, and a login takes hundreds of thousands of iterations.

import { pbkdf2Sync, scryptSync } from "node:crypto";

/** The functions that key_derivation.py calls. */
export const keyDerivation = {
  /** PBKDF2 with HMAC. */
  pbkdf2: (
    password: Uint8Array,
    salt: Uint8Array,
    iterations: number,
    length: number,
    digest: string,
  ): Uint8Array => plain(pbkdf2Sync(password, salt, iterations, length, digest)),

  /** scrypt with the cost `n`, the block size `r` and the parallelization `p`. */
  scrypt: (
    password: Uint8Array,
    salt: Uint8Array,
    n: number,
    r: number,
    p: number,
    memory: number,
    length: number,
  ): Uint8Array => plain(scryptSync(password, salt, length, { N: n, r, p, maxmem: memory })),
};

/** Octets in a class that Python can read; a `Buffer` is unknown to it. */
function plain(octets: Uint8Array): Uint8Array {
  return new Uint8Array(octets);
}
