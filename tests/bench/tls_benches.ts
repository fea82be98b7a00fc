// The benches of TLS: requests over kept connections, and requests with a handshake each.

import { Pki } from "../tls/pki.ts";
import { compareUnderLoad } from "./compare_requests.ts";
import type { RequestLoad } from "./request_load.ts";
import { SERVER_CORE, type ServerSpec } from "./server_process.ts";

const BASE = "Deno.serve, TLS";

/** Small requests over kept connections. */
export async function compareHello(rounds: number, seconds: number): Promise<void> {
  const what = "Hello world! over TLS 1.3: 64 connections";
  await compare(what, { seconds }, rounds);
}

/** A handshake for each request. */
export async function compareConnections(rounds: number, seconds: number): Promise<void> {
  const what = "Hello world! over new connections with TLS 1.3, 16 at a time";
  await compare(what, { seconds, connections: 16, newConnections: true }, rounds);
}

async function compare(what: string, load: RequestLoad, rounds: number): Promise<void> {
  const files = Pki.shared.files();
  const robusto = (tlsAdapter: string): ServerSpec => ({
    name: `robusto, ${tlsAdapter}`,
    file: "robusto_tls.ts",
    options: { ...files, tlsAdapter },
  });
  await compareUnderLoad({
    title: `${what}, server on one core, ${rounds} rounds of ${load.seconds} s`,
    specs: [
      robusto("deno"),
      robusto("node"),
      { name: BASE, file: "deno_serve_tls.ts", options: files },
    ],
    cores: SERVER_CORE,
    load,
    base: BASE,
    rounds,
  });
}
