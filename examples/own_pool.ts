// deno run -A examples/own_pool.ts
//
// Slow reports in a dedicated pool of one worker. While it computes, other reports wait, and the front page
// does not: it is a function and runs in this thread. A module in the server's pool would not wait either. A
// report that takes longer than two seconds is aborted and gets a 504. The first word of the command line is
// the address; without one it is 127.0.0.1:8070.

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
