// deno run -A mod.ts examples/own_gateway.ts
//
// A gateway for a convention in which applications may block. Here an application is a function from text to
// text without promises; it calls `next` for the next piece of its input. In a worker that call blocks. The
// accepting thread (`--mode inline`) must not block, so there the gateway reads the input first.

import { type Exchange, Gateway } from "../mod.ts";

type Next = () => string | undefined;
type PlainApp = (next: Next) => string;

class PlainGateway extends Gateway {
  /** A worker gets one request at a time: the next one would have to wait for it. */
  override readonly blocks = true;
  readonly #app: PlainApp;

  constructor(app: PlainApp) {
    super();
    this.#app = app;
  }

  override respond(exchange: Exchange): void | Promise<void> {
    const { blocking, content } = exchange;
    const decoder = new TextDecoder();
    if (blocking === undefined) return this.#respondLater(exchange);
    return this.#respondWith(exchange, () => {
      const piece = content === undefined ? null : blocking.readPiece();
      return piece === null ? undefined : decoder.decode(piece, { stream: true });
    });
  }

  async #respondLater(exchange: Exchange): Promise<void> {
    const pieces = [new TextDecoder().decode(await exchange.content?.read())];
    await this.#respondWith(exchange, () => pieces.pop());
  }

  #respondWith(exchange: Exchange, next: Next): void | Promise<void> {
    const fields = [["Content-Type", "text/plain; charset=utf-8"]] as const;
    return exchange.respond({ status: 200, fields }, this.#app(next) + "\n");
  }
}

export default new PlainGateway((next) => {
  let length = 0;
  for (let piece = next(); piece !== undefined; piece = next()) length += piece.length;
  return `You sent ${length} characters`;
});

// You see: curl -d 'How long is this?' http://127.0.0.1:8070/ -> You sent 17 characters
