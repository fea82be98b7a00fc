// deno run -A mod.ts examples/frameworks/node_http.ts
//
// An `http.Server` as `http.createServer` makes it: it is the default export and does not listen.

import { createServer } from "node:http";

export default createServer((request, response) => {
  response.setHeader("Content-Type", "text/plain");
  request.pipe(response);
});

// You see: curl -s -d 'sent back' http://127.0.0.1:8070/ -> sent back
