// Robusto in mode inline for the benches.

import { serve } from "../../../mod.ts";
import { handler } from "./handler.ts";

serve(handler, {
  port: 0,
  maxContentSize: Infinity,
  onListen: ({ port }) => console.log(`Listening on http://127.0.0.1:${port}/`),
});
