// The suites of TLS: requests over kept connections, and requests with a handshake each.

import { Pki } from "../../tls/pki.ts";
import { plainRequest, type RequestLoad } from "../load/request_load.ts";
import { SERVER_CORE, type ServerSpec } from "../load/server_process.ts";
import type { Suite } from "../suite.ts";
import { compareRequests, REQUEST_COLUMNS } from "./compare_requests.ts";

const BASE = "Deno.serve, TLS";
/** Shortest load in seconds: 64 handshakes come before the first response. */
const SHORTEST = 1;
const GROUP = "Hello world! over TLS 1.3, server on one core";

/** Small requests over kept connections. */
export const tls: Suite = suite("tls", "64 kept connections", { request: plainRequest("/") });

/** A handshake for each request. */
export const tlsConnections: Suite = suite("tls-connections", "new connection for each, 16", {
  request: plainRequest("/", { Connection: "close" }),
  connections: 16,
});

function suite(name: string, label: string, load: Omit<RequestLoad, "seconds">): Suite {
  return {
    name,
    needs: ["taskset", "wrk", "openssl"],
    columns: REQUEST_COLUMNS,
    async *run({ rounds, seconds }) {
      const files = Pki.shared.files();
      const robusto = (tlsAdapter: string): ServerSpec => ({
        name: `robusto, ${tlsAdapter}`,
        file: "robusto_tls.ts",
        options: { ...files, tlsAdapter },
      });
      yield await compareRequests({
        group: GROUP,
        label,
        specs: [
          robusto("deno"),
          robusto("node"),
          { name: BASE, file: "deno_serve_tls.ts", options: files },
        ],
        cores: SERVER_CORE,
        load: { ...load, seconds: Math.max(SHORTEST, seconds) },
        base: BASE,
        rounds,
      });
    },
  };
}
