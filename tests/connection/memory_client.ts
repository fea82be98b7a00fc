// A client in memory, with its own server and a clock that the test moves.

import { assertEquals } from "@std/assert";
import type { ApplicationValue } from "../../src/application/application.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { MemoryServer } from "../support/memory_server.ts";
import type { MemoryStream } from "../support/memory_stream.ts";
import { RawClient } from "../support/raw_client.ts";
import { settle } from "../support/scripted_stream.ts";
import { octets } from "../wire/row.ts";

/** A deadline is late by two ticks at most, and no tick is longer than this. */
export const TICKS = 1_000;
/** The interval of the sweep with the default deadlines. */
const STEP = 250;

/** Responds with a word. */
export const hello: ApplicationValue = () => new Response("hello");
/** Responds with the path of the request. */
export const path: ApplicationValue = (request) => new Response(new URL(request.url).pathname);

/** Responds with the content of the request. */
export const text: ApplicationValue = async (request) => new Response(await request.text());

/** A client and its own server. */
export class Client extends RawClient implements AsyncDisposable {
  readonly server: MemoryServer;
  readonly stream: MemoryStream;

  /** @param app what is served
   * @param options options of the server
   * @param capacity octets that fit into each direction of the connection */
  constructor(app: ApplicationValue, options: ServerOptions = {}, capacity?: number) {
    const server = new MemoryServer(app, options);
    const stream = server.connect(capacity);
    super(stream);
    this.server = server;
    this.stream = stream;
  }

  /** Sends a request and waits until the server has taken it and wants more. */
  async tell(wire: string): Promise<void> {
    await this.send(octets(wire));
    await this.stream.peerStarved();
  }

  /** Moves time step by step, and waits for the consequences of each step. */
  async pass(duration: number): Promise<void> {
    for (let left = duration; left > 0; left -= STEP) {
      this.server.clock.advance(Math.min(left, STEP));
      await settle();
    }
  }

  /** Names of the events that were logged. */
  get events(): string[] {
    return this.server.log.map(({ event }) => event);
  }

  /** Codes of the faults that were logged. */
  get codes(): (string | undefined)[] {
    return this.server.log.map(({ code }) => code);
  }

  /** Reads the end, and waits until the server has closed the connection. */
  async expectClose(): Promise<void> {
    await this.expectEnd();
    this.close();
    await this.server.closed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.server[Symbol.asyncDispose]();
    assertEquals(this.server.clock.running, 0, "the sweep goes on without connections");
    assertEquals(this.server.idle, 0, "idle connections were miscounted");
  }
}

/** The octets of a small request, "|" is CRLF. */
export const get = (target: string): string => `GET ${target} HTTP/1.1|Host: a||`;
