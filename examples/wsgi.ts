// deno run -A mod.ts examples/wsgi.ts
//
// A WSGI application (PEP 3333) in TypeScript. It runs in workers, so `read()` may block: it blocks only this
// worker, until the client has sent more. Each piece of the response is sent in the same way.

import type { StartResponse, WsgiEnviron } from "../src/gateway/wsgi/mod.ts";

const encoder = new TextEncoder();

function* app(environ: WsgiEnviron, startResponse: StartResponse): Generator<Uint8Array> {
  startResponse("200 OK", [["Content-Type", "text/plain; charset=utf-8"]]);
  yield encoder.encode(`${environ.REQUEST_METHOD} ${environ.PATH_INFO}\n`);
  let number = 0;
  for (const line of environ["wsgi.input"]) {
    yield encoder.encode(`${++number}: `);
    yield line;
  }
}

export default { wsgi: app };

// You see: printf 'one\ntwo\n' | curl --data-binary @- http://127.0.0.1:8070/lines -> POST /lines 1: one 2: two
