// A client of a UNIX socket, and folders for sockets.

import { RawClient, type RawResponse } from "../support/raw_client.ts";
import { octets } from "../wire/row.ts";

/** Asks once on a connection of its own.
 *
 * @param path of the socket; an abstract name begins with a NUL
 * @param wire the request, `|` for CRLF */
export async function ask(
  path: string,
  wire = "GET / HTTP/1.1|Host: a|Connection: close||",
): Promise<RawResponse> {
  using client = new RawClient(await Deno.connect({ transport: "unix", path }));
  await client.send(octets(wire));
  return await client.read();
}

/** Content of an answer as text. */
export async function textAt(path: string): Promise<string> {
  return new TextDecoder().decode((await ask(path)).content);
}

/** Runs with a folder that everybody can enter, and that is gone afterwards. */
export async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "robusto-" });
  try {
    await Deno.chmod(folder, 0o755);
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What is in a folder, sorted. */
export function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** Whether tests may become other users. */
export const isRoot: boolean = Deno.uid() === 0;
