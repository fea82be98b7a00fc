// The applications of the wire tests inside workers. Which of them answers, and what reached it, is
// settled with the test by a channel that all threads of the process share.

import { gatewayFor } from "../../src/application/application.ts";
import type { Exchange } from "../../src/exchange/exchange.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { Seen } from "./compare.ts";
import { Reception } from "./recording_app.ts";
import { dialogues, responseRows } from "./tables.ts";

/** Which application: that of a row, by its place in its table, or the one that answers with what it
 * was given. */
export interface AppName {
  readonly table: "facts" | "responses" | "dialogues";
  readonly row: number;
}

/** What workers are told: which application answers from now on. */
export interface Question {
  readonly question: number;
  readonly app: AppName;
}

/** What a worker answers: what reached it since it was asked before. */
export interface Reply {
  readonly question: number;
  readonly called: readonly string[];
  readonly seen: readonly Seen[];
}

/** Answers as it was last told. */
class RemoteApp extends Gateway {
  readonly #reception = new Reception();
  #gateway = this.#gatewayOf({ table: "facts", row: 0 });

  constructor(channel: BroadcastChannel) {
    super();
    channel.onmessage = ({ data }: MessageEvent<Question | Reply>) => {
      if (!("app" in data)) return; // another worker's reply
      const { question, app } = data;
      const { called, seen } = this.#reception;
      channel.postMessage({ question, called, seen } satisfies Reply);
      called.length = seen.length = 0;
      this.#gateway = this.#gatewayOf(app);
    };
  }

  override respond(exchange: Exchange): void | Promise<void> {
    return this.#gateway.respond(exchange);
  }

  #gatewayOf({ table, row }: AppName): Gateway {
    if (table === "facts") return gatewayFor(this.#reception.handler, undefined);
    const { app, options } = table === "responses" ? responseRows[row] : dialogues[row];
    return gatewayFor(app, options?.onError);
  }
}

const channel = new URL(import.meta.url).searchParams.get("channel");
export default new RemoteApp(new BroadcastChannel(channel!));
