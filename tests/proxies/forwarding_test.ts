// Fields of trusted proxies over real sockets, as applications see the result.

import { assertEquals } from "@std/assert";
import type { StartResponse } from "../../src/gateway/wsgi/mod.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { Server } from "../../src/server/server.ts";
import { contentText, RawClient } from "../support/raw_client.ts";
import { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";
import { from, HERE, readReport, withTrustedProxy } from "./trusted_proxy.ts";
import type { Report } from "./fixtures/who.ts";
import { LINE } from "./headers.ts";

const trusting = { trustedProxies: [HERE, "10.0.0.0/8"] } as const;
const CLAIMS = "X-Forwarded-For: 203.0.113.5, 192.0.2.1, 10.0.0.2|X-Forwarded-Proto: https|" +
  "X-Forwarded-Host: shop.example:8443|Forwarded: for=198.51.100.1;proto=http;host=other.example|";

async function ask(site: Site, fields: string, line = "GET /a?b HTTP/1.1"): Promise<Report> {
  using client = await site.connect();
  await client.send(octets(`${line}|Host: a.example|${fields}|`));
  return await readReport(client);
}

withTrustedProxy("a trusted proxy tells client, scheme and host", trusting, async (site) => {
  const report = await ask(site, CLAIMS);
  assertEquals(from(report), "192.0.2.1 0");
  assertEquals(report.url, "https://shop.example:8443/a?b");
  assertEquals(report.localAddr, site.server.addr);
  assertEquals(report.rawHeaders.length, 5, "fields stay as they were sent");
  assertEquals(report.rawHeaders[1][1], "203.0.113.5, 192.0.2.1, 10.0.0.2");
});

withTrustedProxy("a trusted proxy tells client, scheme and host in Forwarded", {
  ...trusting,
  forwardedFields: "forwarded",
}, async (site) => {
  const report = await ask(site, CLAIMS);
  assertEquals([from(report), report.url], ["198.51.100.1 0", "http://other.example/a?b"]);
  const ipv6 = await ask(site, 'Forwarded: for="[2001:DB8::7]:4711";proto=https|');
  assertEquals([from(ipv6), ipv6.url], ["2001:db8::7 4711", "https://a.example/a?b"]);
});

const untrusted: [name: string, options: ServerOptions][] = [
  ["without trusted proxies", {}],
  ["from an untrusted source", { trustedProxies: ["10.0.0.0/8", "unix", "::1"] }],
  ["with forwardedFields off", { ...trusting, forwardedFields: "off" }],
];
for (const [name, options] of untrusted) {
  withTrustedProxy(`the fields of proxies are ignored ${name}`, options, async (site) => {
    const report = await ask(site, CLAIMS);
    assertEquals((report.remoteAddr as Deno.NetAddr).hostname, HERE);
    assertEquals((report.remoteAddr as Deno.NetAddr).port > 0, true);
    assertEquals(report.url, "http://a.example/a?b");
    assertEquals(
      report.rawHeaders.map(([, value]) => value).join("|"),
      [
        "a.example",
        "203.0.113.5, 192.0.2.1, 10.0.0.2",
        "https",
        "shop.example:8443",
        "for=198.51.100.1;proto=http;host=other.example",
      ].join("|"),
    );
  });
}

withTrustedProxy(
  "each request of a connection has its own client",
  trusting,
  async (site) => {
    const client = await site.connect();
    const request = (address: string) =>
      octets(`GET / HTTP/1.1|Host: a|X-Forwarded-For: ${address}||`);
    for (const address of ["192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.1"]) {
      await client.send(request(address));
      assertEquals(from(await readReport(client)), `${address} 0`);
    }
    await client.send(octets("GET / HTTP/1.1|Host: a||"));
    assertEquals(from(await readReport(client)).startsWith(HERE), true);
  },
);

withTrustedProxy(
  "a request with malformed fields of proxies gets its response",
  trusting,
  async (site) => {
    const report = await ask(
      site,
      "X-Forwarded-For: <x>|X-Forwarded-Proto: gopher|X-Forwarded-Host: a/b|",
    );
    assertEquals([from(report).startsWith(HERE), report.url], [true, "http://a.example/a?b"]);
    assertEquals(site.events, Array(3).fill("forwarded-ignored"));
    assertEquals(site.log.map(({ level }) => level), Array(3).fill("warn"));
  },
);

withTrustedProxy(
  "a forwarded host that no URL can have is rejected as in Host",
  trusting,
  async (site) => {
    const client = await site.connect();
    await client.send(octets("GET / HTTP/1.1|Host: a|X-Forwarded-Host: 999.1.1.1||"));
    assertEquals((await client.read()).status, 400);
  },
);

withTrustedProxy("the log of an exchange names the client", trusting, async (site) => {
  const client = await site.connect();
  await client.send(octets("GET /fail HTTP/1.1|Host: a|X-Forwarded-For: 192.0.2.9||"));
  assertEquals((await client.read()).status, 500);
  assertEquals((site.log[0].remoteAddr as Deno.NetAddr).hostname, "192.0.2.9");
});

withTrustedProxy("a request with content has its forwarded client too", trusting, async (site) => {
  const fields = "X-Forwarded-For: 192.0.2.1|Content-Length: 3|";
  using client = await site.connect();
  await client.send(octets(`POST / HTTP/1.1|Host: a|${fields}|abc`));
  const report = await readReport(client);
  assertEquals([from(report), report.content], ["192.0.2.1 0", "abc"]);
});

const both = { ...trusting, proxyProtocol: "required" } as const;

withTrustedProxy(
  "after a PROXY header fields of an untrusted client are ignored",
  both,
  async (site) => {
    const client = await site.connect();
    await client.send(LINE);
    await client.send(octets(`GET / HTTP/1.1|Host: a|${CLAIMS}|`));
    const report = await readReport(client);
    assertEquals([from(report), report.url], ["192.0.2.1 1000", "http://a/"]);
  },
);

withTrustedProxy("after a PROXY header fields of a trusted proxy are used", both, async (site) => {
  const client = await site.connect();
  await client.send(octets("PROXY TCP4 10.0.0.7 10.0.0.8 1 2|"));
  await client.send(octets(`GET / HTTP/1.1|Host: a|${CLAIMS}|`));
  const report = await readReport(client);
  assertEquals([from(report), report.url], ["192.0.2.1 0", "https://shop.example:8443/"]);
});

Deno.test("a WSGI application finds client, scheme and host in its environ", async () => {
  const names = ["REMOTE_ADDR", "wsgi.url_scheme", "HTTP_HOST", "HTTP_X_FORWARDED_FOR"];
  const app = {
    wsgi(environ: Record<string, unknown>, startResponse: StartResponse) {
      startResponse("200 OK", []);
      return [new TextEncoder().encode(names.map((name) => environ[name]).join(" "))];
    },
  };
  await using site = new Site(app, trusting);
  const response = await site.ask(`GET / HTTP/1.1|Host: a.example|${CLAIMS}|`);
  const claimed = "203.0.113.5, 192.0.2.1, 10.0.0.2";
  assertEquals(contentText(response), `192.0.2.1 https shop.example:8443 ${claimed}`);
  const other = await site.ask("GET / HTTP/1.1|Host: a.example||");
  assertEquals(contentText(other), "127.0.0.1 http a.example ");
});

Deno.test("the rules hold over IPv6", async () => {
  const server = new Server({
    app: new URL("./fixtures/who.ts", import.meta.url),
    mode: "inline",
    bind: ["[::]:0"], // both versions of IP: IPv4 clients appear as ::ffff:127.0.0.1
    trustedProxies: ["127.0.0.0/8", "::1"],
    proxyProtocol: "optional",
    onLog: () => {},
  });
  await server.prepare();
  const serving = server.serve();
  try {
    for (const hostname of ["127.0.0.1", "::1"]) {
      for (const header of ["", "PROXY TCP6 ::1 ::1 1 2|"]) {
        using client = new RawClient(await Deno.connect({ hostname, port: server.addr.port }));
        const fields = "X-Forwarded-For: 192.0.2.1, 127.0.0.3, ::ffff:127.0.0.2|";
        await client.send(octets(`${header}GET / HTTP/1.1|Host: a|${fields}|`));
        assertEquals(from(await readReport(client)), "192.0.2.1 0");
      }
    }
  } finally {
    await server.stop();
    await serving;
  }
});

Deno.test("the rules hold in mode sharded", async () => {
  const server = new Server({
    app: new URL("./fixtures/who.ts", import.meta.url),
    mode: "sharded",
    minWorkers: 2,
    bind: "127.0.0.1:0",
    trustedProxies: [HERE],
    proxyProtocol: "required",
    onLog: () => {},
  });
  await server.prepare();
  const serving = server.serve();
  try {
    const { hostname, port } = server.addr;
    using client = new RawClient(await Deno.connect({ hostname, port }));
    await client.send(octets("PROXY UNKNOWN|GET / HTTP/1.1|Host: a|X-Forwarded-For: 192.0.2.1||"));
    const report: Report = JSON.parse(contentText(await client.read()));
    assertEquals(from(report), "192.0.2.1 0");
  } finally {
    await server.stop();
    await serving;
  }
});
