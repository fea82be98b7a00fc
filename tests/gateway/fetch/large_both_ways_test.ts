// A client that sends all of a large upload before it reads the large response: the upload is dropped
// meanwhile, or both sides would wait for each other until writeTimeout.

import { assertEquals } from "@std/assert";
import { ACCEPTING, loadedSite, WORKERS } from "../wsgi/wsgi_site.ts";
import { RawClient } from "../../support/raw_client.ts";
import { octets } from "../../wire/row.ts";

const FIXTURE = new URL("fixtures/large_both_ways.ts", import.meta.url);
const SIZE = 16_000_000;

for (const { name, options } of [...ACCEPTING, ...WORKERS]) {
  for (const path of ["/octets", "/text"]) {
    for (const close of ["", "Connection: close|"]) {
      Deno.test(`${name}: a client writes first and reads later: ${path} ${close}`, async () => {
        await using site = await loadedSite(FIXTURE, { ...options, writeTimeout: 5_000 });
        const { port } = site.server.addr;
        const conn = await Deno.connect({ hostname: "127.0.0.1", port });
        const client = new RawClient(conn);
        await client.send(
          octets(`POST ${path} HTTP/1.1|Host: a|${close}Content-Length: ${SIZE}||`),
        );
        await client.send(new Uint8Array(SIZE)); // nothing is read before all of it is sent
        const response = await client.read();
        assertEquals([response.status, response.content.length], [200, SIZE]);
        client.close();
      });
    }
  }
}
