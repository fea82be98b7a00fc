// Robusto with a pool of workers for the benches: `pooled.ts OPTIONS`, options as JSON.

import { ModuleApp, serve } from "../../../mod.ts";

serve(new ModuleApp(new URL("handler.ts", import.meta.url), "handler"), {
  ...JSON.parse(Deno.args[0]),
  port: 0,
  maxContentSize: Infinity,
  onLog: (event) => {
    if (event.event !== "handler-timeout") console.error(event); // the recovery bench causes these
  },
  onListen: ({ port }) => console.log(`Listening on http://127.0.0.1:${port}/`),
});
