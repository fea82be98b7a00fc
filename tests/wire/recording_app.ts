// The application that the wire tests serve. It records each request and responds with the record as JSON,
// so a response shows which request it belongs to.

import type { FetchHandler } from "../../src/gateway/fetch/fetch_handler.ts";
import type { Observation } from "./compare.ts";

/** The requests that reached the application. */
export interface RequestRecord {
  /** Targets of all requests that a handler was called for, including those that failed. */
  readonly called: readonly string[];
  /** What the handlers that finished saw. */
  readonly seen: readonly Observation[];
  /** Brings both lists up to date. */
  update(): Promise<void>;
}

/** The application with its record. */
export class RecordingApp implements RequestRecord {
  readonly called: string[] = [];
  readonly seen: Observation[] = [];

  update(): Promise<void> {
    return Promise.resolve(); // the handler runs in this thread
  }

  /** Responds with the request. */
  readonly handler: FetchHandler = async (request, info) => {
    this.called.push(info.requestTarget);
    const content = new Uint8Array(await request.arrayBuffer());
    const observed: Observation = {
      method: request.method,
      target: info.requestTarget,
      protocol: info.protocol,
      url: request.url,
      fieldLines: info.rawHeaders,
      content: Array.from(content, (octet) => String.fromCharCode(octet)).join(""),
    };
    this.seen.push(observed);
    return Response.json(observed);
  };
}
