// Robusto with TLS, inline, as the bench measures it: `robusto_tls.ts OPTIONS`, these as JSON.

import { serve } from "../../../mod.ts";
import { handler } from "./handler.ts";

serve(handler, {
  ...JSON.parse(Deno.args[0]),
  port: 0,
  maxContentSize: Infinity,
  onLog: () => {}, // a load that ends is a failed handshake or two
  onListen: ({ port }) => console.log(`Listening on https://127.0.0.1:${port}/`),
});
