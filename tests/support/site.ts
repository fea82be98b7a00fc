// Site, a server on a real socket with its clients and its log. Disposing it closes them in the right order.

import type { Application } from "../../src/application/application.ts";
import type { LogEvent } from "../../src/log/log_event.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { beginServer, type Server } from "../../src/server/server.ts";
import { octets } from "../wire/row.ts";
import { RawClient, type RawResponse } from "./raw_client.ts";

/** An application with something between it and the server, such as a pool. */
export interface WrappedApplication extends AsyncDisposable {
  readonly app: Application;
}

/** Wraps the application of every site, if a preloaded module has set `wrap`. */
export const applicationWrapper: {
  wrap?: (app: Application, options: ServerOptions) => WrappedApplication | undefined;
} = {};

const USUAL = new Set(["listening", "stopped", "worker-process"]);

/** A server that listens on a free port. */
export class Site implements AsyncDisposable {
  readonly server: Server;
  /** The events so far, except those of a start and the end. */
  readonly log: LogEvent[] = [];
  readonly #clients: RawClient[] = [];
  readonly #wrapped: WrappedApplication | undefined;

  /** @param app the application
   * @param options options, as for `serve` */
  constructor(app: Application, options: ServerOptions = {}) {
    const onLog = (event: LogEvent) => {
      if (!USUAL.has(event.event)) this.log.push(event);
    };
    const bind = options.bind ?? "127.0.0.1:0";
    this.#wrapped = applicationWrapper.wrap?.(app, { onLog, ...options });
    this.server = beginServer({ bind, onLog, ...options, app: this.#wrapped?.app ?? app });
  }

  /** Its URL. */
  get url(): string {
    return `http://${this.server.bindAddr}`;
  }

  /** Names of the events that were logged. */
  get events(): string[] {
    return this.log.map(({ event }) => event);
  }

  /** Opens a connection that is closed with the site. */
  async connect(): Promise<RawClient> {
    return this.adopt(await this.dial());
  }

  /** Opens a connection that the caller closes. */
  dial(): Promise<Deno.TcpConn> {
    const { hostname, port } = this.server.addr;
    return Deno.connect({ hostname, port });
  }

  /** Makes a client for a connection; it is closed with the site. */
  adopt(conn: Deno.TcpConn | Deno.TlsConn): RawClient {
    const client = new RawClient(conn);
    this.#clients.push(client);
    return client;
  }

  /** Sends one request over a new connection and reads the response.
   *
   * @param wire the request, "|" is CRLF
   * @returns the response */
  async ask(wire: string): Promise<RawResponse> {
    using client = await this.connect();
    await client.send(octets(wire));
    return await client.read(wire.startsWith("HEAD ") ? "HEAD" : "GET");
  }

  /** Sends a request that closes its connection, and reads everything that comes back.
   *
   * @param wire the request, "|" is CRLF
   * @returns the octets as text, with the date left out */
  async rawResponse(wire: string): Promise<string> {
    const { hostname, port } = this.server.addr;
    using conn = await Deno.connect({ hostname, port });
    const request = octets(wire);
    for (let at = 0; at < request.length;) at += await conn.write(request.subarray(at));
    let response = "";
    const part = new Uint8Array(4096);
    const decoder = new TextDecoder("latin1");
    for (let count = await conn.read(part); count !== null; count = await conn.read(part)) {
      response += decoder.decode(part.subarray(0, count));
    }
    return response.replace(/Date: [^\r]+ GMT\r\n/, "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.server.stop();
    await this.#wrapped?.[Symbol.asyncDispose]();
  }
}
