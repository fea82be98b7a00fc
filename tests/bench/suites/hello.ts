// The suites of small requests without workers: one at a time on each connection, and pipelined.

import { plainRequest } from "../load/request_load.ts";
import { SERVER_CORE } from "../load/server_process.ts";
import { DENO_SERVE, NODE_HTTP, ROBUSTO } from "../servers/specs.ts";
import type { Suite } from "../suite.ts";
import { compareRequests, REQUEST_COLUMNS } from "./compare_requests.ts";

/** One request at a time. */
export const hello: Suite = suite("hello", "Hello world!", 1);
/** 16 requests in one write. */
export const pipelined: Suite = suite("pipelined", "16 in one write", 16);

function suite(name: string, what: string, pipelined: number): Suite {
  return {
    name,
    needs: ["taskset", "wrk"],
    columns: REQUEST_COLUMNS,
    async *run({ rounds, seconds }) {
      yield await compareRequests({
        group: `${what}: 64 connections, server on one core`,
        specs: [ROBUSTO, DENO_SERVE, NODE_HTTP],
        cores: SERVER_CORE,
        load: { request: plainRequest("/"), pipelined, seconds },
        base: DENO_SERVE.name,
        rounds,
      });
    },
  };
}
