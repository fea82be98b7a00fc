"""The functions of `hashlib` that CPython takes from OpenSSL, which the interpreter does not have. Django,
Werkzeug and others hash passwords with them. The work is done by `node:crypto` (key_derivation.ts).
"""

import hashlib
import hmac

from pyodide.ffi import to_js

LARGEST = 2**31 - 1
OPENSSL_MEMORY = 32 * 1024 * 1024  # the limit of OpenSSL if `maxmem` is 0

# The digests of node:crypto by the names that Python has for them.
NATIVE_DIGESTS = {
    name.replace("-", "_"): name
    for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
    + ("sha3-224", "sha3-256", "sha3-384", "sha3-512")
}


def install(functions):
    """Adds the functions to `hashlib`, which does not have them. `functions` do the work."""
    global native_pbkdf2, native_scrypt
    native_pbkdf2, native_scrypt = functions.pbkdf2, functions.scrypt
    for function in (pbkdf2_hmac, scrypt):
        function.__module__ = "hashlib"
        setattr(hashlib, function.__name__, function)
        hashlib.__all__ += (function.__name__,)


def pbkdf2_hmac(hash_name, password, salt, iterations, dklen=None):
    """Password based key derivation function 2 (PKCS #5 v2.0), with HMAC as pseudorandom function."""
    if not isinstance(hash_name, str):
        raise TypeError(f"pbkdf2_hmac() argument 'hash_name' must be str, not {type(hash_name).__name__}")
    digest_size = hashlib.new(hash_name).digest_size  # raises ValueError for an unknown name
    if digest_size == 0:
        raise ValueError(f"unsupported hash type {hash_name}")
    password, salt = bytes(memoryview(password)), bytes(memoryview(salt))
    length = digest_size if dklen is None else dklen
    for name, value in (("iteration value", iterations), ("key length", length)):
        if value < 1:
            raise ValueError(f"{name} must be greater than 0.")
        if value > LARGEST:
            raise OverflowError(f"{name} is too great.")
    digest = NATIVE_DIGESTS.get(hash_name.lower().replace("-", "_"))
    if digest is None:
        return derive_in_python(hash_name, digest_size, password, salt, iterations, length)
    return native_pbkdf2(to_js(password), to_js(salt), iterations, length, digest).to_bytes()


def derive_in_python(hash_name, digest_size, password, salt, iterations, length):
    """PBKDF2 for the digests that node:crypto does not have, such as BLAKE2 (RFC 8018 §5.2)."""
    key = b""
    for block in range(1, -(-length // digest_size) + 1):
        piece = hmac.digest(password, salt + block.to_bytes(4), hash_name)
        total = int.from_bytes(piece)
        for _ in range(iterations - 1):
            piece = hmac.digest(password, piece, hash_name)
            total ^= int.from_bytes(piece)
        key += total.to_bytes(digest_size)
    return key[:length]


def scrypt(password, *, salt, n, r, p, maxmem=0, dklen=64):
    """scrypt password-based key derivation function (RFC 7914)."""
    password, salt = bytes(memoryview(password)), bytes(memoryview(salt))
    if n < 2 or n & (n - 1):
        raise ValueError("n must be a power of 2.")
    if not 0 <= maxmem <= LARGEST:
        raise ValueError(f"maxmem must be positive and smaller than {LARGEST}")
    if not 1 <= dklen <= LARGEST:
        raise ValueError(f"dklen must be greater than 0 and smaller than {LARGEST}")
    if r < 1 or p < 1 or p * r >= 2**30:
        raise ValueError("Invalid parameter combination for n, r, p, maxmem.")
    needed = 128 * r * (n + p + 2)  # as OpenSSL counts
    if needed > (maxmem or OPENSSL_MEMORY):
        raise ValueError("[digital envelope routines] memory limit exceeded")
    return native_scrypt(to_js(password), to_js(salt), n, r, p, needed, dklen).to_bytes()
