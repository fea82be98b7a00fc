// Reasons by which the server cancels the stream of a response. What an application writes into a cancelled
// stream is rejected with the same reason, and few applications handle that. Such a rejection is a line of
// the log; it must not end the process, which any client could bring about by HEAD or by leaving.

import type { Exchange } from "../../exchange/exchange.ts";
import { headline } from "../../log/error_text.ts";

/** The exchange of each reason. One reason may end several, as when the server stops: the last counts. */
const exchanges = new WeakMap<object, Exchange>();

// Here, so that it is called before the listeners of a worker or of the program, which log a fault of the
// application.
addEventListener("unhandledrejection", forgive);

/** Has rejections with a reason end no process if they are not handled.
 *
 * @param reason why the server cancels a stream
 * @param exchange whose stream it is
 * @returns the reason */
export function forgiven(reason: unknown, exchange: Exchange): unknown {
  if (typeof reason !== "object" || reason === null) return reason;
  exchanges.set(reason, exchange);
  return reason;
}

function forgive(event: PromiseRejectionEvent): void {
  const { reason } = event;
  if (typeof reason !== "object" || reason === null) return;
  const exchange = exchanges.get(reason);
  if (exchange === undefined) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  // In a worker the exchange is over, so its pool does not know it any more.
  const of = exchange.workerId === undefined ? "" : ` of request ${exchange.requestId}`;
  const message = `Promise was rejected behind the response${of}: ${headline(reason)}`;
  exchange.report("info", "late-rejection", message);
}
