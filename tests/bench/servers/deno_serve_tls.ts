// Deno.serve with TLS for the benches: `deno_serve_tls.ts OPTIONS`, options as JSON.

import { handler } from "./handler.ts";

const { tlsCertificate, tlsPrivateKey } = JSON.parse(Deno.args[0]);

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  cert: Deno.readTextFileSync(tlsCertificate),
  key: Deno.readTextFileSync(tlsPrivateKey),
  onListen: ({ port }) => console.log(`Listening on https://127.0.0.1:${port}/`),
}, handler);
