// Holds that serve() takes its arguments and options as Deno.serve takes them.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { type FetchInfo, serve, type Server } from "../../mod.ts";
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

Deno.test("the types of serve() take an object whose fetch knows the kind of address", async () => {
  await using server = serve({
    fetch(_request: Request, info: FetchInfo<Deno.NetAddr>) {
      return new Response(info.remoteAddr.hostname);
    },
  }, { port: 0, ...quiet });
  assertEquals(await textFrom(server), "127.0.0.1");
});

Deno.test("a port from the environment is a string of digits", async () => {
  await using server = serve({ port: "0", ...quiet }, HELLO);
  assertEquals(await textFrom(server), "hello");
  for (const port of ["", "80x", "0x50", " 80", "123456"]) {
    assertThrows(
      () => serve({ port }, HELLO),
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
  for (const transport of [{}, { transport: "unix" as const }]) {
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

/** The forms of Deno's documentation, with its types: where a form gives another type, this does not compile. */
function documentedForms(
  path: string,
  tls: { cert: string; key: string },
  seen: Set<string>,
): [name: string, start: (signal: AbortSignal) => Deno.HttpServer][] {
  const tcp: Deno.ServeHandler<Deno.NetAddr> = (_req, info) =>
    new Response(`hello ${info.remoteAddr.hostname} ${typeof info.remoteAddr.port}`);
  const any: Deno.ServeHandler = (_req, info) => new Response(`hello ${info.remoteAddr.transport}`);
  const tcpOptions: Deno.ServeTcpOptions = { port: 0 };
  const unixOptions: Deno.ServeUnixOptions = { path };
  const app = {
    fetch: (_req, info) => new Response(`hello ${info.remoteAddr.transport}`),
    onListen: (addr) => console.log(addr.transport),
  } satisfies Deno.ServeDefaultExport;
  const onTcp = (server: Deno.HttpServer<Deno.NetAddr>) => server;
  const onUnix = (server: Deno.HttpServer<Deno.UnixAddr>) => server;
  const failing = () => {
    throw new Error("hello");
  };
  return [
    [
      "options, handler",
      (signal) =>
        onTcp(serve({ port: 0, hostname: "127.0.0.1", signal }, (_req) => new Response("hello"))),
    ],
    ["info.remoteAddr of a TCP client", (signal) =>
      onTcp(serve(
        { port: 0, signal },
        (_req, info) => new Response(`hello ${info.remoteAddr.hostname.length}`),
      ))],
    ["all in one object", (signal) =>
      onTcp(serve({
        port: 0,
        hostname: "127.0.0.1",
        handler: (_req) => new Response("hello"),
        signal,
        onListen({ port, hostname }) {
          seen.add(`${hostname} ${typeof port}`);
        },
      }))],
    [
      "transport tcp",
      (signal) => onTcp(serve({ transport: "tcp", port: 0, signal }, () => new Response("hello"))),
    ],
    [
      "port in a string",
      (signal) => onTcp(serve({ port: "0", signal }, () => new Response("hello"))),
    ],
    ["ServeTcpOptions and ServeHandler", (signal) => onTcp(serve({ ...tcpOptions, signal }, tcp))],
    ["ServeHandler for any address", (signal) => onTcp(serve({ ...tcpOptions, signal }, any))],
    ["ServeInit", (signal) => {
      const init: Deno.ServeTcpOptions & Deno.ServeInit<Deno.NetAddr> = { port: 0, handler: tcp };
      return onTcp(serve({ ...init, signal }));
    }],
    [
      "path, handler",
      (signal) =>
        onUnix(
          serve(
            { signal, path },
            (_req, info) => new Response(`hello ${info.remoteAddr.transport}`),
          ),
        ),
    ],
    ["ServeUnixOptions", (signal) => onUnix(serve({ ...unixOptions, signal }, any))],
    ["path, all in one object", (signal) =>
      onUnix(serve({
        path,
        handler: (_req) => new Response("hello"),
        signal,
        onListen({ path }) {
          seen.add(path);
        },
      }))],
    [
      "cert, key",
      (signal) => onTcp(serve({ port: 0, ...tls, signal }, (_req) => new Response("hello"))),
    ],
    [
      "onError",
      (signal) =>
        onTcp(serve({ port: 0, signal, onError: (error) => new Response(String(error)) }, failing)),
    ],
    ["a promise from onError", (signal) =>
      onTcp(serve({
        port: 0,
        signal,
        onError: async (error) => await Promise.resolve(new Response(String(error))),
        handler: failing,
      }))],
    ["the default export of deno serve", (signal) => onTcp(serve(app, { port: 0, signal }))],
  ];
}

Deno.test("each form of Deno's documentation is accepted as it is, and serves until its signal", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/forms.sock`;
  const hasTls = noPki === undefined;
  const tls = hasTls
    ? { cert: Pki.shared.certificate("server"), key: Pki.shared.key("server") }
    : { cert: "", key: "" };
  const seen = new Set<string>();
  for (const [name, start] of documentedForms(path, tls, seen)) {
    if (name === "cert, key" && !hasTls) continue;
    const stop = new AbortController();
    const server = start(stop.signal);
    server.unref();
    server.ref();
    using client = clientFor(server.addr, tls.cert === "" ? [] : [Pki.shared.root]);
    const scheme = name === "cert, key" ? "https" : "http";
    const port = server.addr.transport === "tcp" ? server.addr.port : 80;
    const text = await (await fetch(`${scheme}://localhost:${port}/`, { client })).text();
    assert(text.includes("hello"), `${name}: ${text}`);
    stop.abort();
    await server.finished;
  }
  assertEquals(seen, new Set(["127.0.0.1 number", path]));
  await Deno.remove(folder, { recursive: true });
  await new Promise((resolve) => setTimeout(resolve, 1_100)); // the log counts equal lines for a second
});

Deno.test("serve(handler) and shutdown() are those of Deno.serve", async () => {
  const start = (): Deno.HttpServer<Deno.NetAddr> =>
    serve((_req, info) => new Response(info.remoteAddr.hostname), { port: 0, ...quiet });
  const server = start();
  assertEquals(await textFrom(server as Server), "127.0.0.1");
  await server.shutdown();
  await server.finished;
});

function clientFor(addr: Deno.Addr, caCerts: string[]): Deno.HttpClient {
  if (addr.transport !== "unix") return Deno.createHttpClient({ caCerts });
  return Deno.createHttpClient({ proxy: { transport: "unix", path: addr.path } });
}
