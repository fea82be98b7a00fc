// The host that Robusto is imported from: the checkout behind a URL, and for those who import it a place
// that knows nothing else.

import { serve, type Server } from "../../mod.ts";
import { ROOT } from "./program.ts";

/** Serves the checkout's modules, as any static server would. */
export function serveCheckout(): Server {
  return serve(async (request) => {
    const { pathname } = new URL(request.url);
    if (!/^(\/[\w.]+)+\.(ts|py)$/.test(pathname)) {
      return new Response("Not found\n", { status: 404 });
    }
    try {
      const text = await Deno.readTextFile(new URL(`.${pathname}`, ROOT));
      return new Response(text, { headers: { "content-type": "application/typescript" } });
    } catch {
      return new Response("Not found\n", { status: 404 });
    }
  }, { port: 0, onListen: () => {} });
}

/** Runs with a directory and a cache of its own for a program, with no deno.json in reach.
 *
 * @param body is given what {@linkcode Program.start} takes */
export async function inEmptyDirectory(
  body: (options: { cwd: URL; env: { DENO_DIR: string } }) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempDir({ prefix: "robusto-" });
  try {
    const cwd = new URL(`file://${path}/`);
    await body({ cwd, env: { DENO_DIR: `${path}/cache` } });
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}
