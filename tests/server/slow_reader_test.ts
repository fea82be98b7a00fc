// Clients that read slowly, over real sockets, whose send queues the system shows in part only.

import { assert, assertEquals } from "@std/assert";
import { sendQueueOf } from "../../src/net/send_queue.ts";
import { isDisconnect } from "../../src/io/disconnect_error.ts";
import { Site } from "../support/site.ts";
import { within } from "../support/latch.ts";
import { octets } from "../wire/row.ts";

const ignore = Deno.build.os !== "linux"; // no other system lists the queues
const CONTENT = new Uint8Array(30_000_000);
const WRITE_TIMEOUT = 2_000;

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

for (
  const [what, respond] of Object.entries({
    "bytes": () => new Response(CONTENT),
    "a stream": () => new Response(new Blob([CONTENT]).stream()),
  })
) {
  Deno.test({
    name: `writeTimeout does not cut a client that reads ${what} steadily, and slowly`,
    ignore,
    async fn() {
      await using site = new Site(respond, { writeTimeout: WRITE_TIMEOUT });
      using conn = await site.dial();
      await conn.write(octets("GET / HTTP/1.1|Host: a||"));
      const part = new Uint8Array(20_000);
      // The system asks for more only when a third of its queue is free: 1.3 MB, 3 s at this rate.
      for (let reads = 0; reads < 160; reads++) {
        await conn.read(part);
        await pause(50);
      }
      assertEquals(site.events, []);
      const since = performance.now();
      while (site.events.length === 0 && performance.now() - since < 5_000) await pause(50);
      assertEquals(site.events, ["write-timeout"]); // it has stopped reading
    },
  });
}

Deno.test({
  name: "sendQueueOf shows what the system holds for a peer, over IPv4 and IPv6",
  ignore,
  async fn() {
    for (const hostname of ["127.0.0.1", "::1"]) {
      using listener = Deno.listen({ hostname, port: 0 });
      using client = await Deno.connect({ hostname, port: listener.addr.port });
      using conn = await listener.accept();
      assertEquals(await sendQueueOf(conn.localAddr, conn.remoteAddr), 0);
      let sent = 0;
      const writing = (async () => {
        while (true) sent += await conn.write(CONTENT.subarray(0, 1_000_000));
      })().catch((error) => assert(isDisconnect(error)));
      await pause(300);
      const full = await within(sendQueueOf(conn.localAddr, conn.remoteAddr));
      assert(full! > 0 && full! <= sent, `${full} of ${sent}`);
      conn.close();
      client.close();
      await writing;
    }
  },
});

Deno.test("sendQueueOf knows nothing of UNIX sockets", async () => {
  const unix = { transport: "unix", path: "/tmp/x" } as const;
  assertEquals(await sendQueueOf(unix, unix), undefined);
});
