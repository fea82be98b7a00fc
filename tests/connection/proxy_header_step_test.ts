// The step that reads PROXY headers, by itself. It leaves exactly the octets behind the header for the next
// step, which may be TLS.

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { proxyHeaderStep } from "../../src/connection/proxy_header_step.ts";
import { ProxyHeaderError } from "../../src/proxies/proxy_header.ts";
import { TrustedSources } from "../../src/proxies/trusted_sources.ts";
import type { ByteStream } from "../../src/io/byte_stream.ts";
import { MemoryStream } from "../support/memory_stream.ts";
import { settle } from "../support/scripted_stream.ts";
import { BINARY, joined, LINE } from "../proxies/headers.ts";

const TLS = Uint8Array.of(0x16, 0x03, 0x01, 0x00, 0x05, 1, 2, 3, 4, 5);
const trusted = new TrustedSources(["10.0.0.1"]);
const endpoints = {
  scheme: "http",
  localAddr: { transport: "tcp", hostname: "10.0.0.9", port: 80 },
  remoteAddr: { transport: "tcp", hostname: "10.0.0.1", port: 5000 },
  peer: { pid: 1, uid: 2, gid: 3, user: undefined, group: undefined },
} as const;

async function readAll(stream: ByteStream): Promise<number[]> {
  const octets: number[] = [];
  const part = new Uint8Array(3);
  for (let count = await stream.read(part); count !== null; count = await stream.read(part)) {
    octets.push(...part.subarray(0, count));
  }
  return octets;
}

for (const [name, header] of [["1", LINE], ["2", BINARY]] as const) {
  for (const step of [Infinity, 1, 7, header.length, header.length + 1]) {
    Deno.test(`behind a header of version ${name} in pieces of ${step} all octets are left`, async () => {
      const [client, server] = MemoryStream.pair();
      const receiving = proxyHeaderStep("required", trusted)({ stream: server, endpoints });
      const wire = joined(header, TLS);
      for (let at = 0; at < wire.length; at += step) {
        await client.write(wire.subarray(at, at + step));
        await settle();
      }
      await client.closeWrite();
      const arrival = await receiving;
      assertEquals(await readAll(arrival.stream), [...TLS]);
      assertEquals(arrival.endpoints, {
        ...endpoints,
        remoteAddr: { transport: "tcp", hostname: "192.0.2.1", port: 1000 },
        localAddr: { transport: "tcp", hostname: "198.51.100.2", port: 443 },
      });
    });
  }
}

Deno.test("without a header the first octets are left too", async () => {
  const [client, server] = MemoryStream.pair();
  await client.write(TLS);
  await client.closeWrite();
  const arrival = await proxyHeaderStep("optional", trusted)({ stream: server, endpoints });
  assertEquals(await readAll(arrival.stream), [...TLS]);
  assertStrictEquals(arrival.endpoints, endpoints);
});

Deno.test("a client that resets before its first octet is no failure of the step", async () => {
  const [client, server] = MemoryStream.pair();
  const receiving = proxyHeaderStep("required", trusted)({ stream: server, endpoints });
  await client.peerStarved();
  client.reset();
  assertStrictEquals((await receiving).stream, server);
});

Deno.test("a stream that fails within a header is a failure", async () => {
  const [client, server] = MemoryStream.pair();
  await client.write(LINE.subarray(0, 5));
  const receiving = proxyHeaderStep("optional", trusted)({ stream: server, endpoints });
  const failing = assertRejects(() => receiving, Deno.errors.ConnectionReset);
  await client.peerStarved();
  client.reset();
  await failing;
});

Deno.test("a source that is not trusted is closed unread where a header is required", async () => {
  const [, server] = MemoryStream.pair();
  const stranger = { ...endpoints, remoteAddr: { ...endpoints.remoteAddr, hostname: "10.0.0.2" } };
  const receiving = proxyHeaderStep("required", trusted)({ stream: server, endpoints: stranger });
  await assertRejects(() => receiving, ProxyHeaderError, "the source is not one of trustedProxies");
});
