// The benches of TLS: how much an answer over a connection that is kept costs, and how much a new one.

import { Pki } from "../tls/pki.ts";
import { loadWithRequests, type RequestLoad } from "./request_load.ts";
import { interleave } from "./rounds.ts";
import { SERVER_CORE, type ServerSpec, startServers } from "./server_process.ts";
import { medianOf, printTable, ratioTo } from "./table.ts";

const BASE = "Deno.serve, TLS";

/** Small requests over connections that are kept. */
export async function compareHello(rounds: number, seconds: number): Promise<void> {
  console.log(
    `\nHello world! over TLS 1.3: 64 connections, server on one core, ${rounds} rounds of ${seconds} s`,
  );
  await compare({ seconds }, rounds);
}

/** A handshake for each request. */
export async function compareConnections(rounds: number, seconds: number): Promise<void> {
  console.log(
    `\nHello world! over new connections with TLS 1.3, 16 at a time, server on one core, ` +
      `${rounds} rounds of ${seconds} s`,
  );
  await compare({ seconds, connections: 16, newConnections: true }, rounds);
}

async function compare(load: RequestLoad, rounds: number): Promise<void> {
  const files = Pki.shared.files();
  const robusto = (tlsAdapter: string): ServerSpec => ({
    name: `robusto, ${tlsAdapter}`,
    file: "robusto_tls.ts",
    options: { ...files, tlsAdapter },
  });
  const specs = [
    robusto("deno"),
    robusto("node"),
    { name: BASE, file: "deno_serve_tls.ts", options: files },
  ];
  await using started = await startServers(specs, SERVER_CORE);
  const { servers } = started;
  for (const server of servers) await loadWithRequests(server, { ...load, seconds: 1 }); // compiles
  const samples = await interleave(servers, rounds, (server) => loadWithRequests(server, load));
  printTable(samples, {
    "requests/s": medianOf("requestsPerSecond"),
    "CPU µs/request": medianOf("cpuPerRequest", 2),
    ...ratioTo(samples, BASE, "requestsPerSecond"),
  });
}
