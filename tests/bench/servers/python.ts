// Robusto with a Python application for the benches: `python.ts OPTIONS`, options as JSON.

import { ModuleApp, serve } from "../../../mod.ts";

serve(new ModuleApp(new URL("wsgi_app.py", import.meta.url)), {
  ...JSON.parse(Deno.args[0]),
  port: 0,
  onLog: console.error,
  onListen: ({ port }: Deno.NetAddr) => console.log(`Listening on http://127.0.0.1:${port}/`),
});
