// Does the client want the connection to stay open (RFC 9112 §9.3)? Reads the list of connection
// options once, as a list and in any case, and answers from it and the version. Whether the server
// wants it too is decided elsewhere.

import { equalsIgnoringCase, listElements } from "./grammar.ts";

/** The connection options that mean something to us. */
export interface ConnectionOptions {
  /** `close` is among them. */
  readonly close: boolean;
  /** `keep-alive` is among them. */
  readonly keepAlive: boolean;
  /** `upgrade` is among them. */
  readonly upgrade: boolean;
}

/** What a message without a Connection field says. */
export const NO_OPTIONS: ConnectionOptions = options(false, false, false);
const CLOSE = options(true, false, false);
const KEEP_ALIVE = options(false, true, false);

function options(close: boolean, keepAlive: boolean, upgrade: boolean): ConnectionOptions {
  return Object.freeze({ close, keepAlive, upgrade });
}

/** Reads the Connection field (RFC 9110 §7.6.1). Options that we do not know are passed over.
 *
 * @param value its value; several lines joined by commas
 * @returns the options found */
export function parseConnectionOptions(value: string): ConnectionOptions {
  if (equalsIgnoringCase(value, "keep-alive")) return KEEP_ALIVE; // what nearly all clients send
  if (equalsIgnoringCase(value, "close")) return CLOSE;
  const elements = listElements(value);
  const has = (option: string) => elements.some((element) => equalsIgnoringCase(element, option));
  return options(has("close"), has("keep-alive"), has("upgrade"));
}

/** Whether the client wants the connection to persist behind this exchange.
 *
 * @param minorVersion 0 for HTTP/1.0, 1 for HTTP/1.1 and later
 * @param connection its connection options
 * @returns true when it does; `close` beats `keep-alive` */
export function wantsPersistence(minorVersion: 0 | 1, connection: ConnectionOptions): boolean {
  if (connection.close) return false;
  return minorVersion === 1 || connection.keepAlive;
}
