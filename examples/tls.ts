// deno run -A examples/tls.ts
//
// HTTPS with a self-signed certificate from `openssl`. Clients do not trust it; for that it needs an
// authority. The first word of the command line is the address; without one it is 127.0.0.1:8070.

import { type FetchInfo, serve } from "../mod.ts";

const folder = await Deno.makeTempDir();
const [cert, key] = [`${folder}/own.crt`, `${folder}/own.key`];
const { success } = await new Deno.Command("openssl", {
  args: [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-keyout", key, "-out", cert, "-days", "30", "-subj", "/CN=localhost"],
    ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
  ],
  stderr: "null",
}).output();
if (!success) throw new Error("Cannot make a certificate: openssl failed");

const hello = (_request: Request, info: FetchInfo) =>
  new Response(`Hello over ${info.tls?.protocol}, ${info.tls?.cipher}!\n`);
// `serve` has read the files when it returns.
const server = serve(hello, { bind: Deno.args[0], tlsCertificate: cert, tlsPrivateKey: key });
await Deno.remove(folder, { recursive: true });
await server.finished;

// You see: curl --insecure https://127.0.0.1:8070/ -> Hello over TLSv1.3, TLS_AES_256_GCM_SHA384!
