// New certificates while the server serves: no client is refused or cut off.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Agent } from "node:https";
import { CertificateError } from "../../mod.ts";
import { until } from "../pool/pool_site.ts";
import { Latch } from "../support/latch.ts";
import { Site } from "../support/site.ts";
import { noPki, Pki } from "./pki.ts";
import { ask, portOf } from "./tls_clients.ts";

function test(name: string, fn: () => Promise<void>): void {
  const suffix = noPki === undefined ? "" : ` (${noPki})`;
  Deno.test({ name: name + suffix, ignore: noPki !== undefined, fn });
}

for (const tlsAdapter of ["deno", "node"] as const) {
  test(`${tlsAdapter}: a client that connects after a reload sees the new certificate`, async () => {
    const files = Pki.shared.copy("server");
    await using site = new Site(() => new Response("hello"), { ...files, tlsAdapter });
    const port = portOf(site);
    assertEquals((await ask(port)).shown, "localhost");
    for (const [holder, shown] of [["renewed", "renewed"], ["server", "localhost"]] as const) {
      Pki.shared.replace(files, holder);
      await site.server.reloadCertificates();
      assertEquals((await ask(port)).shown, shown);
    }
    assertEquals(site.events, ["certificates-reloaded", "certificates-reloaded"]);
    assertEquals(portOf(site), port);
  });

  test(`${tlsAdapter}: open connections stay open`, async () => {
    const files = Pki.shared.copy("server");
    const asked = new Latch();
    const response = new Latch();
    await using site = new Site(async (request) => {
      if (!request.url.endsWith("/wait")) return new Response("hello");
      asked.open();
      await response.passed();
      return new Response("waited");
    }, { ...files, tlsAdapter });
    const port = portOf(site);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    assertEquals((await ask(port, { agent })).text, "hello");
    const waiting = ask(port, { path: "/wait" });
    await asked.passed();
    Pki.shared.replace(files, "renewed");
    await site.server.reloadCertificates();
    const kept = await ask(port, { agent });
    assertEquals([kept.text, kept.shown], ["hello", "localhost"]);
    response.open();
    assertEquals((await waiting).text, "waited");
    assertEquals(site.server.stats.accepts, 2);
    agent.destroy();
  });

  test(`${tlsAdapter}: a broken pair leaves the old one in force`, async () => {
    const pki = Pki.shared;
    const files = pki.copy("server");
    await using site = new Site(() => new Response("hello"), { ...files, tlsAdapter });
    const breakages: [make: () => void, says: RegExp][] = [
      [
        () => Deno.copyFileSync(pki.key("second"), files.tlsPrivateKey),
        /is not the one of the cert/,
      ],
      [() => Deno.writeTextFileSync(files.tlsPrivateKey, "nothing"), /expected PEM with/],
      [() => Deno.removeSync(files.tlsPrivateKey), /Cannot read private key file/],
      [
        () =>
          Deno.writeTextFileSync(
            files.tlsCertificate,
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
          ),
        /malformed|expected PEM/,
      ],
    ];
    for (const [make, says] of breakages) {
      make();
      const reloading = () => site.server.reloadCertificates();
      assertMatch((await assertRejects(reloading, CertificateError)).message, says);
      const { event, level, error } = site.log.at(-1)!;
      assertEquals([event, level], ["certificates-refused", "error"]);
      assertMatch(String(error), says);
      assertEquals((await ask(portOf(site))).shown, "localhost");
    }
    pki.replace(files, "renewed");
    await site.server.reloadCertificates();
    assertEquals((await ask(portOf(site))).shown, "renewed");
  });
}

test("no request fails while certificates are reloaded under load", async () => {
  const files = Pki.shared.copy("server");
  await using site = new Site(() => new Response("hello"), files);
  const port = portOf(site);
  let over = false;
  const seen = new Map<string, number>();
  const client = async (agent: Agent | undefined) => {
    while (!over) {
      const { text, shown } = await ask(port, agent === undefined ? {} : { agent });
      assertEquals(text, "hello");
      seen.set(shown, (seen.get(shown) ?? 0) + 1);
    }
    agent?.destroy();
  };
  const kept = () => new Agent({ keepAlive: true, maxSockets: 1 });
  const clients = [...Array(8).fill(undefined), kept(), kept()].map(client);
  for (let i = 0; i < 20; i++) {
    const before = [...seen.values()].reduce((sum, count) => sum + count, 0);
    Pki.shared.replace(files, i % 2 === 0 ? "renewed" : "server");
    await site.server.reloadCertificates();
    await until(() => [...seen.values()].reduce((sum, count) => sum + count, 0) > before + 20);
  }
  over = true;
  await Promise.all(clients);
  assert(seen.get("renewed")! > 0 && seen.get("localhost")! > 0, JSON.stringify([...seen]));
  assertEquals(new Set(site.events), new Set(["certificates-reloaded"]));
});

test("files that change are read again with tlsReloadOnChange", async () => {
  const files = Pki.shared.copy("server");
  await using site = new Site(() => new Response("hello"), { ...files, tlsReloadOnChange: true });
  assertEquals((await ask(portOf(site))).shown, "localhost");
  Pki.shared.replace(files, "renewed");
  await until(() => site.events.includes("certificates-reloaded"), 10_000);
  assertEquals((await ask(portOf(site))).shown, "renewed");
});

test("a server without TLS has no certificates to reload", async () => {
  await using site = new Site(() => new Response("hello"));
  await assertRejects(() => site.server.reloadCertificates(), TypeError, "there is no TLS");
});
