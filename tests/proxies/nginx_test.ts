// Servers behind a real nginx, with the configurations of examples/deploy/.

import { assertEquals } from "@std/assert";
import { DEFAULTS } from "../../src/options/defaults.ts";
import { ROOT } from "../support/program.ts";
import { Front, testWith } from "./front.ts";
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

const PORT = 8080;
const STREAM_PORT = 8081;

function behindNginx(
  claim: string,
  fn: (url: string, backends: Backends) => Promise<void>,
): void {
  testWith("nginx", `behind nginx ${claim}`, async () => {
    await using backends = new Backends();
    await using front = await Front.nginx("nginx.conf", [PORT], backends.places);
    await fn(front.url(PORT), backends);
    assertEquals(backends.faults, []);
  });
}

behindNginx("forged fields do not change the client", async (url) => {
  const { from, url: asked } = await seen(...CLAIMS, `${url}/who?a=b`);
  assertEquals([from, asked], [CLIENT, `${url}/who?a=b`]);
});

behindNginx("connections to the servers are reused", async (url, backends) => {
  for (let round = 0; round < 10; round++) {
    await seen(`${url}/who`);
    await seen("--data", "abc", `${url}/who`);
  }
  assertEquals(backends.accepts, [1, 1]);
});

behindNginx("uploads arrive, buffered and streamed", async (url) => {
  await withLargeFile(async (path) => {
    for (const coding of [[], ["--header", "Transfer-Encoding: chunked"]]) {
      for (const [where, chunked] of [["/who", "length"], ["/stream/who", "chunked"]]) {
        const { size, framing, from } = await seen(...coding, "--upload-file", path, url + where);
        assertEquals([size, from], [LARGE.length, CLIENT]);
        assertEquals(framing, coding.length === 0 ? "length" : chunked);
      }
    }
  });
});

behindNginx("an early error response reaches an uploading client", async (url) => {
  await withLargeFile(async (path) => {
    for (const where of ["/refuse", "/stream/refuse"]) {
      const content = await curl("--header", "Expect:", "--upload-file", path, url + where);
      assertEquals(content, "no", where);
    }
  });
});

behindNginx(
  "responses arrive piece by piece where nginx does not buffer",
  async (url, backends) => {
    await expectSteps(`${url}/stream/steps`, backends);
  },
);

behindNginx(
  "responses with X-Accel-Buffering: no arrive piece by piece everywhere",
  async (url, backends) => {
    await expectSteps(`${url}/steps`, backends);
  },
);

for (const method of ["GET", "POST"]) {
  behindNginx(
    `no response to ${method} is lost when the servers restart`,
    async (url, backends) => {
      const body = method === "POST" ? "abc" : null;
      const counts = await restartUnderLoad(`${url}/who`, backends, { method, body });
      assertEquals(Object.keys(counts), ["200"], JSON.stringify(counts));
    },
  );
}

behindNginx(
  "a response in progress is completed when its server stops",
  async (url, backends) => {
    await expectSteps(`${url}/stream/steps`, backends, () => backends.stop());
  },
);

testWith(
  "nginx stream",
  "behind nginx as a TCP proxy the client is in the PROXY header",
  async () => {
    await using backends = new Backends({ proxyProtocol: "required" });
    const { "127.0.0.1:8070": one } = backends.places;
    const place = { "127.0.0.1:8070": one };
    await using front = await Front.nginx("nginx_stream.conf", [STREAM_PORT], place);
    const url = front.url(STREAM_PORT);
    const { from, local, url: asked } = await seen(...CLAIMS, `${url}/who`);
    assertEquals([from, local, asked], [CLIENT, url.slice("http://".length), `${url}/who`]);
    assertEquals(await curl(`${url}/refuse`, `${url}/refuse`), "nono"); // over one connection
    await withLargeFile(async (path) => {
      assertEquals((await seen("--upload-file", path, `${url}/who`)).size, LARGE.length);
    });
    await expectSteps(`${url}/steps`, backends);
    assertEquals(backends.faults, []);
  },
);

Deno.test("in the configurations of examples/deploy/ a proxy closes idle connections before Robusto does", () => {
  for (
    const [name, pattern] of [
      ["nginx.conf", /^ *keepalive_timeout ([0-9]+)s;$/m],
      ["haproxy.cfg", /^ *timeout http-keep-alive ([0-9]+)s$/m],
      ["haproxy.cfg", /^ *timeout server ([0-9]+)s$/m],
    ] as const
  ) {
    const text = Deno.readTextFileSync(new URL(`examples/deploy/${name}`, ROOT));
    assertEquals(Number(pattern.exec(text)?.[1]) * 1_000 < DEFAULTS.keepAliveTimeout, true, name);
  }
});
