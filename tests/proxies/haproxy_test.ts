// Servers behind a real HAProxy, with the configuration of examples/deploy/.

import { assertEquals } from "@std/assert";
import { Front, type Places, testWith } from "./front.ts";
import {
  Backends,
  CLAIMS,
  CLIENT,
  curl,
  expectSteps,
  LARGE,
  restartUnderLoad,
  seen,
  withLargeFile,
} from "./fronted.ts";

const HTTP_PORT = 8080;
const TCP_PORT = 8081;
const PORTS = [HTTP_PORT, TCP_PORT];

type Urls = { readonly http: string; readonly tcp: string };

function behindHaproxy(
  claim: string,
  fn: (urls: Urls, backends: Backends) => Promise<void>,
  places: Places = {},
): void {
  testWith("haproxy", `behind HAProxy ${claim}`, async () => {
    await using backends = new Backends({ proxyProtocol: "optional" });
    await using front = await Front.haproxy("haproxy.cfg", PORTS, {
      ...backends.places,
      ...places,
    });
    await fn({ http: front.url(HTTP_PORT), tcp: front.url(TCP_PORT) }, backends);
    assertEquals(backends.faults, []);
  });
}

behindHaproxy("forged fields do not change the client", async ({ http }) => {
  const { from, url } = await seen(...CLAIMS, `${http}/who?a=b`);
  assertEquals([from, url], [CLIENT, `${http}/who?a=b`]);
});

const headers: [name: string, places: Places][] = [
  ["of version 2", {}],
  ["of version 1", { "send-proxy-v2": "send-proxy" }],
  [
    "of version 2 with a checksum and other extensions",
    { "send-proxy-v2": "send-proxy-v2 proxy-v2-options crc32c,ssl,unique-id" },
  ],
];
for (const [name, places] of headers) {
  behindHaproxy(
    `as a TCP proxy the client is in a PROXY header ${name}`,
    async ({ tcp }, backends) => {
      const { from, local, url } = await seen(...CLAIMS, `${tcp}/who`);
      assertEquals([from, local, url], [CLIENT, tcp.slice("http://".length), `${tcp}/who`]);
      assertEquals(await curl(`${tcp}/refuse`, `${tcp}/refuse`), "nono"); // over one connection
      await withLargeFile(async (path) => {
        assertEquals((await seen("--upload-file", path, `${tcp}/who`)).size, LARGE.length);
      });
      await expectSteps(`${tcp}/steps`, backends);
    },
    places,
  );
}

behindHaproxy("connections to the servers are reused", async ({ http }, backends) => {
  const urls = Array.from({ length: 20 }, () => `${http}/who`);
  const responses = await curl("--write-out", "\n", ...urls); // over one connection of the client
  assertEquals(responses.trim().split("\n").length, 20);
  // One for each server, and one made when the test checked HAProxy's TCP port.
  const [one, two] = backends.accepts;
  assertEquals(one + two <= 3, true, `${one} and ${two}`);
}, { " check": "" }); // health checks would be accepted connections too

behindHaproxy("uploads arrive, with a length and chunked", async ({ http }) => {
  await withLargeFile(async (path) => {
    for (const coding of [[], ["--header", "Transfer-Encoding: chunked"]]) {
      const { size, framing, from } = await seen(...coding, "--upload-file", path, `${http}/who`);
      assertEquals([size, from], [LARGE.length, CLIENT]);
      assertEquals(framing, coding.length === 0 ? "length" : "chunked");
    }
  });
});

behindHaproxy("an early error response reaches an uploading client", async ({ http, tcp }) => {
  await withLargeFile(async (path) => {
    for (const url of [http, tcp]) {
      const content = await curl("--header", "Expect:", "--upload-file", path, `${url}/refuse`);
      assertEquals(content, "no");
    }
  });
});

behindHaproxy("responses arrive piece by piece", async ({ http }, backends) => {
  await expectSteps(`${http}/steps`, backends);
});

for (const method of ["GET", "POST"]) {
  behindHaproxy(
    `no response to ${method} is lost when the servers restart`,
    async ({ http }, backends) => {
      const body = method === "POST" ? "abc" : null;
      const counts = await restartUnderLoad(`${http}/who`, backends, { method, body });
      assertEquals(Object.keys(counts), ["200"], JSON.stringify(counts));
    },
  );
}

behindHaproxy(
  "a response in progress is completed when its server stops",
  async (urls, backends) => {
    await expectSteps(`${urls.http}/steps`, backends, () => backends.stop());
  },
);
