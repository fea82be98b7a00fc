// tlsEnviron: the variables about TLS for WSGI applications.

import { assertEquals } from "@std/assert";
import { tlsEnviron } from "../../src/tls/tls_environ.ts";
import type { CertificateInfo, TlsInfo } from "../../src/tls/tls_info.ts";

const NOW = Date.UTC(2030, 0, 1);

const SERVER: CertificateInfo = {
  subject: [["CN", "example.org"]],
  issuer: [["C", "DE"], ["O", "Root"], ["CN", "Root CA"]],
  subjectAltNames: [["DNS", "example.org"], ["DNS", "www.example.org"], ["IP Address", "::1"]],
  version: 3,
  serialNumber: "0A1B",
  validFrom: Date.UTC(2029, 11, 31, 23, 59, 58),
  validTo: Date.UTC(2030, 0, 11, 12),
  fingerprint256: "00:11",
  pem: "-----BEGIN CERTIFICATE-----",
};

const CLIENT: CertificateInfo = {
  ...SERVER,
  subject: [["CN", "Ann"], ["OU", "a"], ["OU", "b"], ["emailAddress", "ann@example.org"], [
    "street",
    "x",
  ]],
  subjectAltNames: [["email", "ann@example.org"]],
  version: undefined,
  validTo: Date.UTC(2029, 11, 31),
};

const INFO: TlsInfo = {
  adapter: "node",
  library: "library 1",
  protocol: "TLSv1.3",
  cipher: "TLS_AES_256_GCM_SHA384",
  cipherBits: 256,
  serverName: "example.org",
  alpnProtocol: "http/1.1",
  clientVerification: "success",
  clientVerificationError: undefined,
  clientCertificate: CLIENT,
  serverCertificate: SERVER,
  sessionId: "beef",
};

Deno.test("tlsEnviron has a variable for all that is known", () => {
  assertEquals(tlsEnviron(INFO, NOW), [
    ["HTTPS", "on"],
    ["SSL_PROTOCOL", "TLSv1.3"],
    ["SSL_CIPHER", "TLS_AES_256_GCM_SHA384"],
    ["SSL_CIPHER_EXPORT", "false"],
    ["SSL_CIPHER_USEKEYSIZE", "256"],
    ["SSL_CIPHER_ALGKEYSIZE", "256"],
    ["SSL_COMPRESS_METHOD", "NULL"],
    ["SSL_VERSION_INTERFACE", "node"],
    ["SSL_VERSION_LIBRARY", "library 1"],
    ["SSL_CLIENT_VERIFY", "SUCCESS"],
    ["SSL_SESSION_ID", "beef"],
    ["SSL_TLS_SNI", "example.org"],
    ["SSL_SERVER_M_VERSION", "3"],
    ["SSL_SERVER_M_SERIAL", "0A1B"],
    ["SSL_SERVER_V_START", "Dec 31 23:59:58 2029 GMT"],
    ["SSL_SERVER_V_END", "Jan 11 12:00:00 2030 GMT"],
    ["SSL_SERVER_V_REMAIN", "10"],
    ["SSL_SERVER_S_DN", "CN=example.org"],
    ["SSL_SERVER_S_DN_CN", "example.org"],
    ["SSL_SERVER_I_DN", "C=DE,O=Root,CN=Root CA"],
    ["SSL_SERVER_I_DN_C", "DE"],
    ["SSL_SERVER_I_DN_O", "Root"],
    ["SSL_SERVER_I_DN_CN", "Root CA"],
    ["SSL_SERVER_SAN_DNS_0", "example.org"],
    ["SSL_SERVER_SAN_DNS_1", "www.example.org"],
    ["SSL_SERVER_CERT", "-----BEGIN CERTIFICATE-----"],
    ["SSL_CLIENT_M_SERIAL", "0A1B"],
    ["SSL_CLIENT_V_START", "Dec 31 23:59:58 2029 GMT"],
    ["SSL_CLIENT_V_END", "Dec 31 00:00:00 2029 GMT"],
    ["SSL_CLIENT_V_REMAIN", "0"],
    ["SSL_CLIENT_S_DN", "CN=Ann,OU=a,OU=b,Email=ann@example.org,street=x"],
    ["SSL_CLIENT_S_DN_CN", "Ann"],
    ["SSL_CLIENT_S_DN_OU", "a,b"],
    ["SSL_CLIENT_S_DN_OU_0", "a"],
    ["SSL_CLIENT_S_DN_OU_1", "b"],
    ["SSL_CLIENT_S_DN_Email", "ann@example.org"],
    ["SSL_CLIENT_I_DN", "C=DE,O=Root,CN=Root CA"],
    ["SSL_CLIENT_I_DN_C", "DE"],
    ["SSL_CLIENT_I_DN_O", "Root"],
    ["SSL_CLIENT_I_DN_CN", "Root CA"],
    ["SSL_CLIENT_SAN_Email_0", "ann@example.org"],
    ["SSL_CLIENT_CERT", "-----BEGIN CERTIFICATE-----"],
  ]);
});

Deno.test("tlsEnviron leaves out unknown values", () => {
  const nothing: TlsInfo = {
    adapter: "deno",
    library: undefined,
    protocol: undefined,
    cipher: undefined,
    cipherBits: undefined,
    serverName: undefined,
    alpnProtocol: undefined,
    clientVerification: "none",
    clientVerificationError: undefined,
    clientCertificate: undefined,
    serverCertificate: undefined,
    sessionId: undefined,
  };
  assertEquals(tlsEnviron(nothing), [
    ["HTTPS", "on"],
    ["SSL_COMPRESS_METHOD", "NULL"],
    ["SSL_VERSION_INTERFACE", "deno"],
    ["SSL_CLIENT_VERIFY", "NONE"],
  ]);
});

Deno.test("tlsEnviron leaves out the contents of an untrusted client certificate", () => {
  const info: TlsInfo = {
    ...INFO,
    clientVerification: "failed",
    clientVerificationError: "CERT_HAS_EXPIRED",
  };
  const variables = Object.fromEntries(tlsEnviron(info, NOW));
  assertEquals(variables["SSL_CLIENT_VERIFY"], "FAILED:CERT_HAS_EXPIRED");
  assertEquals(Object.keys(variables).filter((name) => name.startsWith("SSL_CLIENT_")), [
    "SSL_CLIENT_VERIFY",
  ]);
});
