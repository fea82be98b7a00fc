// Certificates of clients: good, untrusted, expired and missing.

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect } from "node:tls";
import type { FetchInfo } from "../../src/gateway/fetch/fetch_handler.ts";
import type { TlsInfo } from "../../src/tls/tls_info.ts";
import { until } from "../pool/pool_site.ts";
import { Site } from "../support/site.ts";
import { type Holder, noPki, Pki } from "./pki.ts";
import { ask, curl, portOf } from "./tls_clients.ts";

function test(name: string, fn: () => Promise<void>): void {
  const suffix = noPki === undefined ? "" : ` (${noPki})`;
  Deno.test({ name: name + suffix, ignore: noPki !== undefined, fn });
}

const showTls = (_request: Request, info: FetchInfo) => Response.json(info.tls);

function siteOf(tlsClientAuth: "optional" | "required"): Site {
  return new Site(showTls, {
    ...Pki.shared.files(),
    tlsClientAuth,
    tlsClientCa: Pki.shared.certificate("root"),
  });
}

/** A client's certificate and key. */
function identity(name: Holder): { cert: string; key: string } {
  return Pki.shared.pem(name);
}

const versions = ["TLSv1.2", "TLSv1.3"] as const;

for (const maxVersion of versions) {
  for (const auth of ["optional", "required"] as const) {
    test(`${auth}, ${maxVersion}: the application sees a trusted certificate`, async () => {
      await using site = siteOf(auth);
      const { text } = await ask(portOf(site), { ...identity("client"), maxVersion });
      const info: TlsInfo = JSON.parse(text);
      assertEquals(info.protocol, maxVersion);
      assertEquals(info.clientVerification, "success");
      assertEquals(info.clientCertificate?.subject, [
        ["O", "Acme"],
        ["OU", "a"],
        ["OU", "b"],
        ["CN", "Ann\u00e9"],
        ["emailAddress", "ann@example.org"],
      ]);
      assertEquals(info.clientCertificate?.issuer, [["CN", "root"]]);
      assertEquals(info.clientCertificate?.subjectAltNames, [
        ["email", "ann@example.org"],
        ["URI", "urn:a"],
      ]);
      assertEquals(info.clientCertificate?.pem, Pki.shared.text(Pki.shared.certificate("client")));
      assertEquals(info.serverCertificate?.pem, Pki.shared.text(Pki.shared.certificate("server")));
      assertEquals(site.log, []);
    });
  }

  for (
    const [name, reason] of [["stranger", /UNABLE|SELF|ISSUER/], [
      "expiredClient",
      /EXPIRED/,
    ]] as const
  ) {
    test(`optional, ${maxVersion}: the application sees of a ${name} only that it is not trusted`, async () => {
      await using site = siteOf("optional");
      const { text } = await ask(portOf(site), { ...identity(name), maxVersion });
      const info: TlsInfo = JSON.parse(text);
      assertEquals(info.clientVerification, "failed");
      assertMatch(info.clientVerificationError!, reason);
      assertEquals(info.clientCertificate, undefined);
    });

    test(`required, ${maxVersion}: a ${name} is not served`, async () => {
      await using site = siteOf("required");
      await assertRejects(() => ask(portOf(site), { ...identity(name), maxVersion }));
      await until(() => site.log.length === 1);
      assertEquals(site.log[0].code, "certificate-refused");
      assertMatch(String(site.log[0].error), reason);
      assertEquals(site.server.stats.requests, 0);
      await until(() => site.server.stats.connections === 0);
    });
  }

  test(`optional, ${maxVersion}: a client without a certificate is served`, async () => {
    await using site = siteOf("optional");
    const { text } = await ask(portOf(site), { maxVersion });
    const info: TlsInfo = JSON.parse(text);
    assertEquals([info.clientVerification, info.clientCertificate], ["none", undefined]);
  });

  test(`required, ${maxVersion}: a client without a certificate is not served`, async () => {
    await using site = siteOf("required");
    await assertRejects(() => ask(portOf(site), { maxVersion }));
    await until(() => site.log.length === 1);
    assertEquals(site.log[0].code, "certificate-required");
    assertEquals(site.server.stats.requests, 0);
  });
}

test("the certificate of a server is not accepted from a client", async () => {
  await using site = siteOf("optional");
  const { text } = await ask(portOf(site), identity("server"));
  // It has no extended key usage, so it may be either (RFC 5280 §4.2.1.12).
  assertEquals(JSON.parse(text).clientVerification, "success");
});

test("required: a client without a certificate that sends its request at once gets no response", async () => {
  await using site = siteOf("required");
  const ended = Promise.withResolvers<string>();
  let heard = "";
  const socket = connect({
    host: "127.0.0.1",
    port: portOf(site),
    ca: Pki.shared.root,
    servername: "localhost",
    ...identity("stranger"),
  }, () => socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  socket.on("data", (piece) => heard += piece);
  socket.on("error", () => {});
  socket.on("close", () => ended.resolve(heard));
  assertEquals(await ended.promise, "");
  assertEquals(site.server.stats.requests, 0);
});

test("curl sends a certificate, and is served without one where none is required", async () => {
  await using site = siteOf("required");
  const url = `https://localhost:${portOf(site)}/`;
  const pki = Pki.shared;
  const shown = await curl("--cert", pki.certificate("client"), "--key", pki.key("client"), url);
  assertEquals(JSON.parse(shown.output).clientVerification, "success");
  assertEquals((await curl(url)).code !== 0, true);
});
