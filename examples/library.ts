// deno run -A examples/library.ts
//
// A server inside a program: the application is a function of this program, not a module. The first word of
// the command line is the address; without one it is 127.0.0.1:8070.

import { serve } from "../mod.ts";

const server = serve((request) => {
  const { pathname } = new URL(request.url);
  return new Response(`You asked for ${pathname}\n`);
}, { bind: Deno.args[0] });

await server.finished;

// You see: curl http://127.0.0.1:8070/a/page -> You asked for /a/page
