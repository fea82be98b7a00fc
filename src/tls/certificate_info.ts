// Reads a certificate (RFC 5280 §4.1) from its DER, element by element. The text forms of names that
// libraries give can be forged by a name with a comma or a line end in it.

import { type DerElement, derElements, derOid, derText, derTime, hexOf } from "./der.ts";
import { builtin } from "./node_modules.ts";
import type { CertificateInfo, DistinguishedName } from "./tls_info.ts";

/** Short names of attributes, as in OpenSSL; another attribute has its number as its name. */
const ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ["2.5.4.3", "CN"],
  ["2.5.4.4", "SN"],
  ["2.5.4.5", "serialNumber"],
  ["2.5.4.6", "C"],
  ["2.5.4.7", "L"],
  ["2.5.4.8", "ST"],
  ["2.5.4.9", "street"],
  ["2.5.4.10", "O"],
  ["2.5.4.11", "OU"],
  ["2.5.4.12", "title"],
  ["2.5.4.13", "description"],
  ["2.5.4.42", "GN"],
  ["2.5.4.43", "initials"],
  ["0.9.2342.19200300.100.1.1", "UID"],
  ["0.9.2342.19200300.100.1.25", "DC"],
  ["1.2.840.113549.1.9.1", "emailAddress"],
]);

const SUBJECT_ALT_NAME = "2.5.29.17";
const VERSION_TAG = 0xa0;
const EXTENSIONS_TAG = 0xa3;
const OCTET_STRING = 0x04;

/** Reads a certificate.
 *
 * @param der the certificate in DER
 * @returns its contents
 * @throws {RangeError} when it is malformed */
export function certificateInfo(der: Uint8Array): CertificateInfo {
  const [certificate] = derElements(der);
  const [signedPart] = derElements(certificate.content);
  const parts = derElements(signedPart.content);
  const hasVersion = parts[0].tag === VERSION_TAG;
  const version = hasVersion ? derElements(parts[0].content)[0].content[0] + 1 : 1;
  const [serial, , issuer, validity, subject] = hasVersion ? parts.slice(1) : parts;
  const [validFrom, validTo] = derElements(validity.content).map(derTime);
  const digest = builtin("node:crypto").createHash("sha256").update(der).digest();
  return {
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    subjectAltNames: [...alternativeNames(parts.find(({ tag }) => tag === EXTENSIONS_TAG))],
    version,
    serialNumber: hexOf(serial.content[0] === 0 ? serial.content.subarray(1) : serial.content),
    validFrom,
    validTo,
    fingerprint256: hexOf(digest, ":"),
    pem: pemOf(der),
  };
}

function nameOf(element: DerElement): DistinguishedName {
  return derElements(element.content).flatMap((set) =>
    derElements(set.content).map((pair) => {
      const [type, value] = derElements(pair.content);
      const oid = derOid(type.content);
      return [ATTRIBUTES.get(oid) ?? oid, derText(value)] as const;
    })
  );
}

function* alternativeNames(
  extensions: DerElement | undefined,
): Generator<readonly [kind: string, value: string]> {
  if (extensions === undefined) return;
  const [list] = derElements(extensions.content);
  for (const extension of derElements(list.content)) {
    const [id, ...rest] = derElements(extension.content);
    if (derOid(id.content) !== SUBJECT_ALT_NAME) continue;
    const value = rest.find(({ tag }) => tag === OCTET_STRING)!; // a flag may stand before it
    const [names] = derElements(value.content);
    for (const { tag, content } of derElements(names.content)) {
      if (tag === 0x81) yield ["email", String.fromCharCode(...content)];
      else if (tag === 0x82) yield ["DNS", String.fromCharCode(...content)];
      else if (tag === 0x86) yield ["URI", String.fromCharCode(...content)];
      else if (tag === 0x87) yield ["IP Address", ipOf(content)];
    }
  }
}

function ipOf(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join(".");
  const groups = Array.from({ length: octets.length / 2 }, (_, i) => {
    return (octets[2 * i] << 8 | octets[2 * i + 1]).toString(16);
  });
  return groups.join(":");
}

function pemOf(der: Uint8Array): string {
  const lines = der.toBase64().match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
