// deno run -A mod.ts examples/gateway.ts
//
// A gateway for a new convention. Here an application is a function from a path to a text or `undefined`.
// The gateway sees the request as it was sent, and makes the response from the text.

import { type Exchange, Gateway } from "../mod.ts";

type TextApp = (path: string) => string | undefined;

class TextGateway extends Gateway {
  readonly #app: TextApp;

  constructor(app: TextApp) {
    super();
    this.#app = app;
  }

  override respond(exchange: Exchange): void | Promise<void> {
    const { target } = exchange.head;
    const text = "path" in target ? this.#app(target.path) : undefined;
    const fields = [["Content-Type", "text/plain; charset=utf-8"]] as const;
    if (text === undefined) return exchange.respond({ status: 404, fields }, "No such text\n");
    return exchange.respond({ status: 200, fields }, text + "\n");
  }
}

const texts: Record<string, string> = { "/": "Good morning", "/evening": "Good night" };

export default new TextGateway((path) => texts[path]);

// You see: curl http://127.0.0.1:8070/evening -> Good night
