// The types of WSGI applications in TypeScript, after PEP 3333, and how an application that uses promises
// is distinguished from one that blocks.

import type { Environ, WsgiVersion } from "./environ.ts";
import type { WsgiErrors } from "./error_stream.ts";
import type { FileWrapper } from "./file_wrapper.ts";

/** A WSGI application (PEP 3333): takes the variables of a request, calls `startResponse`, and returns the
 * content in pieces.
 *
 * An array of one piece, or an empty one, makes a response of known length. The server calls `close()` of
 * the returned object when the response is over, also after a failure.
 *
 * @param environ the variables of the request
 * @param startResponse starts the response
 * @returns the content */
export type WsgiApp = (
  environ: WsgiEnviron,
  startResponse: StartResponse,
) => WsgiResult | Promise<WsgiResult>;

/** A WSGI application, as a module exports it. */
export interface WsgiExport {
  /** The application. */
  readonly wsgi: WsgiApp;
  /** Version of the convention.
   *
   * @default {"1.0"} */
  readonly wsgiVersion?: WsgiVersion;
}

/** The content of a response. */
export type WsgiResult = (Iterable<Uint8Array> | AsyncIterable<Uint8Array>) & {
  /** Called once when the response is over. */
  close?: () => unknown;
};

/** Starts a response (PEP 3333, "The start_response() Callable"); its head is sent with the first octets of
 * content.
 *
 * @param status such as `"200 OK"`
 * @param headers name and value pairs; hop-by-hop fields are dropped
 * @param excInfo the error for which the application changes a response that it has started
 * @returns a function that sends octets ahead of what the application returns; a promise that it gives has
 * to be awaited
 * @throws {TypeError} when PEP 3333 forbids the call
 * @throws `excInfo`, when the head has been sent already */
export type StartResponse = (
  status: string,
  headers: readonly (readonly [name: string, value: string])[],
  excInfo?: unknown,
) => WsgiWrite;

/** Sends octets ahead of what the application returns (PEP 3333, "The write() Callable").
 *
 * @param piece octets
 * @returns a promise when the client must catch up first and the thread must not block */
export type WsgiWrite = (piece: Uint8Array) => void | Promise<void>;

/** The request's content, with the methods of a file.
 *
 * In a worker they block. An application that is an `async function`, and every application in the
 * accepting thread, gets promises instead. An application with `await` before each call, and `for await`,
 * runs with both. */
export interface WsgiInput extends Iterable<Uint8Array<ArrayBuffer>> {
  /** Reads `size` octets, fewer only at the end; all that are left without `size`.
   *
   * @param size octets to read
   * @returns the octets; none at the end */
  read(size?: number): Uint8Array<ArrayBuffer>;
  /** Reads to the end of a line, but at most `size` octets.
   *
   * @param size most octets to read
   * @returns the line with its LF; nothing at the end */
  readline(size?: number): Uint8Array<ArrayBuffer>;
  /** Reads lines until `hint` octets were read; all that are left without it.
   *
   * @param hint stops behind the line that brings the octets read to this number
   * @returns the lines */
  readlines(hint?: number): Uint8Array<ArrayBuffer>[];
}

/** The variables of a request, as an application gets them. */
export interface WsgiEnviron extends Environ {
  /** The method as sent. */
  REQUEST_METHOD: string;
  /** The part of the path that led to the application; empty at the root. */
  SCRIPT_NAME: string;
  /** The rest of the path, decoded but for encoded slashes. */
  PATH_INFO: string;
  /** The part behind the first `?`, as sent. */
  QUERY_STRING: string;
  /** Host that the client connected to; `localhost` on a UNIX socket. */
  SERVER_NAME: string;
  /** Port that the client connected to; `80` on a UNIX socket, `443` for https. */
  SERVER_PORT: string;
  /** Version of the request, such as `HTTP/1.1`. */
  SERVER_PROTOCOL: string;
  /** Value of Content-Type, if the request has one. */
  CONTENT_TYPE?: string;
  /** Value of Content-Length, if the request has one. */
  CONTENT_LENGTH?: string;
  /** `[1, 0]` or `["u", 0]`. */
  "wsgi.version": readonly [number | string, number];
  /** `https` behind TLS, else `http`. */
  "wsgi.url_scheme": string;
  /** The request's content. */
  "wsgi.input": WsgiInput;
  /** Stream for errors; they go into the server's log. */
  "wsgi.errors": WsgiErrors;
  /** Makes content of a file. */
  "wsgi.file_wrapper": (file: FileLike, blockSize?: number) => FileWrapper;
  /** True: reads end at the end of the content. */
  "wsgi.input_terminated": boolean;
  /** False: each worker has a copy of the application that no other thread calls. */
  "wsgi.multithread": boolean;
  /** Whether other workers may run the application at the same time. */
  "wsgi.multiprocess": boolean;
  /** False: the application is called for many requests. */
  "wsgi.run_once": boolean;
}

/** An open file: a `Deno.FsFile`, or an object with Python's `read(size)`. */
export type FileLike = {
  /** Reads into a buffer; returns null at the end. */
  readSync(buffer: Uint8Array): number | null;
  /** The same without blocking. */
  read?(buffer: Uint8Array): Promise<number | null>;
  /** Called when the response is over. */
  close?(): unknown;
} | {
  /** Reads at most `size` octets, none at the end. */
  read(size: number): Uint8Array | Promise<Uint8Array>;
  /** Such an object has no `readSync`. */
  readSync?: undefined;
  /** Called when the response is over. */
  close?(): unknown;
};

/** Whether an application is declared as one that awaits: an `async function` or an async generator. */
export function awaits(app: WsgiApp): boolean {
  const { name } = app.constructor;
  return name === "AsyncFunction" || name === "AsyncGeneratorFunction";
}
