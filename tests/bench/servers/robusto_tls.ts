// Robusto with TLS in mode inline for the benches: `robusto_tls.ts OPTIONS`, options as JSON.

import { serve } from "../../../mod.ts";
import { handler } from "./handler.ts";

serve(handler, {
  ...JSON.parse(Deno.args[0]),
  port: 0,
  maxContentSize: Infinity,
  onLog: () => {}, // the end of a load interrupts some handshakes
  onListen: ({ port }) => console.log(`Listening on https://127.0.0.1:${port}/`),
});
