// What can be set on TLS, as one object; the options of a server that begin with `tls` make one.

/** A certificate and what belongs to it. Each text is PEM, or the path of a file with it. */
export interface CertificateSettings {
  /** The certificate; those that lead to its root may stand behind it. */
  readonly certificate: string;
  /** Its private key. */
  readonly privateKey: string;
  /** The certificates that lead to its root, where they are in a file of their own. */
  readonly certificateChain?: string | undefined;
  /** What the private key is encrypted with. */
  readonly password?: string | undefined;
  /** Path of a file whose first line is the password. */
  readonly passwordFile?: string | undefined;
}

/** A further certificate, for clients that ask for one of its names by SNI (RFC 6066 §3). */
export interface NamedCertificateSettings extends CertificateSettings {
  /** Host names, such as `www.example.org` or `*.example.org`.
   *
   * @default the DNS names in the certificate */
  readonly serverNames?: readonly string[] | undefined;
}

/** Settings of TLS. */
export interface TlsSettings extends CertificateSettings {
  /** Which implementation: see {@linkcode getTlsAdapter}. `"auto"` is `"node"`, which
   * keeps every deadline; `"deno"` is faster and has less.
   *
   * @default {"auto"} */
  readonly adapter?: "auto" | TlsAdapterName | undefined;
  /** Further certificates, for other names. */
  readonly certificates?: readonly NamedCertificateSettings[] | undefined;
  /** Whether clients are asked for a certificate, and whether they must have one. An untrusted one ends
   * the connection where it is `"required"`; where it is `"optional"`, applications are told that it
   * is not trusted.
   *
   * @default {"none"} */
  readonly clientAuth?: "none" | "optional" | "required" | undefined;
  /** Whom certificates of clients must come from: PEM, or the path of a file with it. */
  readonly clientCa?: string | undefined;
  /** Lowest version that is spoken.
   *
   * @default {"TLSv1.2"} */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
  /** Cipher suites that are accepted, by their names in OpenSSL with colons between; without it all of
   * the library's. A connection that agrees on another one is ended before anything is read. */
  readonly ciphers?: string | undefined;
  /** Whether files are read again when they change.
   *
   * @default {false} */
  readonly reloadOnChange?: boolean | undefined;
}

/** Name of an implementation. */
export type TlsAdapterName = "deno" | "node";
