// Opens many connections to a server and leaves them idle.

import { BareClient } from "./bare_client.ts";

/** Connections that are opened at the same time; fewer than any backlog. */
const AT_ONCE = 64;

/** Opens connections.
 *
 * @param url of the server
 * @param count number of connections
 * @param requests requests on each before it is idle
 * @returns the connections; disposing the result closes them */
export async function openIdle(
  url: string,
  count: number,
  requests: number,
): Promise<Disposable> {
  using clients = new DisposableStack();
  for (let opened = 0; opened < count; opened += AT_ONCE) {
    const batch = Array.from(
      { length: Math.min(AT_ONCE, count - opened) },
      async () => clients.use(await BareClient.connect(url)),
    );
    const connected = await Promise.all(batch);
    for (let i = 0; i < requests; i++) {
      await Promise.all(connected.map((client) => client.get("/")));
    }
  }
  return clients.move();
}
