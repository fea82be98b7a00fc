// A server on a real socket together with its clients, closed in the right order when a test ends.

import type { Application } from "../../src/application/application.ts";
import type { LogEvent } from "../../src/log/log_event.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { beginServer, type Server } from "../../src/server/server.ts";
import { octets } from "../wire/row.ts";
import { RawClient, type RawResponse } from "./raw_client.ts";

/** Puts something between a server and what it serves. */
export interface Detour extends AsyncDisposable {
  readonly app: Application;
}

/** Makes a detour for every site, where a preloaded module has set it. */
export const detours: {
  make?: (app: Application, options: ServerOptions) => Detour | undefined;
} = {};

/** A server that listens on a free port. */
export class Site implements AsyncDisposable {
  readonly server: Server;
  /** What was logged so far, but that it listens. */
  readonly log: LogEvent[] = [];
  readonly #clients: RawClient[] = [];
  readonly #detour: Detour | undefined;

  /** @param app what is served
   * @param options options, as for `serve` */
  constructor(app: Application, options: ServerOptions = {}) {
    const onLog = (event: LogEvent) => {
      if (event.event !== "listening") this.log.push(event);
    };
    const bind = options.bind ?? "127.0.0.1:0";
    this.#detour = detours.make?.(app, options);
    this.server = beginServer({ bind, onLog, ...options, app: this.#detour?.app ?? app });
  }

  /** Where it is reached by clients that take URLs. */
  get url(): string {
    return `http://${this.server.bindAddr}`;
  }

  /** Names of the events that were logged. */
  get events(): string[] {
    return this.log.map(({ event }) => event);
  }

  /** Opens a connection. */
  async connect(): Promise<RawClient> {
    return this.adopt(await this.dial());
  }

  /** Opens a connection that stays the caller's. */
  dial(): Promise<Deno.TcpConn> {
    const { hostname, port } = this.server.addr;
    return Deno.connect({ hostname, port });
  }

  /** Makes a client of a connection, closed with the site. */
  adopt(conn: Deno.TcpConn): RawClient {
    const client = new RawClient(conn);
    this.#clients.push(client);
    return client;
  }

  /** Sends one request over a connection of its own and reads its answer.
   *
   * @param wire the request, "|" is CRLF
   * @returns the answer */
  async ask(wire: string): Promise<RawResponse> {
    using client = await this.connect();
    await client.send(octets(wire));
    return await client.read(wire.startsWith("HEAD ") ? "HEAD" : "GET");
  }

  /** Sends a request that closes its connection, and reads all that comes back.
   *
   * @param wire the request, "|" is CRLF
   * @returns the octets as text, with the date left out */
  async rawAnswer(wire: string): Promise<string> {
    const { hostname, port } = this.server.addr;
    using conn = await Deno.connect({ hostname, port });
    const request = octets(wire);
    for (let at = 0; at < request.length;) at += await conn.write(request.subarray(at));
    let answer = "";
    const part = new Uint8Array(4096);
    const decoder = new TextDecoder("latin1");
    for (let count = await conn.read(part); count !== null; count = await conn.read(part)) {
      answer += decoder.decode(part.subarray(0, count));
    }
    return answer.replace(/Date: [^\r]+ GMT\r\n/, "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.server.stop();
    await this.#detour?.[Symbol.asyncDispose]();
  }
}
