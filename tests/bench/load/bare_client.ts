// A client with little CPU cost: one connection, one request at a time. It expects responses with a
// Content-Length.

const END_OF_HEAD = "\r\n\r\n";

/** The client of one connection. */
export class BareClient implements Disposable {
  readonly #conn: Deno.TcpConn;
  readonly #host: string;
  readonly #octets = new Uint8Array(4096);

  /** Connects to a server.
   *
   * @param url of the server */
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

  /** Requests a path and waits for the complete response.
   *
   * @param path with its first slash
   * @returns status of the response */
  async get(path: string): Promise<number> {
    await this.send(path);
    return await this.receive();
  }

  /** Sends a request for a path.
   *
   * @param path with its first slash */
  async send(path: string): Promise<void> {
    const text = `GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`;
    let octets = new TextEncoder().encode(text);
    while (octets.length > 0) octets = octets.subarray(await this.#conn.write(octets));
  }

  /** Waits for the complete response.
   *
   * @returns its status */
  async receive(): Promise<number> {
    let text = "";
    while (!isComplete(text)) {
      const count = await this.#conn.read(this.#octets);
      if (count === null) throw new Error(`Cannot read response: it ends after ${text}`);
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
