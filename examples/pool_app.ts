// deno run -A mod.ts examples/pool_app.ts
//
// An application for a pool. Each worker loads this module, so each has its own `responses` and `worker`; a
// number that all workers share belongs in a database. The path `/hang` computes without end: see
// examples/pool.ts.

let worker = 0;
let responses = 0;

/** Called in each worker before its first request. */
export function onWorkerStart(info: { workerId: number }): void {
  worker = info.workerId;
}

export default {
  fetch(request: Request): Response {
    if (request.url.endsWith("/hang")) { for (;;); }
    responses++;
    return new Response(`Worker ${worker} sends response ${responses}\n`);
  },
};

// You see: curl http://127.0.0.1:8070/ -> Worker … sends response 1
