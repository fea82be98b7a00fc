// Clients that speak TLS: node:https, node:tls, curl and openssl.

import { Agent, request } from "node:https";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { within } from "../support/latch.ts";
import type { Site } from "../support/site.ts";
import { Pki } from "./pki.ts";

/** What a client got. */
export interface ClientResponse {
  readonly status: number;
  readonly text: string;
  /** Name in the certificate that the server showed. */
  readonly shown: string;
}

/** The port that a site listens on. */
export function portOf(site: Site): number {
  return site.server.addr.port;
}

/** Sends a request by node:https, on a new connection unless there is an agent.
 *
 * @param port where
 * @param options of the connection, and the content
 * @throws what the client says when it cannot */
export function ask(
  port: number,
  options: ConnectionOptions & { content?: string | Uint8Array; path?: string; agent?: Agent } = {},
): Promise<ClientResponse> {
  const { content, path = "/", agent = false, ...rest } = options;
  const outcome = Promise.withResolvers<ClientResponse>();
  const client = request({
    host: "127.0.0.1",
    port,
    path,
    method: content === undefined ? "GET" : "POST",
    ca: Pki.shared.root,
    servername: "localhost",
    agent,
    ...rest,
  }, (response) => {
    const shown = String((response.socket as TLSSocket).getPeerCertificate().subject?.CN);
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (piece: string) => text += piece);
    response.on("end", () => outcome.resolve({ status: response.statusCode!, text, shown }));
    response.on("error", outcome.reject);
    response.on("aborted", () => outcome.reject(new Error("aborted")));
  });
  client.on("error", outcome.reject);
  client.end(content);
  return within(outcome.promise, 10_000);
}

/** What `openssl s_client` says.
 *
 * @param port where to connect
 * @param args further words
 * @param input what it sends before it waits for the server's end */
export async function sClient(port: number, args: string[], input = ""): Promise<string> {
  const child = new Deno.Command("timeout", {
    args: [
      ...["10", "openssl", "s_client", "-connect", `127.0.0.1:${port}`],
      ...["-CAfile", Pki.shared.certificate("root"), "-servername", "localhost", ...args],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(input));
    if (input === "") await writer.close();
  } catch {
    // It has ended already.
  }
  const { stdout, stderr } = await child.output();
  if (input !== "") await writer.close().catch(() => {});
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

/** What curl says: its exit code, and its output with errors behind.
 *
 * @param args the words behind `curl` */
export async function curl(...args: string[]): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await new Deno.Command("curl", {
    args: ["-sS", "--max-time", "10", "--cacert", Pki.shared.certificate("root"), ...args],
    stdin: "null",
  }).output();
  return { code, output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

/** A connection of node:tls behind its handshake.
 *
 * @param port where
 * @param options of the connection
 * @throws what the client says when the handshake fails */
export async function dial(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const outcome = Promise.withResolvers<void>();
  const socket = connect({
    host: "127.0.0.1",
    port,
    ca: Pki.shared.root,
    servername: "localhost",
    ...options,
  }, () => outcome.resolve());
  socket.on("error", outcome.reject);
  socket.on("close", () => outcome.reject(new Error("closed")));
  outcome.promise.catch(() => {});
  await within(outcome.promise);
  return socket;
}

/** Sends a text and reads to the end of the connection.
 *
 * @param socket closed then
 * @param text what to send */
export async function say(socket: TLSSocket, text: string): Promise<string> {
  const outcome = Promise.withResolvers<string>();
  let heard = "";
  socket.on("data", (piece) => heard += piece.toString());
  socket.on("error", outcome.reject);
  socket.on("end", () => outcome.resolve(heard));
  socket.on("close", () => outcome.resolve(heard));
  socket.write(text);
  try {
    return await within(outcome.promise);
  } finally {
    await hangUp(socket);
  }
}

/** Closes a connection and waits until it is closed. */
export async function hangUp(socket: TLSSocket): Promise<void> {
  if (socket.closed) return;
  const closed = Promise.withResolvers<void>();
  socket.once("close", () => closed.resolve());
  socket.destroy();
  await within(closed.promise);
}
