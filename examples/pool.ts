// deno run -A examples/pool.ts
//
// A program with a pool of workers. A function cannot be sent to another thread, so the program names the
// application by its URL. It imports it as well, so that `deno compile -A examples/pool.ts` puts it into the
// executable. With `handlerTimeout` workers are killable: one that hangs is replaced, its request gets a 504,
// and the other workers continue. The first word of the command line is the address; without one it is
// 127.0.0.1:8070.

import { serve } from "../mod.ts";
import "./pool_app.ts";

const server = serve(new URL("./pool_app.ts", import.meta.url), {
  bind: Deno.args[0],
  minWorkers: 2,
  maxWorkers: 4,
  handlerTimeout: 1_000,
});

await server.finished;

// You see: curl http://127.0.0.1:8070/hang & curl http://127.0.0.1:8070/; wait -> Worker … sends response 1 Gateway Timeout
