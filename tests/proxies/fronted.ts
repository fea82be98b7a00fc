// Shared parts of the tests with real proxies: two servers behind the proxy, an application that reports
// the requests it receives, and clients with an address of their own.

import { assert, assertEquals } from "@std/assert";
import type { FetchInfo } from "../../src/gateway/fetch/fetch_handler.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { upgradeWebSocket } from "../../src/gateway/fetch/upgrade_web_socket.ts";
import { beginServer, type Server } from "../../src/server/server.ts";
import { until } from "../pool/pool_site.ts";
import { Latch } from "../support/latch.ts";
import type { Places } from "./front.ts";

/** Address of the clients; the proxies connect from 127.0.0.1. */
export const CLIENT = "127.0.0.2";

/** Content that is larger than any buffer of a proxy. */
export const LARGE = "0123456789abcdef".repeat(256 * 1024); // 4 MiB

/** The response of the application, as JSON. */
export interface Seen {
  readonly from: string;
  readonly local: string;
  readonly url: string;
  readonly framing: string;
  readonly size: number;
}

/** Two servers with the same application. */
export class Backends implements AsyncDisposable {
  /** Lets the response of `/steps` continue to its end. */
  readonly secondStep: Latch = new Latch();
  /** Lines of the log above level `debug`. */
  readonly faults: string[] = [];
  readonly #options: ServerOptions;
  readonly #servers: Server[];

  /** @param options options of the servers, besides trusting the proxy */
  constructor(options: ServerOptions = {}) {
    this.#options = options;
    this.#servers = [this.#begin("127.0.0.1:0"), this.#begin("127.0.0.1:0")];
  }

  /** Their addresses, as replacements for those of the configurations. */
  get places(): Places {
    const [one, two] = this.#servers.map(({ bindAddr }) => bindAddr);
    return { "127.0.0.1:8070": one, "127.0.0.1:8071": two };
  }

  /** Number of accepted connections of each server. */
  get accepts(): number[] {
    return this.#servers.map(({ stats }) => stats.accepts);
  }

  /** Replaces each server in turn. The new one serves requests before the next one stops. */
  async restart(): Promise<void> {
    for (const [index, server] of this.#servers.entries()) {
      const atWork = () => this.#servers.every(({ stats }) => stats.requests > 20);
      await until(atWork, 10_000);
      await server.stop();
      this.#servers[index] = this.#begin(server.bindAddr);
      await until(atWork, 10_000);
    }
  }

  /** Stops all servers. */
  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.secondStep.open();
    await this.stop();
  }

  #begin(bind: string): Server {
    return beginServer({
      app: this.#respond,
      bind,
      trustedProxies: "127.0.0.1",
      onListen: () => {},
      onLog: ({ level, event, message }) => {
        if (level !== "debug") this.faults.push(`${event}: ${message}`);
      },
      ...this.#options,
    });
  }

  readonly #respond = async (request: Request, info: FetchInfo): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname.endsWith("/refuse")) return new Response("no", { status: 403 });
    if (pathname.endsWith("/steps")) return this.#steps();
    if (pathname.endsWith("/events")) return this.#steps("text/event-stream");
    if (pathname.endsWith("/echo")) return echo(request);
    let size = 0;
    for await (const piece of request.body ?? []) size += piece.length;
    const { remoteAddr, localAddr } = info;
    return Response.json({
      from: "hostname" in remoteAddr ? `${remoteAddr.hostname}` : remoteAddr.transport,
      local: "hostname" in localAddr ? `${localAddr.hostname}:${localAddr.port}` : "",
      url: request.url,
      framing: request.headers.has("content-length")
        ? "length"
        : request.headers.get("transfer-encoding") ?? "none",
      size,
    });
  };

  /** A response whose second half waits until the test has seen the first. */
  #steps(type?: string): Response {
    const passed = this.secondStep.passed();
    async function* pieces() {
      yield new TextEncoder().encode("one ");
      await passed;
      yield new TextEncoder().encode("two");
    }
    const headers = { "x-accel-buffering": "no", ...type && { "content-type": type } };
    return new Response(ReadableStream.from(pieces()), { headers });
  }
}

/** A WebSocket that sends every message back. */
function echo(request: Request): Response {
  const { socket, response } = upgradeWebSocket(request);
  socket.onmessage = ({ data }) => socket.send(data);
  return response;
}

/** Checks that messages pass through a WebSocket in both directions, and the code of its close.
 *
 * @param url URL of `/echo` */
export async function expectWebSocket(url: string): Promise<void> {
  const socket = new WebSocket(url.replace("http:", "ws:"));
  const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  const opened = new Promise((resolve) => socket.onopen = resolve);
  await Promise.race([opened, closed]);
  for (const message of ["one", "x".repeat(100_000)]) {
    const back = new Promise<MessageEvent>((resolve) => socket.onmessage = resolve);
    socket.send(message);
    assertEquals((await back).data === message, true);
  }
  socket.close(1000);
  assertEquals((await closed).code, 1000);
}

/** Runs curl from {@linkcode CLIENT} to its end.
 *
 * @returns the content that it received */
export async function curl(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("curl", {
    args: ["--silent", "--show-error", "--max-time", "20", "--interface", CLIENT, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const [out, err] = [stdout, stderr].map((octets) => new TextDecoder().decode(octets));
  assert(success, `curl ${args.join(" ")}\n${out}\n${err}`);
  return out;
}

/** Runs curl, and parses the response of the application. */
export async function seen(...args: string[]): Promise<Seen> {
  const text = await curl(...args);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`No report: ${text}`);
  }
}

/** Arguments for fields that a client forges. */
export const CLAIMS: readonly string[] = [
  "X-Forwarded-For: 6.6.6.6, 127.0.0.1",
  "X-Forwarded-Proto: https",
  "X-Forwarded-Host: evil.example",
  "Forwarded: for=6.6.6.6;proto=https;host=evil.example",
].flatMap((field) => ["--header", field]);

/** Runs a function with a temporary file of {@linkcode LARGE} content. */
export async function withLargeFile(use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, LARGE);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

/** Checks that a response arrives piece by piece.
 *
 * @param meanwhile called when the first half has arrived; awaited after the whole response */
export async function expectSteps(
  url: string,
  backends: Backends,
  meanwhile: () => Promise<void> = async () => {},
): Promise<void> {
  const client = Deno.createHttpClient({ http2: false });
  try {
    const response = await fetch(url, { client, signal: AbortSignal.timeout(10_000) });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await reader.read()).value, "one ");
    const over = meanwhile();
    backends.secondStep.open();
    let rest = "";
    for (let read = await reader.read(); !read.done; read = await reader.read()) rest += read.value;
    assertEquals(rest, "two");
    await over;
  } finally {
    client.close();
  }
}

/** Puts a proxy under load while the servers behind it are restarted, twice.
 *
 * @param url URL of the requests
 * @param init their options
 * @returns number of responses of each status */
export async function restartUnderLoad(
  url: string,
  backends: Backends,
  init: RequestInit = {},
): Promise<Record<number, number>> {
  const client = Deno.createHttpClient({ http2: false });
  const counts: Record<number, number> = {};
  let over = false;
  const ask = async () => {
    while (!over) {
      const response = await fetch(url, { ...init, client, signal: AbortSignal.timeout(10_000) });
      await response.text();
      counts[response.status] = (counts[response.status] ?? 0) + 1;
    }
  };
  const asking = Promise.all(Array.from({ length: 8 }, ask));
  asking.catch(() => {}); // it is awaited below
  try {
    await backends.restart();
    await backends.restart();
  } finally {
    over = true;
    await asking.finally(() => client.close());
  }
  return counts;
}
