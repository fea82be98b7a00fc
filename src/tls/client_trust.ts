// Decides whether the client of a resumed session is trusted. Deno's library checks no certificate then, keeps
// the sessions of all servers of a thread together, and lets none of them end; so trust from a full handshake
// is remembered here. It is given certificates and the CA in force, and must not know connections.

import { builtin } from "./node_modules.ts";
import type { CertificateInfo } from "./tls_info.ts";

/** More certificates than that are forgotten, the oldest first: their clients need a full handshake. */
const MAX_CERTIFICATES = 10_000;

/** Remembers the certificates of clients that a full handshake has verified. */
export class ClientTrust {
  /** The CA that each was verified by last, by fingerprint. */
  readonly #verifiedBy = new Map<string, readonly string[]>();

  /** Takes a certificate that a full handshake has verified.
   *
   * @param certificate the client's
   * @param clientCa certificates of the CA in force, in PEM */
  remember({ fingerprint256 }: CertificateInfo, clientCa: readonly string[]): void {
    const verifiedBy = this.#verifiedBy;
    verifiedBy.delete(fingerprint256);
    verifiedBy.set(fingerprint256, clientCa);
    if (verifiedBy.size <= MAX_CERTIFICATES) return;
    for (const oldest of verifiedBy.keys()) {
      verifiedBy.delete(oldest);
      return;
    }
  }

  /** Checks the certificate of a resumed session.
   *
   * @param certificate the client's, from the handshake that began the session
   * @param clientCa certificates of the CA in force, in PEM
   * @returns why it is not trusted; undefined when it is */
  faultOf(certificate: CertificateInfo, clientCa: readonly string[]): string | undefined {
    if (certificate.validTo < Date.now()) return "CERT_HAS_EXPIRED";
    const verifiedBy = this.#verifiedBy.get(certificate.fingerprint256);
    if (verifiedBy === undefined) return "SESSION_OF_UNVERIFIED_CERTIFICATE";
    if (verifiedBy === clientCa) return undefined;
    // The CA was read again since: it may be the same, or another that has signed the certificate too.
    const unchanged = verifiedBy.join() === clientCa.join();
    if (!unchanged && !isSignedBy(certificate, clientCa)) return "SESSION_OF_FORMER_CA";
    this.remember(certificate, clientCa);
    return undefined;
  }
}

/** Whether one of the certificates of a CA has signed the certificate itself. An intermediate certificate is
 * not part of a resumed session; such a client needs a full handshake. */
function isSignedBy({ pem }: CertificateInfo, clientCa: readonly string[]): boolean {
  const { X509Certificate } = builtin("node:crypto");
  const certificate = new X509Certificate(pem);
  return clientCa.some((each) => {
    try {
      const issuer = new X509Certificate(each);
      return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
    } catch {
      return false; // a key of another kind than the signature's
    }
  });
}
