// deno run -A mod.ts examples/own_gateway.ts
//
// A convention of one's own in which applications may block. Here an application is a function from
// text to text that does not know of promises; it asks for the next piece of its input when it wants one.
// In a worker the gateway lets it wait; in the accepting thread (`--mode inline`) nothing may wait, so all
// of the input is read before.

import { type Exchange, Gateway } from "../mod.ts";

type Next = () => string | undefined;
type PlainApp = (next: Next) => string;

class PlainGateway extends Gateway {
  /** A worker gets one request at a time: the next one would wait behind it. */
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
    return this.#answer(exchange, () => {
      const piece = content === undefined ? null : blocking.readPiece();
      return piece === null ? undefined : decoder.decode(piece, { stream: true });
    });
  }

  async #respondLater(exchange: Exchange): Promise<void> {
    const pieces = [new TextDecoder().decode(await exchange.content?.read())];
    await this.#answer(exchange, () => pieces.pop());
  }

  #answer(exchange: Exchange, next: Next): void | Promise<void> {
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
