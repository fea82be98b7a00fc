// A client over TLS that leaves while its stream is silent: the stream is cancelled, with each adapter.

import { serve } from "../../mod.ts";
import { until } from "../support/latch.ts";
import { noPki, Pki } from "./pki.ts";

for (const tlsAdapter of ["deno", "node"] as const) {
  Deno.test(`a silent stream is cancelled when its client has left, with adapter ${tlsAdapter}`, {
    ignore: noPki !== undefined,
  }, async () => {
    let cancelled = false;
    const silent = () =>
      new ReadableStream({
        start: (stream) => stream.enqueue(new Uint8Array(1)),
        cancel: () => void (cancelled = true),
      });
    const cert = Pki.shared.certificate("server");
    const key = Pki.shared.key("server");
    const options = { port: 0, tlsAdapter, cert, key, onListen() {} };
    await using server = serve(() => new Response(silent()), options);
    const { port } = server.addr;
    const caCerts = [Pki.shared.root];
    const client = await Deno.connectTls({ hostname: "localhost", port, caCerts });
    await client.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    await client.read(new Uint8Array(1_000));
    client.close();
    await until(() => cancelled, 5_000);
  });
}
