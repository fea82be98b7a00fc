// What the tests with real proxies have in common: two servers behind the proxy, an application that
// tells what reaches it, and clients that the proxy takes for strangers.

import { assert, assertEquals } from "@std/assert";
import type { FetchInfo } from "../../src/gateway/fetch/fetch_handler.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { beginServer, type Server } from "../../src/server/server.ts";
import { until } from "../pool/pool_site.ts";
import { Latch } from "../support/latch.ts";
import type { Places } from "./front.ts";

/** Where clients come from; the proxies themselves come from 127.0.0.1. */
export const CLIENT = "127.0.0.2";

/** Content that no buffer of a proxy holds as a whole. */
export const LARGE = "0123456789abcdef".repeat(256 * 1024); // 4 MiB

/** What `/who` and `/echo` answer. */
export interface Seen {
  readonly from: string;
  readonly local: string;
  readonly url: string;
  readonly framing: string;
  readonly size: number;
}

/** Two servers with the same application. */
export class Backends implements AsyncDisposable {
  /** Lets `/steps` go on to its end. */
  readonly secondStep: Latch = new Latch();
  /** Lines of the log that tell of a fault. */
  readonly faults: string[] = [];
  readonly #options: ServerOptions;
  readonly #servers: Server[];

  /** @param options of the servers, on top of trusting the proxy */
  constructor(options: ServerOptions = {}) {
    this.#options = options;
    this.#servers = [this.#begin("127.0.0.1:0"), this.#begin("127.0.0.1:0")];
  }

  /** Where they are, in place of the configurations' addresses. */
  get places(): Places {
    const [one, two] = this.#servers.map(({ bindAddr }) => bindAddr);
    return { "127.0.0.1:8070": one, "127.0.0.1:8071": two };
  }

  /** Connections that were taken by each. */
  get accepts(): number[] {
    return this.#servers.map(({ stats }) => stats.accepts);
  }

  /** Has each server in turn stop, and another one be at work in its place before the next one stops. */
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
      app: this.#answer,
      bind,
      trustedProxies: "127.0.0.1",
      onListen: () => {},
      onLog: ({ level, event, message }) => {
        if (level !== "debug") this.faults.push(`${event}: ${message}`);
      },
      ...this.#options,
    });
  }

  readonly #answer = async (request: Request, info: FetchInfo): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname.endsWith("/refuse")) return new Response("no", { status: 403 });
    if (pathname.endsWith("/steps")) return this.#steps();
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

  /** An answer whose second half waits until the first has been seen. */
  #steps(): Response {
    const passed = this.secondStep.passed();
    async function* pieces() {
      yield new TextEncoder().encode("one ");
      await passed;
      yield new TextEncoder().encode("two");
    }
    return new Response(ReadableStream.from(pieces()), { headers: { "x-accel-buffering": "no" } });
  }
}

/** Runs curl as a stranger to its end.
 *
 * @returns what it received */
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

/** Runs curl, and reads what the application saw. */
export async function seen(...args: string[]): Promise<Seen> {
  const text = await curl(...args);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`No report: ${text}`);
  }
}

/** What a client may claim. */
export const CLAIMS: readonly string[] = [
  "X-Forwarded-For: 6.6.6.6, 127.0.0.1",
  "X-Forwarded-Proto: https",
  "X-Forwarded-Host: evil.example",
  "Forwarded: for=6.6.6.6;proto=https;host=evil.example",
].flatMap((field) => ["--header", field]);

/** Uses a file of {@linkcode LARGE} content. */
export async function withLargeFile(use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, LARGE);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

/** Sees that an answer arrives piece by piece.
 *
 * @param meanwhile begun when its first half is there, and over when all of it is */
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
 * @param url what is asked for
 * @param init how
 * @returns how many answers there were of each status */
export async function restartUnderLoad(
  url: string,
  backends: Backends,
  init: RequestInit = {},
): Promise<Record<number, number>> {
  const client = Deno.createHttpClient({ http2: false });
  const answers: Record<number, number> = {};
  let over = false;
  const ask = async () => {
    while (!over) {
      const response = await fetch(url, { ...init, client, signal: AbortSignal.timeout(10_000) });
      await response.text();
      answers[response.status] = (answers[response.status] ?? 0) + 1;
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
  return answers;
}
