// What is known of the TLS that a request came over. Plain data, so that it travels to workers as it
// is; an adapter fills in what its platform tells, and leaves out the rest.

/** A name in a certificate: its parts in order, such as `["CN", "example.org"]`. */
export type DistinguishedName = readonly (readonly [attribute: string, value: string])[];

/** What a certificate says (RFC 5280). */
export interface CertificateInfo {
  /** Whom it names. */
  readonly subject: DistinguishedName;
  /** Who signed it. */
  readonly issuer: DistinguishedName;
  /** Subject alternative names, each with its kind: `["DNS", "example.org"]`. */
  readonly subjectAltNames: readonly (readonly [kind: string, value: string])[];
  /** Version of the format, usually 3. */
  readonly version: number | undefined;
  /** Serial number in hexadecimal digits. */
  readonly serialNumber: string;
  /** Beginning of its validity, milliseconds since 1970. */
  readonly validFrom: number;
  /** End of its validity, milliseconds since 1970. */
  readonly validTo: number;
  /** SHA-256 of the DER form, in hexadecimal digits with colons. */
  readonly fingerprint256: string;
  /** The certificate itself, in PEM. */
  readonly pem: string;
}

/** What is known of the TLS of a connection. */
export interface TlsInfo {
  /** Name of the adapter, such as `"node"`. */
  readonly adapter: string;
  /** What does the cryptography, where the adapter can tell. */
  readonly library: string | undefined;
  /** Version that was agreed on, such as `"TLSv1.3"`; undefined where the adapter cannot tell. */
  readonly protocol: string | undefined;
  /** Name of the cipher suite; undefined where the adapter cannot tell. */
  readonly cipher: string | undefined;
  /** Bits of its key; undefined where the adapter cannot tell. */
  readonly cipherBits: number | undefined;
  /** Name that the client asked for by SNI, if it did and the adapter can tell. */
  readonly serverName: string | undefined;
  /** Protocol that was agreed on by ALPN, if one was. */
  readonly alpnProtocol: string | undefined;
  /** Whether the client showed a certificate, and one that is trusted: `"failed"` is one that is not. */
  readonly clientVerification: "none" | "success" | "failed";
  /** Why the client's certificate is not trusted. */
  readonly clientVerificationError: string | undefined;
  /** The certificate that the client showed, where it is trusted: what any other one says about a
   * client is worth nothing, and who looks only here must not be fooled. */
  readonly clientCertificate: CertificateInfo | undefined;
  /** The certificate that the server showed. */
  readonly serverCertificate: CertificateInfo | undefined;
  /** Identifies the session, in hexadecimal digits, if there is one. */
  readonly sessionId: string | undefined;
}
