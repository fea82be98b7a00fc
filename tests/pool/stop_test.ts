// A pool that stops: exchanges in flight finish, and those that cannot finish do not delay the stop.

import { assert, assertEquals } from "@std/assert";
import { within } from "../support/latch.ts";
import { contentText, saysClose } from "../support/raw_client.ts";
import { octets } from "../wire/row.ts";
import { Gate, KINDS, pool, poolSite, until } from "./pool_site.ts";

const get = (target: string) => `GET ${target} HTTP/1.1|Host: a||`;

for (const workerKind of KINDS) {
  Deno.test(`${workerKind}: stop() lets exchanges in flight finish`, async () => {
    using gate = new Gate();
    await using site = poolSite("faults.ts", { workerKind });
    const waiting = site.ask(get(gate.target("/wait")));
    await gate.reached();
    const stopped = site.server.stop();
    gate.open();
    const response = await waiting;
    assertEquals([response.status, contentText(response)], [200, "waited"]);
    assert(saysClose(response));
    await within(stopped);
    assertEquals(pool(site).workers, []);
  });

  Deno.test(`${workerKind}: a handler that hangs delays stop() by shutdownTimeout and no more`, async () => {
    using gate = new Gate();
    await using site = poolSite("hooks.ts", { workerKind, shutdownTimeout: 50 });
    const client = await site.connect();
    await client.send(octets(get(gate.target("/hang"))));
    await gate.reached();
    await within(site.server.stop(), 1_000);
    assertEquals(pool(site).workers, []);
    await client.expectCut();
    assert(gate.notes.includes("stopped"), "onWorkerStop is called all the same");
  });

  Deno.test(`${workerKind}: a handler in a loop does not keep stop() from resolving`, async () => {
    using gate = new Gate();
    await using site = poolSite("faults.ts", { workerKind, shutdownTimeout: 50 });
    const client = await site.connect();
    await client.send(octets(get(gate.target("/spin"))));
    await gate.reached();
    await within(site.server.stop(), 1_500);
    assertEquals(pool(site).workers, []);
    assertEquals(pool(site).abandonedWorkers, workerKind === "web" ? 1 : 0);
    await client.expectCut();
  });

  Deno.test(`${workerKind}: threads are ended while content flows in both directions`, async () => {
    await using site = poolSite("content.ts", {
      ...{ workerKind, shutdownTimeout: 50, maxContentSize: Infinity },
    });
    using download = await site.dial();
    using upload = await site.dial();
    await download.write(octets(get("/endless?gate=")));
    await upload.write(octets("POST /stream HTTP/1.1|Host: a|Transfer-Encoding: chunked||"));
    const received = [0, 0];
    const read = async (conn: Deno.Conn, index: number) => {
      const target = new Uint8Array(65_536);
      for (let count; (count = await conn.read(target)) !== null;) received[index] += count;
    };
    const write = async () => {
      const chunk = octets(`10000|${"a".repeat(65_536)}|`);
      for (;;) {
        for (let at = 0; at < chunk.length;) at += await upload.write(chunk.subarray(at));
      }
    };
    const flows = Promise.allSettled([read(download, 0), read(upload, 1), write()]);
    await until(() => received.every((count) => count > 4 * 1024 * 1024));
    await within(site.server.stop(), 1_500);
    assertEquals(pool(site).workers, []);
    await within(flows);
  });

  Deno.test(`${workerKind}: abort() does not wait for exchanges in flight`, async () => {
    using gate = new Gate();
    await using site = poolSite("faults.ts", { workerKind });
    const client = await site.connect();
    await client.send(octets(get(gate.target("/wait"))));
    await gate.reached();
    await within(site.server.abort(), 1_000);
    assertEquals(pool(site).workers, []);
  });

  Deno.test(`${workerKind}: a server stops while its workers load`, async () => {
    await using site = poolSite("faults.ts", { workerKind });
    await within(site.server.stop());
    await site.server.finished;
    assertEquals(pool(site).workers, []);
    assertEquals(site.events, []);
  });
}
