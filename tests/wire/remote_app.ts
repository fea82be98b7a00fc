// The applications of the wire tests inside workers. A BroadcastChannel connects them with the test: the
// test selects the application that responds, and each worker reports the requests that reached it.

import { gatewayFor } from "../../src/application/application.ts";
import type { Exchange } from "../../src/exchange/exchange.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { Observation } from "./compare.ts";
import { RecordingApp } from "./recording_app.ts";
import { dialogues, responseRows } from "./tables.ts";

/** Names an application: that of a row, by its index in its table, or the recording application. */
export interface AppName {
  readonly table: "recording" | "responses" | "dialogues";
  readonly row: number;
}

/** Message to the workers: the application that responds from now on. */
export interface AppSelection {
  readonly id: number;
  readonly app: AppName;
}

/** Reply of a worker: the requests that reached it since the last reply. */
export interface Reply {
  readonly id: number;
  readonly called: readonly string[];
  readonly seen: readonly Observation[];
}

/** Responds as the selected application does. */
class RemoteApp extends Gateway {
  readonly #recording = new RecordingApp();
  #gateway = this.#gatewayOf({ table: "recording", row: 0 });

  constructor(channel: BroadcastChannel) {
    super();
    channel.onmessage = ({ data }: MessageEvent<AppSelection | Reply>) => {
      if (!("app" in data)) return; // another worker's reply
      const { id, app } = data;
      const { called, seen } = this.#recording;
      channel.postMessage({ id, called, seen } satisfies Reply);
      called.length = seen.length = 0;
      this.#gateway = this.#gatewayOf(app);
    };
  }

  override respond(exchange: Exchange): void | Promise<void> {
    return this.#gateway.respond(exchange);
  }

  #gatewayOf({ table, row }: AppName): Gateway {
    if (table === "recording") return gatewayFor(this.#recording.handler, undefined);
    const { app, options } = table === "responses" ? responseRows[row] : dialogues[row];
    return gatewayFor(app, options?.onError);
  }
}

const channel = new URL(import.meta.url).searchParams.get("channel");
export default new RemoteApp(new BroadcastChannel(channel!));
