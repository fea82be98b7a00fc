// TLS in every mode: what handlers see of it, and reloads.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { connect } from "node:tls";
import { ModuleApp, Server, type ServerOptions } from "../../mod.ts";
import { turn } from "../support/latch.ts";
import { Site } from "../support/site.ts";
import { noPki, Pki } from "./pki.ts";
import { ask, portOf, say } from "./tls_clients.ts";

const APP = new URL("./fixtures/show_tls.ts", import.meta.url);

function test(name: string, fn: () => Promise<void>): void {
  const suffix = noPki === undefined ? "" : ` (${noPki})`;
  Deno.test({ name: name + suffix, ignore: noPki !== undefined, fn });
}

const clientAuth = (): ServerOptions => ({
  ...Pki.shared.files(),
  tlsClientAuth: "optional",
  tlsClientCa: Pki.shared.certificate("root"),
});

for (const mode of ["inline", "pool", "sharded"] as const) {
  test(`${mode}: a handler sees the TLS and the client's certificate`, async () => {
    const workers = mode === "inline" ? {} : { minWorkers: 2 };
    const server = new Server({
      app: APP,
      mode,
      bind: "127.0.0.1:0",
      onLog: () => {},
      ...workers,
      ...clientAuth(),
    });
    await server.prepare();
    const serving = server.serve();
    const response = await ask(server.addr.port, Pki.shared.pem("client"));
    const told = JSON.parse(response.text);
    assertEquals([told.scheme, told.adapter, told.protocol], ["https:", "node", "TLSv1.3"]);
    assertEquals([told.cipher, told.cipherBits], ["TLS_AES_256_GCM_SHA384", 256]);
    assertEquals([told.serverName, told.clientVerification], ["localhost", "success"]);
    assertEquals(told.clientCertificate.subject[0], ["O", "Acme"]);
    assertEquals(told.serverCertificate.issuer, [["CN", "root"]]);
    await server.stop();
    await serving;
  });
}

test("pool: the deno adapter gives what it knows", async () => {
  await using site = new Site(APP, { ...Pki.shared.files(), tlsAdapter: "deno", minWorkers: 1 });
  const told = JSON.parse((await ask(portOf(site))).text);
  assertEquals([told.adapter, told.clientVerification, told.protocol], ["deno", "none", undefined]);
  assertEquals(told.serverCertificate.subject[2], ["CN", "localhost"]);
});

test("pool: a WSGI application finds mod_ssl's variables", async () => {
  await using site = new Site(new ModuleApp(APP, "wsgi"), { ...clientAuth(), minWorkers: 1 });
  const environ = JSON.parse((await ask(portOf(site), Pki.shared.pem("client"))).text);
  assertEquals([environ["wsgi.url_scheme"], environ["HTTPS"]], ["https", "on"]);
  assertEquals([environ["SSL_PROTOCOL"], environ["SSL_CLIENT_VERIFY"]], ["TLSv1.3", "SUCCESS"]);
  assertEquals(environ["SSL_CLIENT_S_DN_Email"], "ann@example.org");
  assertEquals(environ["SSL_SERVER_S_DN_CN"], "localhost");
});

test("sharded: every thread has the new certificate after a reload", async () => {
  const files = Pki.shared.copy("server");
  const server = new Server({
    app: APP,
    mode: "sharded",
    minWorkers: 2,
    bind: "127.0.0.1:0",
    onLog: () => {},
    ...files,
  });
  await server.prepare();
  const serving = server.serve();
  const { port } = server.addr;
  for (let i = 0; i < 10; i++) assertEquals((await ask(port)).shown, "localhost");
  Pki.shared.replace(files, "renewed");
  await server.reloadCertificates();
  for (let i = 0; i < 20; i++) assertEquals((await ask(port)).shown, "renewed");
  await server.stop();
  await serving;
});

test("sharded: the deno adapter is refused, as threads cannot share its socket", () => {
  const options = { ...Pki.shared.files(), mode: "sharded", tlsAdapter: "deno" } as const;
  assertThrows(() => new Server({ app: APP, ...options }), TypeError, 'mode "sharded"');
  return Promise.resolve();
});

test("cert and key are taken as in Deno.serve", async () => {
  await using site = new Site(() => new Response("hello"), Pki.shared.pem());
  assertEquals((await ask(portOf(site))).text, "hello");
  assert(site.log.length === 0);
});

test("a PROXY header may stand before TLS", async () => {
  await using site = new Site((request) => new Response(new URL(request.url).protocol), {
    ...Pki.shared.files(),
    proxyProtocol: "required",
    trustedProxies: "127.0.0.1",
  });
  await using relay = await relayTo(portOf(site), "PROXY TCP4 192.0.2.1 192.0.2.2 5 443\r\n");
  assertEquals((await ask(relay.port)).text, "https:");
  assertEquals(site.log, []);
});

test("a UNIX socket can speak TLS", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/a.sock`;
  await using site = new Site((request) => new Response(new URL(request.url).protocol), {
    ...Pki.shared.files(),
    bind: `unix:${path}`,
  });
  while (site.server.stats.runtime === 0) await turn();
  const socket = connect({ path, ca: Pki.shared.root, servername: "localhost" });
  assertMatch(await say(socket, "GET / HTTP/1.0\r\nHost: a\r\n\r\n"), /https:$/);
  assertEquals(site.log, []);
  await site.server.stop();
  await Deno.remove(folder, { recursive: true });
});

/** Passes one connection on, with a text in front. */
async function relayTo(port: number, text: string): Promise<{ port: number } & AsyncDisposable> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const passing = (async () => {
    const client = await listener.accept();
    const server = await Deno.connect({ hostname: "127.0.0.1", port });
    await server.write(new TextEncoder().encode(text));
    await Promise.allSettled([
      client.readable.pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ]);
  })();
  await Promise.resolve();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      await passing;
      listener.close();
    },
  };
}
