// deno run -A examples/graceful_stop.ts
//
// An AbortSignal stops the server. Requests in flight get their responses, with `Connection: close`.
// `finished` resolves when the last socket is closed.

import { serve } from "../mod.ts";

const stop = new AbortController();

const server = serve(async (request) => {
  if (new URL(request.url).pathname !== "/stop") return new Response("Serving\n");
  stop.abort();
  await new Promise((resolve) => setTimeout(resolve, 100)); // the server stops in the meantime
  return new Response("Stopping, but not without your response\n");
}, { bind: Deno.args[0], signal: stop.signal });

await server.finished;
console.log("Stopped");

// You see: curl -i http://127.0.0.1:8070/stop -> HTTP/1.1 200 … close … not without your response
