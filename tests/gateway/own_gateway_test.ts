// The gateways of the examples, in every thread that applications run in.

import { assertEquals } from "@std/assert";
import { contentText } from "../support/raw_client.ts";
import { ROOT } from "../support/program.ts";
import type { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";
import { ACCEPTING, loadedSite, type Place, WORKERS } from "./wsgi/wsgi_site.ts";

function exampleSite(name: string, { options }: Place): Promise<Site> {
  return loadedSite(new URL(`examples/${name}`, ROOT), options);
}

for (const place of [...ACCEPTING, ...WORKERS]) {
  Deno.test(`${place.name}: the Gateway of an example responds`, async () => {
    await using site = await exampleSite("gateway.ts", place);
    assertEquals(contentText(await site.ask("GET /evening HTTP/1.1|Host: a||")), "Good night\n");
    assertEquals((await site.ask("GET /noon HTTP/1.1|Host: a||")).status, 404);
    assertEquals(site.events, []);
  });

  Deno.test(`${place.name}: the Gateway of an example blocks where it may, and awaits elsewhere`, async () => {
    await using site = await exampleSite("own_gateway.ts", place);
    assertEquals(
      contentText(await site.ask("GET / HTTP/1.1|Host: a||")),
      "You sent 0 characters\n",
    );
    const client = await site.connect();
    await client.send(octets("POST / HTTP/1.1|Host: a|Content-Length: 200000||"));
    for (let i = 0; i < 20; i++) await client.send(new Uint8Array(10_000).fill(97));
    assertEquals(contentText(await client.read()), "You sent 200000 characters\n");
    assertEquals(site.events, []);
  });
}

for (const place of WORKERS) {
  Deno.test(`${place.name}: the failure of a blocking Gateway's content is the status of the response`, async () => {
    await using site = await exampleSite("own_gateway.ts", place);
    const chunked = "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||";
    assertEquals((await site.ask(`${chunked}3|abc|x|`)).status, 400);
    assertEquals(site.events, ["request-refused"]);
  });
}
