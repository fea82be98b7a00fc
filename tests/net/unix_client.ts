// Helpers for tests of UNIX sockets: a client, and temporary folders for sockets.

import { RawClient, type RawResponse } from "../support/raw_client.ts";
import { octets } from "../wire/row.ts";

/** Sends one request on a new connection.
 *
 * @param path path of the socket; an abstract name begins with a NUL
 * @param wire the request, `|` for CRLF */
export async function ask(
  path: string,
  wire = "GET / HTTP/1.1|Host: a|Connection: close||",
): Promise<RawResponse> {
  using client = new RawClient(await Deno.connect({ transport: "unix", path }));
  await client.send(octets(wire));
  return await client.read();
}

/** Content of a response as text. */
export async function textAt(path: string): Promise<string> {
  return new TextDecoder().decode((await ask(path)).content);
}

/** Runs a function with a temporary folder that all users can enter. */
export async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "robusto-" });
  try {
    await Deno.chmod(folder, 0o755);
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Names of the files in a folder, sorted. */
export function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** Whether tests may run processes as other users. */
export const isRoot: boolean = Deno.uid() === 0;
