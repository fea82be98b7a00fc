// The TLS of a connection as plain data, which is sent to workers as it is. An adapter sets the members that
// its platform knows and leaves the others undefined.

/** A name in a certificate: its parts in order, such as `["CN", "example.org"]`. */
export type DistinguishedName = readonly (readonly [attribute: string, value: string])[];

/** The contents of a certificate (RFC 5280 §4.1). */
export interface CertificateInfo {
  /** Name of its holder. */
  readonly subject: DistinguishedName;
  /** Name of the authority that signed it. */
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

/** The TLS of a connection. */
export interface TlsInfo {
  /** Name of the adapter, such as `"node"`. */
  readonly adapter: string;
  /** The library that does the cryptography, where the adapter knows it. */
  readonly library: string | undefined;
  /** Version that was agreed on, such as `"TLSv1.3"`; undefined where the adapter does not know it. */
  readonly protocol: string | undefined;
  /** Name of the cipher suite; undefined where the adapter does not know it. */
  readonly cipher: string | undefined;
  /** Bits of its key; undefined where the adapter does not know them. */
  readonly cipherBits: number | undefined;
  /** Name that the client asked for by SNI (RFC 6066 §3), if it did and the adapter knows it. */
  readonly serverName: string | undefined;
  /** Protocol that was agreed on by ALPN (RFC 7301), if one was. */
  readonly alpnProtocol: string | undefined;
  /** Whether the client sent a certificate: `"success"` is a trusted one, `"failed"` an untrusted one. */
  readonly clientVerification: "none" | "success" | "failed";
  /** Why the client's certificate is not trusted. */
  readonly clientVerificationError: string | undefined;
  /** The certificate that the client sent, if it is trusted. An untrusted one proves nothing about the client,
   * so a program that reads only this member must not see it. */
  readonly clientCertificate: CertificateInfo | undefined;
  /** The certificate that the server sent. */
  readonly serverCertificate: CertificateInfo | undefined;
  /** Identifier of the session, in hexadecimal digits, if it has one. */
  readonly sessionId: string | undefined;
}
