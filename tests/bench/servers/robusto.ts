// Robusto in mode inline for the benches: `robusto.ts OPTIONS`, options as JSON.

import { serve } from "../../../mod.ts";
import { handler } from "./handler.ts";

serve(handler, {
  ...JSON.parse(Deno.args[0]),
  port: 0,
  maxContentSize: Infinity,
  onListen: ({ port }) => console.log(`Listening on http://127.0.0.1:${port}/`),
});
