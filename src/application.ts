// What can be served: the kinds of application that a server takes, and the gateway for each.

import type { FetchApp, FetchHandler } from "./gateway/fetch_handler.ts";
import { type ErrorHandler, FetchGateway } from "./gateway/fetch_gateway.ts";
import { Gateway } from "./gateway/gateway.ts";

/** What a server serves: a Fetch handler, an object with one as `deno serve` takes it, or a gateway. */
export type Application = FetchHandler | FetchApp | Gateway;

/** Makes the gateway for an application.
 *
 * @param app what is to be served
 * @param onError makes the answer when a Fetch handler fails
 * @returns the gateway
 * @throws {TypeError} when it is no application */
export function gatewayFor(app: Application, onError: ErrorHandler | undefined): Gateway {
  if (app instanceof Gateway) return app;
  if (typeof app === "function") return new FetchGateway(app, onError);
  if (typeof app === "object" && app !== null && typeof app.fetch === "function") {
    // Its `this` is the object, as under `deno serve`.
    return new FetchGateway((request, info) => app.fetch(request, info), onError);
  }
  throw new TypeError(
    "Cannot serve application: expected a function, an object with fetch(), or a Gateway",
  );
}
