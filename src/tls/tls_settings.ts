// The settings of TLS as one object. The options of a server that begin with `tls` are made into one.

/** A certificate, its key and its chain. Each text is PEM, or the path of a file with PEM. */
export interface CertificateSettings {
  /** The certificate; its chain may stand behind it. */
  readonly certificate: string;
  /** Its private key. */
  readonly privateKey: string;
  /** The certificates that lead to its root, if they are in another file. */
  readonly certificateChain?: string | undefined;
  /** The password of an encrypted private key. */
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
  /** The implementation: see {@linkcode getTlsAdapter}. `"auto"` is `"node"`, which keeps every deadline;
   * `"deno"` is faster and has fewer features.
   *
   * @default {"auto"} */
  readonly adapter?: "auto" | TlsAdapterName | undefined;
  /** Further certificates, for other names. */
  readonly certificates?: readonly NamedCertificateSettings[] | undefined;
  /** Whether clients are asked for a certificate, and whether they must have one. With `"required"` an
   * untrusted one ends the connection; with `"optional"` applications see that it is not trusted.
   *
   * @default {"none"} */
  readonly clientAuth?: "none" | "optional" | "required" | undefined;
  /** The CA that must have signed clients' certificates: PEM, or the path of a file with PEM. */
  readonly clientCa?: string | undefined;
  /** Lowest version of TLS that is accepted.
   *
   * @default {"TLSv1.2"} */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
  /** Cipher suites that are accepted, by their names in OpenSSL with colons between; without it all suites of
   * the library. A connection that agrees on another suite is closed before anything is read. */
  readonly ciphers?: string | undefined;
  /** Whether files are read again when they change.
   *
   * @default {false} */
  readonly reloadOnChange?: boolean | undefined;
}

/** Name of an implementation. */
export type TlsAdapterName = "deno" | "node";
