// The site that the clients of WebSockets talk to: echo_app.ts in one worker.

import type { ServerOptions } from "../../../src/options/server_options.ts";
import { Site } from "../../support/site.ts";

/** Starts it; connections wait until it is loaded. */
export function echoSite(options: ServerOptions = {}): Site {
  const app = new URL("echo_app.ts", import.meta.url);
  return new Site(app, { minWorkers: 1, maxWorkers: 1, ...options });
}
