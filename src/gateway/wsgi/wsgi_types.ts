// What is a WSGI application in TypeScript? The types of its side of PEP 3333, and how one that uses
// promises is told from one that blocks.

import type { Environ, WsgiVersion } from "./environ.ts";
import type { WsgiErrors } from "./error_stream.ts";
import type { FileWrapper } from "./file_wrapper.ts";

/** A WSGI application: takes the variables of a request, calls `startResponse`, and returns the content
 * in pieces.
 *
 * An array of one piece, or of none, makes an answer of known length. `close()` of what it returned is
 * called when the answer is over, whatever came of it. */
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

/** The content of an answer. */
export type WsgiResult = (Iterable<Uint8Array> | AsyncIterable<Uint8Array>) & {
  /** Called once when the answer is over. */
  close?: () => unknown;
};

/** Begins an answer; it is sent with the first octets of content.
 *
 * @param status such as `"200 OK"`
 * @param headers name and value pairs; hop-by-hop ones are refused
 * @param excInfo the error that makes the application change an answer which it has started
 * @returns sends octets ahead of what the application returns; where it gives a promise that has to be
 * awaited
 * @throws {TypeError} when PEP 3333 forbids it
 * @throws `excInfo`, when the head has been sent already */
export type StartResponse = (
  status: string,
  headers: readonly (readonly [name: string, value: string])[],
  excInfo?: unknown,
) => WsgiWrite;

/** Sends octets ahead of what the application returns.
 *
 * @returns nothing where it blocks; else a promise when the client must catch up first */
export type WsgiWrite = (piece: Uint8Array) => void | Promise<void>;

/** The request's content, with the verbs of a file.
 *
 * In a worker they block. An application that is an `async function`, and every application in the
 * accepting thread, gets promises instead: with `await` before each call, and `for await`, it runs in
 * both ways. */
export interface WsgiInput extends Iterable<Uint8Array<ArrayBuffer>> {
  /** Reads `size` octets, fewer only at the end; all that are left without `size`. */
  read(size?: number): Uint8Array<ArrayBuffer>;
  /** Reads to the end of a line, but at most `size` octets. */
  readline(size?: number): Uint8Array<ArrayBuffer>;
  /** Reads lines until `hint` octets were read; all that are left without it. */
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
  /** What stands behind the first `?`, as sent. */
  QUERY_STRING: string;
  /** What the server calls itself: the option `serverName`. */
  SERVER_NAME: string;
  /** Port that the client connected to; empty on a UNIX socket. */
  SERVER_PORT: string;
  /** Version of the request, such as `HTTP/1.1`. */
  SERVER_PROTOCOL: string;
  /** Value of Content-Type, if there is one. */
  CONTENT_TYPE?: string;
  /** Value of Content-Length, if there is one. */
  CONTENT_LENGTH?: string;
  /** `[1, 0]` or `["u", 0]`. */
  "wsgi.version": readonly [number | string, number];
  /** `https` behind TLS, else `http`. */
  "wsgi.url_scheme": string;
  /** The request's content. */
  "wsgi.input": WsgiInput;
  /** Where errors are written to; they go into the server's log. */
  "wsgi.errors": WsgiErrors;
  /** Makes content of a file. */
  "wsgi.file_wrapper": (file: FileLike, blockSize?: number) => FileWrapper;
  /** True: reading ends where the content does. */
  "wsgi.input_terminated": boolean;
  /** False: each worker has a copy of the application that no other thread calls. */
  "wsgi.multithread": boolean;
  /** Whether other workers may answer at the same time. */
  "wsgi.multiprocess": boolean;
  /** False: the application is called again and again. */
  "wsgi.run_once": boolean;
}

/** Something with octets: a `Deno.FsFile`, or what has Python's `read(size)`. */
export type FileLike = {
  /** Reads into a buffer; null at the end. */
  readSync(buffer: Uint8Array): number | null;
  /** The same without blocking. */
  read?(buffer: Uint8Array): Promise<number | null>;
  /** Called when the answer is over. */
  close?(): unknown;
} | {
  /** Reads so many octets, none at the end. */
  read(size: number): Uint8Array | Promise<Uint8Array>;
  /** Not there. */
  readSync?: undefined;
  /** Called when the answer is over. */
  close?(): unknown;
};

/** Whether an application is declared as one that awaits: an `async function`, or a generator of that
 * kind. */
export function awaits(app: WsgiApp): boolean {
  const { name } = app.constructor;
  return name === "AsyncFunction" || name === "AsyncGeneratorFunction";
}
