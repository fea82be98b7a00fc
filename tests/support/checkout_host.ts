// serveCheckout serves the modules of the checkout under a URL; inEmptyDirectory gives a program a directory
// and a module cache that know nothing of the checkout. For tests that import Robusto from a URL.

import { serve, type Server } from "../../mod.ts";
import { ROOT } from "./program.ts";

/** Serves the modules of the checkout, as a static file server does. */
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

/** Makes an empty directory and an empty cache for a program, without a deno.json.
 *
 * @param body runs with these options for {@linkcode Program.start} */
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
