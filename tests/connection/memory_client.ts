// A client in memory with a server of its own, and with time that stands still until it is moved.

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
/** As often as the sweep asks with the deadlines as they are. */
const STEP = 250;

/** Answers with a word. */
export const hello: ApplicationValue = () => new Response("hello");
/** Answers with the path that it was asked for. */
export const path: ApplicationValue = (request) => new Response(new URL(request.url).pathname);

/** Answers with the content of the request. */
export const text: ApplicationValue = async (request) => new Response(await request.text());

/** A client of a server of its own. */
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

  /** Moves time step by step, and lets happen what follows from each step. */
  async pass(duration: number): Promise<void> {
    for (let left = duration; left > 0; left -= STEP) {
      this.server.clock.advance(Math.min(left, STEP));
      await settle();
    }
  }

  /** Names of what was logged. */
  get events(): string[] {
    return this.server.log.map(({ event }) => event);
  }

  /** Codes of what was refused. */
  get codes(): (string | undefined)[] {
    return this.server.log.map(({ code }) => code);
  }

  /** Reads the end, and sees the server close for good. */
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
