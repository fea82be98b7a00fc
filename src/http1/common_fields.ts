// The fields at the end of every response head: Server, Date, Connection and Keep-Alive.
// They change at most once a second, so they are kept as octets and copied.

/** Made once: an application may replace the global class. */
const encoder = new TextEncoder();

/** The last lines of a response head, including the empty line. Made at most once a second. */
export class CommonFields {
  readonly #serverLine: string;
  readonly #keepAliveLines: string;
  #second = -1;
  #linesToKeepOpen: Uint8Array = new Uint8Array();
  #linesToClose: Uint8Array = new Uint8Array();

  /** @param serverName value of the Server field; an empty one leaves the field out
   * @param keepAlive seconds that an idle connection is kept, sent as Keep-Alive; Infinity is not sent */
  constructor(serverName: string, keepAlive: number) {
    this.#serverLine = serverName === "" ? "" : `Server: ${serverName}\r\n`;
    const hint = Number.isFinite(keepAlive)
      ? `Keep-Alive: timeout=${Math.floor(keepAlive)}\r\n`
      : "";
    this.#keepAliveLines = `Connection: keep-alive\r\n${hint}`;
  }

  /** The line of the date alone.
   *
   * @param now milliseconds since 1970 */
  dateLine(now: number): string {
    return dateLineOf(now);
  }

  /** The lines for a response that is sent now.
   *
   * @param now milliseconds since 1970
   * @param persistent whether the connection stays open after the response */
  encodedLines(now: number, persistent: boolean): Uint8Array {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) this.#renew(second);
    return persistent ? this.#linesToKeepOpen : this.#linesToClose;
  }

  /** The same lines for the rare response that has its own Date or Server field (RFC 9110 §6.6.1). */
  linesWithout(now: number, persistent: boolean, date: boolean, server: boolean): string {
    return (date ? "" : dateLineOf(now)) + (server ? "" : this.#serverLine) +
      (persistent ? this.#keepAliveLines : "Connection: close\r\n") + "\r\n";
  }

  #renew(second: number): void {
    const encode = (text: string) => encoder.encode(text);
    const now = second * 1000;
    this.#linesToKeepOpen = encode(this.linesWithout(now, true, false, false));
    this.#linesToClose = encode(this.linesWithout(now, false, false, false));
    this.#second = second;
  }
}

/** `toUTCString` gives the IMF-fixdate of RFC 9110 §5.6.7. */
function dateLineOf(now: number): string {
  return `Date: ${new Date(now).toUTCString()}\r\n`;
}
