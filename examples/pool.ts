// deno run -A examples/pool.ts
//
// A program with a pool of workers. A handler is no value that could go to another thread, so the
// application is named by its URL. It is imported as well, so that `deno compile -A examples/pool.ts`
// makes one executable of all this with nothing to include by hand. With `handlerTimeout` workers are of
// the kind that can be ended: one that hangs is replaced, its request is answered 504, and the others
// notice nothing. An address may follow on the command line; without one it is 127.0.0.1:8070.

import { serve } from "../mod.ts";
import "./pool_app.ts";

const server = serve(new URL("./pool_app.ts", import.meta.url), {
  bind: Deno.args[0],
  minWorkers: 2,
  maxWorkers: 4,
  handlerTimeout: 1_000,
});

await server.finished;

// You see: curl http://127.0.0.1:8070/hang & curl http://127.0.0.1:8070/; wait -> Worker … has answered 1 Gateway Timeout
