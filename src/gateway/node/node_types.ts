// The convention of node:http as types: what an application is given, and the members of Node's classes
// that its own server uses and that the types of the platform leave out.

import http, { IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** A handler in the convention of `http.createServer`, with an `IncomingMessage` and a `ServerResponse` of
 * `node:http`; a framework's own types extend these. */
// deno-lint-ignore no-explicit-any -- Express and others type their handlers by classes of their own
export type NodeHandler = (request: any, response: any) => unknown;

/** An application in the convention of node:http, known by the name of its member. */
export interface NodeApp {
  /** Handles a request. */
  readonly node: NodeHandler;
}

/** Facts about the fields, collected while a head is stored. */
export type HeadState = Readonly<Record<string, unknown>>;

/** Called when octets have been sent. */
export type Sent = (error?: Error | null) => void;

/** Members of `http.ServerResponse` that a server may use. */
export interface ResponseInternals {
  finished: boolean;
  destroyed: boolean;
  chunkedEncoding: boolean;
  readonly _hasBody: boolean;
  readonly _removedContLen: boolean;
  readonly _trailer: string;
  _closed: boolean;
  _headerSent: boolean;
  _storeHeader(statusLine: string, headers: unknown): void;
  _storeHeaderEntry(state: HeadState, name: string, value: unknown, validate: boolean): void;
}

/** Members of `http.IncomingMessage` that a server may use. */
export interface RequestInternals {
  _consuming: boolean;
  _dumped: boolean;
  readonly _readableState: { readingMore: boolean };
  _addHeaderLines(lines: readonly string[], count: number): void;
  _dump(): void;
  _dumpAndCloseReadable(): void;
}

type Replaced = "end";

/** `http.ServerResponse` with those members, and with a plainer type of the one that is extended. */
export const ResponseBase = http.ServerResponse as unknown as new (
  request: IncomingMessage,
) => Omit<ServerResponse, Replaced> & ResponseInternals & {
  end(...piece: unknown[]): unknown;
};

/** `http.IncomingMessage` with those members, over anything that is a socket for applications. */
export const RequestBase = IncomingMessage as unknown as new (
  socket: Duplex,
) => Omit<IncomingMessage, "_destroy" | "_read"> & RequestInternals & {
  _read(): void;
  _destroy(error: Error | null, done: Sent): void;
};
