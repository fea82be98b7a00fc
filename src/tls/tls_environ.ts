// Makes the variables about TLS for WSGI applications, as Apache's mod_ssl and Cheroot name them. A variable
// with an unknown value is left out, never empty. The contents of an untrusted client certificate are left
// out too, as an application would believe them.

import type { CertificateInfo, DistinguishedName, TlsInfo } from "./tls_info.ts";

/** Names of attributes in variables, by all their names in certificates. */
const ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ["C", "C"],
  ["countryName", "C"],
  ["ST", "ST"],
  ["stateOrProvinceName", "ST"],
  ["L", "L"],
  ["localityName", "L"],
  ["O", "O"],
  ["organizationName", "O"],
  ["OU", "OU"],
  ["organizationalUnitName", "OU"],
  ["CN", "CN"],
  ["commonName", "CN"],
  ["T", "T"],
  ["title", "T"],
  ["I", "I"],
  ["initials", "I"],
  ["G", "G"],
  ["GN", "G"],
  ["givenName", "G"],
  ["S", "S"],
  ["SN", "S"],
  ["surname", "S"],
  ["D", "D"],
  ["description", "D"],
  ["UID", "UID"],
  ["userId", "UID"],
  ["Email", "Email"],
  ["emailAddress", "Email"],
]);

const DAY = 24 * 60 * 60 * 1000;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Makes the environment variables of a connection with TLS.
 *
 * @param info the TLS of the connection
 * @param now milliseconds since 1970, for the days until a certificate expires
 * @returns names and values, each name once; `wsgi.url_scheme` is not among them */
export function tlsEnviron(info: TlsInfo, now: number = Date.now()): [string, string][] {
  const variables: [string, string | undefined][] = [
    ["HTTPS", "on"],
    ["SSL_PROTOCOL", info.protocol],
    ["SSL_CIPHER", info.cipher],
    // TLS has no export ciphers and no compression any more; applications may still read the variables.
    ["SSL_CIPHER_EXPORT", info.cipher === undefined ? undefined : "false"],
    ["SSL_CIPHER_USEKEYSIZE", info.cipherBits?.toString()],
    ["SSL_CIPHER_ALGKEYSIZE", info.cipherBits?.toString()],
    ["SSL_COMPRESS_METHOD", "NULL"],
    ["SSL_VERSION_INTERFACE", info.adapter],
    ["SSL_VERSION_LIBRARY", info.library],
    ["SSL_CLIENT_VERIFY", verification(info)],
    ["SSL_SESSION_ID", info.sessionId],
    ["SSL_TLS_SNI", info.serverName],
  ];
  if (info.serverCertificate !== undefined) {
    variables.push(...certificateVariables("SSL_SERVER", info.serverCertificate, now));
  }
  if (info.clientVerification === "success" && info.clientCertificate !== undefined) {
    variables.push(...certificateVariables("SSL_CLIENT", info.clientCertificate, now));
  }
  return variables.filter((each): each is [string, string] => each[1] !== undefined);
}

function verification(info: TlsInfo): string {
  switch (info.clientVerification) {
    case "none":
      return "NONE";
    case "success":
      return "SUCCESS";
    case "failed":
      return `FAILED:${info.clientVerificationError ?? "unknown"}`;
    default:
      return info.clientVerification satisfies never;
  }
}

function* certificateVariables(
  prefix: string,
  certificate: CertificateInfo,
  now: number,
): Generator<[string, string | undefined]> {
  const { version, serialNumber, validFrom, validTo } = certificate;
  yield [`${prefix}_M_VERSION`, version?.toString()];
  yield [`${prefix}_M_SERIAL`, serialNumber];
  yield [`${prefix}_V_START`, formatTime(validFrom)];
  yield [`${prefix}_V_END`, formatTime(validTo)];
  yield [`${prefix}_V_REMAIN`, String(Math.max(0, Math.floor((validTo - now) / DAY)))];
  yield* nameVariables(`${prefix}_S_DN`, certificate.subject);
  yield* nameVariables(`${prefix}_I_DN`, certificate.issuer);
  const counts: Record<string, number> = { DNS: 0, Email: 0 };
  for (const [kind, value] of certificate.subjectAltNames) {
    const name = kind === "email" ? "Email" : kind;
    if (name in counts) yield [`${prefix}_SAN_${name}_${counts[name]++}`, value];
  }
  yield [`${prefix}_CERT`, certificate.pem];
}

/** The whole name, each of its known attributes, and each value of an attribute that occurs several times. */
function* nameVariables(prefix: string, name: DistinguishedName): Generator<[string, string]> {
  const byCode = Map.groupBy(name, ([attribute]) => ATTRIBUTES.get(attribute));
  const parts = name.map(([attribute, value]) =>
    `${ATTRIBUTES.get(attribute) ?? attribute}=${value}`
  );
  yield [prefix, parts.join(",")];
  for (const [code, attributes] of byCode) {
    if (code === undefined) continue;
    const values = attributes.map(([, value]) => value);
    yield [`${prefix}_${code}`, values.join(",")];
    if (values.length < 2) continue;
    for (const [i, value] of values.entries()) yield [`${prefix}_${code}_${i}`, value];
  }
}

/** As OpenSSL prints it, such as `Jan  2 03:04:05 2030 GMT`. */
function formatTime(time: number): string {
  const date = new Date(time);
  const day = String(date.getUTCDate()).padStart(2);
  const clock = date.toISOString().slice(11, 19);
  return `${MONTHS[date.getUTCMonth()]} ${day} ${clock} ${date.getUTCFullYear()} GMT`;
}
