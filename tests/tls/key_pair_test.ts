// Certificates and keys are checked before anything is opened.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  CertificateError,
  DenoTlsAdapter,
  getTlsAdapter,
  NodeTlsAdapter,
  Server,
  type ServerOptions,
} from "../../mod.ts";
import type { TlsSettings } from "../../src/tls/mod.ts";
import { derElements, derOid, derText, derTime } from "../../src/tls/der.ts";
import { chooseKeyPair, filesOf, loadKeyring } from "../../src/tls/keyring.ts";
import { noPki, Pki } from "./pki.ts";

function test(name: string, fn: () => void | Promise<void>): void {
  const suffix = noPki === undefined ? "" : ` (${noPki})`;
  Deno.test({ name: name + suffix, ignore: noPki !== undefined, fn });
}

const pki = () => Pki.shared;
const files = (): TlsSettings => ({
  certificate: pki().certificate("server"),
  privateKey: pki().key("server"),
});

const refused: [name: string, settings: () => Partial<TlsSettings>, says: RegExp][] = [
  [
    "a missing file",
    () => ({ certificate: "/nowhere/a.crt" }),
    /Cannot read certificate file "\/no/,
  ],
  ["a missing key file", () => ({ privateKey: "/nowhere/a.key" }), /Cannot read private key file/],
  [
    "another one's key",
    () => ({ privateKey: pki().key("second") }),
    /it is not the one of the cert/,
  ],
  ["a key as certificate", () => ({ certificate: pki().key("server") }), /BEGIN CERTIFICATE/],
  [
    "a certificate as key",
    () => ({ privateKey: pki().certificate("server") }),
    /BEGIN PRIVATE KEY/,
  ],
  [
    "an encrypted key",
    () => ({ privateKey: pki().key("encrypted") }),
    /encrypted, expected a pass/,
  ],
  [
    "a wrong password",
    () => ({ privateKey: pki().key("encrypted"), password: "wrong" }),
    /wrong password/,
  ],
  ["a password for nothing", () => ({ password: "secret" }), /it is not encrypted/],
  [
    "a missing password file",
    () => ({ privateKey: pki().key("encrypted"), passwordFile: "/nowhere/p" }),
    /Cannot read password file/,
  ],
  [
    "a chain that is none",
    () => ({ certificateChain: pki().key("server") }),
    /Cannot use certificate chain/,
  ],
  [
    "a CA of clients that is none",
    () => ({ clientAuth: "required", clientCa: pki().key("server") }),
    /Cannot use CA of clients/,
  ],
  [
    "two certificates for a name",
    () => ({
      certificates: ["second", "wildcard"].map((name) => ({
        certificate: pki().certificate(name),
        privateKey: pki().key(name),
        serverNames: ["a.test"],
      })),
    }),
    /two certificates for "a.test"/,
  ],
  [
    "a certificate for SNI without a name",
    () => ({
      certificates: [{ certificate: pki().certificate("client"), privateKey: pki().key("client") }],
    }),
    /it has no DNS name/,
  ],
  ["an unknown cipher", () => ({ ciphers: "RC4" }), /Cannot use cipher "rc4"/],
];
for (const [name, settings, says] of refused) {
  test(`TLS refuses ${name}, and the message has no key`, () => {
    const error = assertThrows(
      () => new NodeTlsAdapter({ ...files(), ...settings() }),
      CertificateError,
    );
    assertMatch(error.message, says);
    assert(!error.message.includes("BEGIN EC") && !error.message.includes("MI"), error.message);
  });
}

test("a server with a broken pair opens nothing", () => {
  const app = () => new Response();
  const options = { ...pki().files(), tlsPrivateKey: pki().key("second") };
  assertThrows(() => new Server({ app, ...options }), CertificateError);
});

test("the deno adapter refuses settings that it does not have", () => {
  const more: Partial<TlsSettings>[] = [
    { clientAuth: "optional", clientCa: pki().root },
    { minVersion: "TLSv1.3" },
    { ciphers: "TLS_AES_128_GCM_SHA256" },
    { certificates: [] },
  ];
  for (const each of more) {
    assertThrows(
      () => new DenoTlsAdapter({ ...files(), ...each }),
      CertificateError,
      'with TLS adapter "deno": expected "node"',
    );
  }
});

test("getTlsAdapter gets a class by its name", () => {
  assertEquals(getTlsAdapter(), DenoTlsAdapter);
  assertEquals(getTlsAdapter("node"), NodeTlsAdapter);
  assertThrows(() => getTlsAdapter("pyopenssl" as "node"), RangeError, 'expected "deno" or "node"');
});

test("a chain stands behind its certificate, from either file", () => {
  const root = pki().root.trim();
  const own = pki().text(pki().certificate("server")).trim();
  const together = loadKeyring({ ...files(), certificate: `${own}\n${root}` });
  const apart = loadKeyring({ ...files(), certificateChain: pki().certificate("root") });
  assertEquals(together.first.certificate, `${own}\n${root}\n`);
  assertEquals(apart.first.certificate, together.first.certificate);
});

test("a certificate for SNI without serverNames is for its own DNS names", () => {
  const settings: TlsSettings = {
    ...files(),
    certificates: [{
      certificate: pki().certificate("second"),
      privateKey: pki().key("second"),
    }],
  };
  const keyring = loadKeyring(settings);
  assertEquals([...keyring.byName.keys()], ["second.test"]);
  assertEquals(chooseKeyPair(keyring, "second.test").info.subject, [["CN", "second"]]);
  assertEquals(chooseKeyPair(keyring, undefined), keyring.first);
  assertEquals(filesOf(settings).length, 4);
});

test("certificateInfo agrees with openssl", async () => {
  const { info } = loadKeyring(files()).first;
  const { stdout } = await new Deno.Command("openssl", {
    args: [
      ...["x509", "-in", pki().certificate("server"), "-noout"],
      ...["-serial", "-fingerprint", "-sha256", "-startdate", "-enddate"],
    ],
  }).output();
  const said = new Map(
    new TextDecoder().decode(stdout).trim().split("\n").map((line) => {
      const equals = line.indexOf("=");
      return [line.slice(0, equals), line.slice(equals + 1)] as const;
    }),
  );
  assertEquals(info.serialNumber, said.get("serial"));
  assertEquals(info.fingerprint256, said.get("sha256 Fingerprint"));
  assertEquals(info.validFrom, Date.parse(said.get("notBefore")!));
  assertEquals(info.validTo, Date.parse(said.get("notAfter")!));
  assertEquals(info.version, 3);
  assertEquals(info.subject, [["C", "DE"], ["O", "Acme, Inc."], ["CN", "localhost"]]);
  assertEquals(info.subjectAltNames, [
    ["DNS", "localhost"],
    ["IP Address", "127.0.0.1"],
    ["IP Address", "0:0:0:0:0:0:0:1"],
  ]);
});

const malformed: [name: string, octets: number[]][] = [
  ["a length outside of its parent", [0x30, 5, 1, 2]],
  ["no length", [0x30]],
  ["an indefinite length", [0x30, 0x80, 0, 0]],
  ["a length of five octets", [0x30, 0x85, 0, 0, 0, 0, 0]],
  ["a tag of two octets", [0x1f, 1, 0]],
];
for (const [name, octets] of malformed) {
  Deno.test(`derElements refuses ${name}`, () => {
    assertThrows(() => derElements(new Uint8Array(octets)), RangeError, "Cannot read DER");
  });
}

Deno.test("derText reads all types of text that names have", () => {
  const element = (tag: number, ...content: number[]) => ({
    tag,
    content: new Uint8Array(content),
  });
  assertEquals(derText(element(0x0c, 0xc3, 0xa9)), "\u00e9");
  assertEquals(derText(element(0x1e, 0x20, 0xac)), "\u20ac");
  assertEquals(derText(element(0x1c, 0, 1, 0xf6, 0)), "\u{1f600}");
  assertEquals(derText(element(0x1c, 0xff, 0xff, 0xff, 0xff)), "\ufffd");
  assertEquals(derText(element(0x14, 0xe9)), "\u00e9");
  assertEquals(derOid(new Uint8Array([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d])), "1.2.840.113549");
  const time = (tag: number, text: string) =>
    derTime({ tag, content: new TextEncoder().encode(text) });
  assertEquals(time(0x17, "491231235959Z"), Date.UTC(2049, 11, 31, 23, 59, 59));
  assertEquals(time(0x17, "500101000000Z"), Date.UTC(1950, 0, 1));
  assertEquals(time(0x18, "20500101000000Z"), Date.UTC(2050, 0, 1));
  assertThrows(() => time(0x17, "soon"), RangeError);
});

const combinations: [name: string, options: ServerOptions, says: string][] = [
  ["a key without a certificate", { tlsPrivateKey: "a" }, "without tlsCertificate"],
  ["a certificate without a key", { tlsCertificate: "a" }, "without tlsPrivateKey"],
  ["ciphers without a certificate", { tlsCiphers: "a" }, "tlsCiphers without tlsCertificate"],
  ["cert without key", { cert: "a" }, "without tlsPrivateKey"],
  [
    "cert beside tlsCertificate",
    { cert: "a", tlsCertificate: "a", key: "a" },
    "cert together with",
  ],
  [
    "clients' certificates without a CA",
    { cert: "a", key: "a", tlsClientAuth: "required" },
    "without tlsClientCa",
  ],
  [
    "a CA without client certificates",
    { cert: "a", key: "a", tlsClientCa: "a" },
    "without tlsClientAuth",
  ],
  [
    "client certificates by deno",
    { cert: "a", key: "a", tlsClientAuth: "required", tlsClientCa: "a", tlsAdapter: "deno" },
    'Cannot use clientAuth with TLS adapter "deno"',
  ],
  [
    "tls beside an option of it",
    { tls: { certificate: "a", privateKey: "a" }, tlsCiphers: "a" },
    "tls together with tlsCiphers",
  ],
  ["a misspelt setting", { tls: { certificat: "a" } as never }, "did you mean certificate"],
  ["settings without a key", { tls: { certificate: "a" } as never }, "without privateKey"],
];
for (const [name, options, says] of combinations) {
  Deno.test(`options refuse ${name}`, () => {
    assertThrows(() => new Server({ app: () => new Response(), ...options }), TypeError, says);
  });
}

Deno.test("options refuse tlsSni that is no pair of files", () => {
  for (const tlsSni of ["a.test", "a.test=a.crt", "=a,b"]) {
    const options = { cert: "a", key: "a", tlsSni };
    assertThrows(
      () => new Server({ app: () => new Response(), ...options }),
      RangeError,
      "for SNI",
    );
  }
});
