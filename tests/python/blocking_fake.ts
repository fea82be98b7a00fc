// An exchange that may block the thread of a test, and the response of an application of the fixtures to it.

import { assertEquals } from "@std/assert";
import type { BlockingExchange } from "../../src/exchange/exchange.ts";
import type { Framing } from "../../src/http1/framing.ts";
import type { ResponseHead } from "../../src/http1/response_head.ts";
import { loadPython } from "../../src/python/mod.ts";
import { FakeExchange, headFor } from "../pool/fake_exchange.ts";

/** An exchange that may block this thread: all of its content is there. */
export class BlockingFake extends FakeExchange {
  override readonly head;
  override readonly blocking: BlockingExchange;
  text = "";
  fields: readonly (readonly [string, string])[] = [];

  constructor(target: string, framing: Framing = { kind: "none" }, pieces: string[] = []) {
    super(target);
    this.head = { ...headFor(target), framing };
    this.blocking = {
      readPiece: () => {
        const piece = pieces.shift();
        return piece === undefined ? null : new TextEncoder().encode(piece);
      },
      write: (piece) => this.#take(piece),
    };
  }

  override respond(head: ResponseHead, content?: Uint8Array | string | null): void {
    super.respond(head);
    this.fields = [...head.fields];
    if (content instanceof Uint8Array) this.#take(content);
  }

  override begin(head: ResponseHead): boolean {
    this.fields = [...head.fields];
    return super.begin(head);
  }

  #take(piece: Uint8Array): void {
    this.text += new TextDecoder().decode(piece);
  }
}

/** Content of the response of an application in `fixtures/`, which reports nothing.
 *
 * @param file file in `fixtures/`
 * @param name name of the application in it
 * @param exchange the request */
export async function responseOf(
  file: string,
  name: string,
  exchange: BlockingFake,
): Promise<string> {
  const { gateway } = await loadPython(new URL(`fixtures/${file}`, import.meta.url), name);
  await gateway.respond(exchange);
  assertEquals(exchange.reports, []);
  return exchange.text;
}
