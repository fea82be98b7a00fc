// deno run -A examples/library.ts
//
// A server inside a program of its own: no module is named, the handler is a function. An address may
// follow on the command line; without one it is 127.0.0.1:8070.

import { serve } from "../mod.ts";

const server = serve((request) => {
  const { pathname } = new URL(request.url);
  return new Response(`You asked for ${pathname}\n`);
}, { bind: Deno.args[0] });

await server.finished;

// You see: curl http://127.0.0.1:8070/a/page -> You asked for /a/page
