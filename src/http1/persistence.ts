// Decides from the connection options and the version whether the client wants the connection to stay
// open (RFC 9112 §9.3). The Connection field is read as a list and in any case. Whether the server wants
// to keep the connection is decided elsewhere.

import { equalsIgnoringCase, listElements } from "./grammar.ts";

/** The connection options that the server knows. */
export interface ConnectionOptions {
  /** Whether `close` is in the list. */
  readonly close: boolean;
  /** Whether `keep-alive` is in the list. */
  readonly keepAlive: boolean;
  /** Whether `upgrade` is in the list. */
  readonly upgrade: boolean;
}

/** The options of a message without a Connection field. */
export const NO_OPTIONS: ConnectionOptions = options(false, false, false);
const CLOSE = options(true, false, false);
const KEEP_ALIVE = options(false, true, false);

function options(close: boolean, keepAlive: boolean, upgrade: boolean): ConnectionOptions {
  return Object.freeze({ close, keepAlive, upgrade });
}

/** Reads the Connection field (RFC 9110 §7.6.1). Unknown options are ignored.
 *
 * @param value its value; the values of several lines joined by commas
 * @returns the known options */
export function parseConnectionOptions(value: string): ConnectionOptions {
  if (equalsIgnoringCase(value, "keep-alive")) return KEEP_ALIVE; // what nearly all clients send
  if (equalsIgnoringCase(value, "close")) return CLOSE;
  const elements = listElements(value);
  const has = (option: string) => elements.some((element) => equalsIgnoringCase(element, option));
  return options(has("close"), has("keep-alive"), has("upgrade"));
}

/** Whether the client wants the connection to persist after this exchange.
 *
 * @param minorVersion 0 for HTTP/1.0, 1 for HTTP/1.1 and later
 * @param connection its connection options
 * @returns true if so; `close` takes precedence over `keep-alive` */
export function wantsPersistence(minorVersion: 0 | 1, connection: ConnectionOptions): boolean {
  if (connection.close) return false;
  return minorVersion === 1 || connection.keepAlive;
}
