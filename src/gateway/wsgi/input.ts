// Makes `wsgi.input`. Where the application may block, its reads block; elsewhere the same methods give
// promises, which throw an explaining error when a program uses them as octets.

import { caught, then } from "../../io/platform.ts";
import { BlockingReader } from "../../content/blocking_reader.ts";
import type { ContentReader } from "../../content/content_reader.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import type { WsgiInput } from "./wsgi_types.ts";

/** Makes the input of a request.
 *
 * @param exchange the request
 * @param blocking whether reads block; only where the exchange can
 * @returns the input */
export function createInput(exchange: Exchange, blocking: boolean): WsgiInput {
  if (exchange.content === undefined) return new BlockingReader(() => null); // no content, no wait
  if (blocking) return new BlockingReader(() => exchange.blocking!.readPiece());
  // It has the type of the blocking one: an application that awaits each call runs with both.
  return new AwaitedInput(exchange.content) as unknown as WsgiInput;
}

/** Input whose reads are promises. */
class AwaitedInput implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  readonly #content: ContentReader;

  constructor(content: ContentReader) {
    this.#content = content;
  }

  read(size?: number): Promise<Uint8Array<ArrayBuffer>> {
    return Awaited.of(this.#content.read(size));
  }

  readline(size?: number): Promise<Uint8Array<ArrayBuffer>> {
    return Awaited.of(this.#content.readline(size));
  }

  readlines(hint?: number): Promise<Uint8Array<ArrayBuffer>[]> {
    return Awaited.of(this.#content.readlines(hint));
  }

  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    return this.#content[Symbol.asyncIterator]();
  }

  [Symbol.iterator](): never {
    throw wouldBlock();
  }
}

/** A promise of what is read, with members that throw where a program expects octets. */
class Awaited<Value> extends Promise<Value> {
  static of<Value>(promise: Promise<Value>): Awaited<Value> {
    const awaited = new Awaited<Value>((resolve, reject) => then(promise, resolve, reject));
    caught(awaited, () => {}); // a program that uses it as octets does not handle its rejection
    return awaited;
  }

  /** `then` returns an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  get length(): never {
    throw wouldBlock();
  }

  get byteLength(): never {
    throw wouldBlock();
  }

  [Symbol.iterator](): never {
    throw wouldBlock();
  }
}

function wouldBlock(): TypeError {
  return new TypeError(
    "Cannot read wsgi.input synchronously: that would block a thread which others need, expected " +
      'await before each read, or mode "pool" and an application that is no async function',
  );
}
