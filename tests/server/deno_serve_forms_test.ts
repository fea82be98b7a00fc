// Holds that serve() takes its arguments and options as Deno.serve takes them.

import { assertEquals, assertThrows } from "@std/assert";
import { serve, type Server } from "../../mod.ts";
import { noPki, Pki } from "../tls/pki.ts";

const HELLO = () => new Response("hello");
const quiet = { onListen() {} };

async function textFrom(server: Server): Promise<string> {
  const { hostname, port } = server.addr;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return await (await fetch(`http://${host}:${port}/`)).text();
}

Deno.test("serve() takes options and then a handler", async () => {
  await using server = serve({ port: 0, ...quiet }, HELLO);
  assertEquals(await textFrom(server), "hello");
});

Deno.test("serve() takes one object with the handler and the options", async () => {
  await using server = serve({ port: 0, ...quiet, handler: HELLO });
  assertEquals(await textFrom(server), "hello");
});

Deno.test("serve() takes an object with fetch as the application, whatever else it has", async () => {
  const app = { fetch: HELLO, handler: () => new Response("not this") };
  await using server = serve(app, { port: 0, ...quiet });
  assertEquals(await textFrom(server), "hello");
});

Deno.test("a port from the environment is a string of digits", async () => {
  await using server = serve({ port: "0" as unknown as number, ...quiet }, HELLO);
  assertEquals(await textFrom(server), "hello");
  for (const port of ["", "80x", "0x50", " 80", "123456"]) {
    assertThrows(
      () => serve({ port: port as unknown as number }, HELLO),
      TypeError,
      "Cannot use port",
    );
  }
});

Deno.test("an IPv6 address may be in brackets", async () => {
  await using server = serve({ hostname: "[::1]", port: 0, ...quiet }, HELLO);
  assertEquals(server.addr.hostname, "::1");
  assertEquals(await textFrom(server), "hello");
});

Deno.test("path is a UNIX socket, with or without transport", async () => {
  const folder = await Deno.makeTempDir();
  for (const transport of [{}, { transport: "unix" }]) {
    const path = `${folder}/app.sock`;
    const options = { path, ...transport, onListen() {} };
    await using server = serve<Deno.UnixAddr>(options, HELLO);
    assertEquals(server.addr.path, path);
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
    assertEquals(await (await fetch("http://localhost/", { client })).text(), "hello");
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("what contradicts itself is refused before anything is opened", () => {
  const wrong: [object, string][] = [
    [{ path: "/tmp/a.sock", port: 0 }, "Cannot use path together with bind, hostname or port"],
    [{ path: "/tmp/a.sock", bind: "8070" }, "Cannot use path together with bind, hostname or port"],
    [{ port: 0, transport: "unix" }, 'Cannot use transport "unix"'],
    [{ path: "/tmp/a.sock", transport: "tcp" }, 'Cannot use transport "tcp"'],
    [{ port: 0, transport: "vsock" }, 'Cannot use transport "vsock"'],
    [{ port: 0, automaticCompression: true }, "the server compresses nothing"],
    [{ bind: "unix:/tmp/a.sock", reusePort: true }, "Cannot use reusePort: it is about TCP ports"],
  ];
  for (const [options, message] of wrong) {
    assertThrows(() => serve(options, HELLO), TypeError, message);
  }
});

Deno.test("reusePort without Deno's flag is an error that names the flag", {
  ignore: "listenDatagram" in Deno,
}, () => {
  assertThrows(() => serve({ port: 0, reusePort: true }, HELLO), TypeError, "--unstable-net");
});

Deno.test("with reusePort two servers listen on one port, with TLS too", {
  ignore: noPki !== undefined,
}, async () => {
  const program = `
    import { serve } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};
    const tlsCertificate = ${JSON.stringify(Pki.shared.certificate("server"))};
    const tlsPrivateKey = ${JSON.stringify(Pki.shared.key("server"))};
    const tls = (tlsAdapter) => ({ tlsCertificate, tlsPrivateKey, tlsAdapter });
    for (const options of [{}, tls("deno"), tls("node")]) {
      const shared = { reusePort: true, ...options, onListen() {} };
      const one = serve({ port: 0, ...shared }, () => new Response("1"));
      const two = serve({ port: one.addr.port, ...shared }, () => new Response("2"));
      console.log(one.addr.port === two.addr.port);
      await Promise.all([one.stop(), two.stop()]);
    }`;
  const module = "data:text/javascript," + encodeURIComponent(program);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--unstable-net", module],
  }).output();
  const text = (octets: Uint8Array) => new TextDecoder().decode(octets);
  assertEquals(text(stdout), "true\ntrue\ntrue\n", text(stderr));
});

Deno.test("onListen gets the address in the program that serves, in mode pool too", async () => {
  const heard: Deno.Addr[] = [];
  const app = new URL("../../examples/hello.ts", import.meta.url);
  await using server = serve(app, {
    port: 0,
    minWorkers: 1,
    onListen: (addr) => heard.push(addr),
  });
  await (await fetch(`http://${server.bindAddr}/`)).text();
  assertEquals(heard, [server.addr]);
});
