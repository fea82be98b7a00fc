// Responds to every request with a failure of the application, for development. It stands in the place of
// the executor, and shows a client what error responses otherwise never do.

import type { Exchange } from "../exchange/exchange.ts";
import { InlineExecutor } from "../gateway/inline_executor.ts";
import { Gateway } from "../gateway/gateway.ts";
import { plainResponse } from "../http1/plain_response.ts";

/** Makes what responds in place of an application.
 *
 * @param failure the text of the page */
export function failurePage(failure: string): InlineExecutor {
  return new InlineExecutor(new FailureGateway(failure));
}

/** Responds to every request with a failure. */
export class FailureGateway extends Gateway {
  readonly #failure: string;

  /** @param failure the text of the page */
  constructor(failure: string) {
    super();
    this.#failure = failure;
  }

  override respond(exchange: Exchange): void | Promise<void> {
    const { head, content } = plainResponse(500, this.#failure);
    const fields = [...head.fields, ["Cache-Control", "no-store"] as [string, string]];
    return exchange.respond({ ...head, fields }, content);
  }
}
