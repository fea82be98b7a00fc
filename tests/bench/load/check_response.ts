// Requests a work over a connection and compares every part of the response with what must come back.

import { RawClient, type RawResponse } from "../../support/raw_client.ts";
import { type Expected, requestOctets, type Work } from "../works/works.ts";

/** A client that checks what it receives. */
export class CheckingClient implements Disposable {
  readonly #url: URL;
  readonly #work: Work;
  #connection: { readonly client: RawClient; readonly received: () => number } | undefined;

  /** @param url of the server
   * @param work what it requests */
  constructor(url: string, work: Work) {
    this.#url = new URL(url);
    this.#work = work;
  }

  /** Requests the work once, over a new connection when there is no kept one.
   *
   * @returns octets of the response, head included
   * @throws {Error} when any part of the response is not as expected */
  async check(): Promise<number> {
    this.#connection ??= await connect(this.#url);
    const { client, received } = this.#connection;
    const before = received();
    await client.send(requestOctets(this.#work, this.#url.host));
    const response = await client.read(this.#work.method);
    checkResponse(response, this.#work.expected, this.#work.name);
    const keeps = response.framing !== "close" && this.#work.fields.Connection !== "close" &&
      valueOf(response, "connection")?.toLowerCase() !== "close";
    if (!keeps) {
      await client.expectEnd();
      this[Symbol.dispose]();
    }
    return received() - before;
  }

  [Symbol.dispose](): void {
    this.#connection?.client.close();
    this.#connection = undefined;
  }
}

/** Compares a response with the expected one.
 *
 * @param response as received
 * @param expected as it has to be
 * @param work name for the message
 * @throws {Error} naming what is different */
export function checkResponse(response: RawResponse, expected: Expected, work: string): void {
  if (response.status !== 200) {
    throw new Error(`Wrong response to ${work}: expected status 200, got ${response.status}`);
  }
  for (const [name, value] of Object.entries(expected.fields)) {
    const got = valueOf(response, name);
    if (got !== value) {
      throw new Error(`Wrong response to ${work}: expected ${name} ${value}, got ${got}`);
    }
  }
  const text = new TextDecoder().decode(response.content);
  const { content } = expected;
  const same = typeof content === "string" ? text === content : isJson(text, content.json);
  if (!same) {
    throw new Error(
      `Wrong response to ${work}: its content is ${JSON.stringify(text.slice(0, 200))}`,
    );
  }
}

async function connect({ hostname, port }: URL) {
  const conn = await Deno.connect({ hostname, port: Number(port) });
  conn.setNoDelay();
  let received = 0;
  const client = new RawClient({
    async read(octets) {
      const count = await conn.read(octets);
      received += count ?? 0;
      return count;
    },
    write: (octets) => conn.write(octets),
    closeWrite: () => conn.closeWrite(),
    close: () => conn.close(),
  });
  return { client, received: () => received };
}

function valueOf({ fields }: RawResponse, name: string): string | undefined {
  return fields.find(([each]) => each.toLowerCase() === name)?.[1];
}

/** Whether a text is the JSON of a value; spaces and the order of members do not count. */
function isJson(text: string, value: unknown): boolean {
  try {
    return sorted(JSON.parse(text)) === sorted(value);
  } catch {
    return false;
  }
}

function sorted(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, member) =>
      typeof member === "object" && member !== null && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).sort())
        : member,
  );
}
