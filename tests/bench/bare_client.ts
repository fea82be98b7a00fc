// A client that costs little and does nothing by itself: one connection, one request at a time. Answers
// have a Content-Length.

const END_OF_HEAD = "\r\n\r\n";

/** One connection. */
export class BareClient implements Disposable {
  readonly #conn: Deno.TcpConn;
  readonly #host: string;
  readonly #octets = new Uint8Array(4096);

  /** Connects to a server.
   *
   * @param url where it listens */
  static async connect(url: string): Promise<BareClient> {
    const { hostname, port, host } = new URL(url);
    const conn = await Deno.connect({ hostname, port: Number(port) });
    conn.setNoDelay();
    return new BareClient(conn, host);
  }

  private constructor(conn: Deno.TcpConn, host: string) {
    this.#conn = conn;
    this.#host = host;
  }

  /** Asks for a path and waits for the whole answer.
   *
   * @param path with its first slash
   * @returns status of the answer */
  async get(path: string): Promise<number> {
    await this.send(path);
    return await this.answer();
  }

  /** Asks for a path.
   *
   * @param path with its first slash */
  async send(path: string): Promise<void> {
    const text = `GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`;
    let octets = new TextEncoder().encode(text);
    while (octets.length > 0) octets = octets.subarray(await this.#conn.write(octets));
  }

  /** Waits for the whole answer.
   *
   * @returns its status */
  async answer(): Promise<number> {
    let text = "";
    while (!isComplete(text)) {
      const count = await this.#conn.read(this.#octets);
      if (count === null) throw new Error(`Cannot read answer: it ends after ${text}`);
      text += String.fromCharCode(...this.#octets.subarray(0, count));
    }
    return Number(text.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length));
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

function isComplete(text: string): boolean {
  const end = text.indexOf(END_OF_HEAD);
  if (end < 0) return false;
  const length = Number(/^content-length: *([0-9]+)/im.exec(text)?.[1]);
  return text.length >= end + END_OF_HEAD.length + length;
}
