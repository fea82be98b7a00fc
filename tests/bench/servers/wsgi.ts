// Robusto with a WSGI application in TypeScript for the benches: `wsgi.ts OPTIONS`, options as JSON.

import { ModuleApp, serve } from "../../../mod.ts";

serve(new ModuleApp(new URL("works_wsgi.ts", import.meta.url)), {
  ...JSON.parse(Deno.args[0]),
  port: 0,
  onLog: console.error,
  onListen: ({ port }: Deno.NetAddr) => console.log(`Listening on http://127.0.0.1:${port}/`),
});
