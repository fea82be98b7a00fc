// The fields that every answer ends with: who answers, when, and whether the connection stays. They
// change once a second at most, so they are kept as octets and copied.

/** The last lines of a response head, the empty line included, made once a second. */
export class CommonFields {
  readonly #serverLine: string;
  readonly #keepAliveLines: string;
  #second = -1;
  #linesToKeepOpen: Uint8Array = new Uint8Array();
  #linesToClose: Uint8Array = new Uint8Array();

  /** @param serverName value of the Server field; an empty one leaves the field out
   * @param keepAlive seconds that an idle connection is kept, told to the client; Infinity is not told */
  constructor(serverName: string, keepAlive: number) {
    this.#serverLine = serverName === "" ? "" : `Server: ${serverName}\r\n`;
    const hint = Number.isFinite(keepAlive)
      ? `Keep-Alive: timeout=${Math.floor(keepAlive)}\r\n`
      : "";
    this.#keepAliveLines = `Connection: keep-alive\r\n${hint}`;
  }

  /** The lines for an answer sent now.
   *
   * @param now milliseconds since 1970
   * @param persistent whether the connection stays open after it */
  encodedLines(now: number, persistent: boolean): Uint8Array {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) this.#renew(second);
    return persistent ? this.#linesToKeepOpen : this.#linesToClose;
  }

  /** The same for the odd answer that brings its own Date or Server field (RFC 9110 §6.6.1). */
  linesWithout(now: number, persistent: boolean, date: boolean, server: boolean): string {
    return (date ? "" : dateLine(now)) + (server ? "" : this.#serverLine) +
      (persistent ? this.#keepAliveLines : "Connection: close\r\n") + "\r\n";
  }

  #renew(second: number): void {
    const encode = (text: string) => new TextEncoder().encode(text);
    const now = second * 1000;
    this.#linesToKeepOpen = encode(this.linesWithout(now, true, false, false));
    this.#linesToClose = encode(this.linesWithout(now, false, false, false));
    this.#second = second;
  }
}

/** IMF-fixdate is what toUTCString gives (RFC 9110 §5.6.7). */
function dateLine(now: number): string {
  return `Date: ${new Date(now).toUTCString()}\r\n`;
}
