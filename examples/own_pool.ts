// deno run -A examples/own_pool.ts
//
// Slow reports with a worker of their own: while it computes, more reports wait for it, and nobody else
// notices. A report that takes longer than two seconds is ended and answered 504. The front page is a
// value and runs in this thread; a module in the server's own pool would notice as little. An address
// may follow on the command line; without one it is 127.0.0.1:8070.

import { PathDispatcher, serve } from "../mod.ts";

const apps = new PathDispatcher({
  "/": () => new Response("The front page, at once\n"),
  "/reports": {
    app: new URL("./pool_app.ts", import.meta.url),
    pool: { maxWorkers: 1, handlerTimeout: 2_000 },
  },
});

const server = serve(apps, { bind: Deno.args[0] });

await server.finished;

// You see: curl http://127.0.0.1:8070/reports/hang & curl http://127.0.0.1:8070/; wait -> The front page, at once Gateway Timeout
