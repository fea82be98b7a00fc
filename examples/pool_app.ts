// deno run -A mod.ts examples/pool_app.ts
//
// An application for a pool. Each worker loads this module for itself, so `answered` and `worker` are
// one worker's own; a number that all of them share belongs into a database. The path `/hang` computes for
// ever: examples/pool.ts shows what becomes of that.

let worker = 0;
let answered = 0;

/** Called in each worker before its first request. */
export function onWorkerStart(info: { workerId: number }): void {
  worker = info.workerId;
}

export default {
  fetch(request: Request): Response {
    if (request.url.endsWith("/hang")) { for (;;); }
    answered++;
    return new Response(`Worker ${worker} has answered ${answered}\n`);
  },
};

// You see: curl http://127.0.0.1:8070/ -> Worker … has answered 1
