// The variables that depend on more than the octets of a request: the mount path, TLS, the peer of a UNIX
// socket, the server. cheroot_test.ts compares the others with Cheroot.

import { assertEquals, assertMatch } from "@std/assert";
import type { Exchange } from "../../../src/exchange/exchange.ts";
import { buildEnviron, type WsgiVersion } from "../../../src/gateway/wsgi/environ.ts";
import type { Environ } from "../../../src/gateway/wsgi/environ.ts";
import type { TlsInfo } from "../../../src/tls/tls_info.ts";
import { FakeExchange } from "../../pool/fake_exchange.ts";

/** The environ of a request that differs from a plain one. */
function environOf(target: string, more: Partial<Exchange>, version: WsgiVersion = "1.0"): Environ {
  const exchange = new FakeExchange(target);
  for (const [name, value] of Object.entries(more)) {
    Object.defineProperty(exchange, name, { value });
  }
  return buildEnviron(exchange, version);
}

const MOUNTS: readonly [mountPath: string, target: string, script: string, path: string][] = [
  ["", "/", "", "/"],
  ["", "/blog/a", "", "/blog/a"],
  ["/blog", "/blog", "/blog", ""],
  ["/blog", "/blog/", "/blog", "/"],
  ["/blog", "/blog/a/b", "/blog", "/a/b"],
  ["/%62log", "/%62log/a%20b", "/blog", "/a b"],
  ["/a%2fb", "/a%2fb/c", "/a%2Fb", "/c"],
  ["/caf%C3%A9", "/caf%C3%A9/x", "/caf\u00c3\u00a9", "/x"],
  ["/café", "/caf%C3%A9/x", "/caf\u00c3\u00a9", "/x"],
];
for (const [mountPath, target, script, path] of MOUNTS) {
  Deno.test(`mounted at "${mountPath}", ${target} is split`, () => {
    const { SCRIPT_NAME, PATH_INFO, REQUEST_URI } = environOf(target, { mountPath });
    assertEquals([SCRIPT_NAME, PATH_INFO, REQUEST_URI], [script, path, target]);
  });
}

Deno.test("u.0 has mount and path in Unicode, or both in Latin-1", () => {
  const mountPath = "/caf%C3%A9";
  const utf8 = environOf("/caf%C3%A9/%E2%82%AC?q", { mountPath }, "u.0");
  assertEquals(
    [utf8.SCRIPT_NAME, utf8.PATH_INFO, utf8.QUERY_STRING, utf8["wsgi.url_encoding"]],
    ["/café", "/€", "q", "utf-8"],
  );
  const latin1 = environOf("/caf%C3%A9/%FF", { mountPath }, "u.0");
  assertEquals(
    [latin1.SCRIPT_NAME, latin1.PATH_INFO, latin1["wsgi.url_encoding"]],
    ["/caf\u00c3\u00a9", "/\u00ff", "ISO-8859-1"],
  );
  assertEquals(environOf("/%EF%BB%BFa", {}, "u.0").PATH_INFO, "/\ufeffa");
});

const TLS: TlsInfo = {
  adapter: "node",
  library: undefined,
  protocol: "TLSv1.3",
  cipher: undefined,
  cipherBits: undefined,
  serverName: "example.org",
  alpnProtocol: undefined,
  clientVerification: "success",
  clientVerificationError: undefined,
  clientCertificate: {
    subject: [["CN", "J\u00fcrgen \u20ac"]],
    issuer: [],
    subjectAltNames: [],
    version: 3,
    serialNumber: "1",
    validFrom: 0,
    validTo: 0,
    fingerprint256: "",
    pem: "pem",
  },
  serverCertificate: undefined,
  sessionId: undefined,
};

Deno.test("variables of TLS have one character for each octet", () => {
  const environ = environOf("/", { tls: TLS, scheme: "https" });
  assertEquals(environ["wsgi.url_scheme"], "https");
  assertEquals(environ.HTTPS, "on");
  assertEquals(environ.SSL_PROTOCOL, "TLSv1.3");
  assertEquals(environ.SSL_TLS_SNI, "example.org");
  assertEquals(environ.SSL_CLIENT_VERIFY, "SUCCESS");
  assertEquals(environ.SSL_CLIENT_S_DN_CN, "J\u00c3\u00bcrgen \u00e2\u0082\u00ac");
  assertEquals(environOf("/", {}).HTTPS, undefined);
});

Deno.test("the peer of a UNIX socket has the variables that are known", () => {
  const unix = { transport: "unix", path: "/run/x" } as const;
  const ends = { localAddr: unix, remoteAddr: unix };
  const ids = { pid: 1, uid: 2, gid: 3, user: undefined, group: undefined };
  const known = environOf("/", { ...ends, peer: ids });
  assertEquals([known.SERVER_PORT, known.REMOTE_ADDR, known.REMOTE_PORT], ["80", "", ""]);
  assertEquals([known.X_REMOTE_PID, known.X_REMOTE_UID, known.X_REMOTE_GID], ["1", "2", "3"]);
  assertEquals([known.REMOTE_USER, known.X_REMOTE_USER, known.X_REMOTE_GROUP], [
    undefined,
    undefined,
    undefined,
  ]);
  const named = environOf("/", { ...ends, peer: { ...ids, user: "ann", group: "staff" } });
  assertEquals([named.REMOTE_USER, named.X_REMOTE_USER, named.X_REMOTE_GROUP], [
    "ann",
    "ann",
    "staff",
  ]);
  assertEquals(environOf("/", ends).X_REMOTE_PID, undefined);
});

Deno.test("SERVER_NAME and SERVER_PORT are those of the listener, and fit into a URL", () => {
  const server = {
    name: "product",
    software: "s/1",
    protocol: "HTTP/1.0",
    multiprocess: true,
  } as const;
  const unix = { transport: "unix", path: "/run/x" } as const;
  const v6 = { transport: "tcp", hostname: "::1", port: 8070 } as const;
  const listenerOf = (changes: Partial<Exchange>) => {
    const { SERVER_NAME, SERVER_PORT } = environOf("/", changes);
    return `${SERVER_NAME}:${SERVER_PORT}`;
  };
  assertEquals(listenerOf({ server }), "127.0.0.1:1");
  assertEquals(listenerOf({ server: { ...server, name: "" } }), "127.0.0.1:1");
  assertEquals(listenerOf({ localAddr: v6 } as object), "[::1]:8070");
  assertEquals(listenerOf({ localAddr: unix } as object), "localhost:80");
  assertEquals(listenerOf({ localAddr: unix, scheme: "https" } as object), "localhost:443");
});

Deno.test("SERVER_SOFTWARE and more is what the server is set to", () => {
  const server = { name: "", software: "s/1", protocol: "HTTP/1.0", multiprocess: true } as const;
  const environ = environOf("/", { server } as object);
  assertEquals(environ.SERVER_SOFTWARE, "s/1");
  assertEquals(environ.ACTUAL_SERVER_PROTOCOL, "HTTP/1.0");
  assertEquals(environ["wsgi.multiprocess"], true);
  assertMatch(environOf("/", {}).SERVER_SOFTWARE as string, /^Robusto\/[0-9.]+ Server$/);
});

Deno.test("field names that clients invent are taken in any number", () => {
  const exchange = new FakeExchange("/");
  for (let i = 0; i < 1000; i++) {
    const fields = Object.assign(Object.create(exchange.head.fields), {
      names: [`X-${i}`, "Content-Type", "content-TYPE"],
      values: [String(i), "a", "b"],
    });
    Object.defineProperty(exchange, "head", {
      value: { ...exchange.head, fields },
      configurable: true,
    });
    const environ = buildEnviron(exchange, "1.0");
    assertEquals([environ[`HTTP_X_${i}`], environ.CONTENT_TYPE], [String(i), "a, b"]);
  }
});
