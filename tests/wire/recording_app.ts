// The application that the wire tests serve: it answers with what it was given, as JSON, so that an
// answer shows which request it belongs to.

import type { FetchHandler } from "../../src/gateway/fetch/fetch_handler.ts";
import type { Seen } from "./compare.ts";

/** Who knows what reached the application. */
export interface Witness {
  /** Targets of all requests that a handler was called for, whatever became of them. */
  readonly called: readonly string[];
  /** What the handlers that came to their end saw. */
  readonly seen: readonly Seen[];
  /** Makes sure that both are up to date. */
  look(): Promise<void>;
}

/** What reached the application. */
export class Reception implements Witness {
  readonly called: string[] = [];
  readonly seen: Seen[] = [];

  look(): Promise<void> {
    return Promise.resolve(); // they are
  }

  /** Answers with what it was given. */
  readonly handler: FetchHandler = async (request, info) => {
    this.called.push(info.requestTarget);
    const content = new Uint8Array(await request.arrayBuffer());
    const facts: Seen = {
      method: request.method,
      target: info.requestTarget,
      protocol: info.protocol,
      url: request.url,
      fieldLines: info.rawHeaders,
      content: Array.from(content, (octet) => String.fromCharCode(octet)).join(""),
    };
    this.seen.push(facts);
    return Response.json(facts);
  };
}
