// Robusto imported from a URL serves a Python application that is a file: the package of the interpreter and
// the Python files of the gateway are found from that URL.

import { assertEquals } from "@std/assert";
import { inEmptyDirectory, serveCheckout } from "../support/checkout_host.ts";
import { Program, ROOT } from "../support/program.ts";
import { PYTHON_KINDS } from "./python_site.ts";

for (const { name, python, ignore } of PYTHON_KINDS) {
  Deno.test(
    `${name}: mod.ts from a URL serves a Python application`,
    { ignore },
    () => serveFromUrl(python),
  );
}

async function serveFromUrl(python: string): Promise<void> {
  await using host = serveCheckout();
  await inEmptyDirectory(async ({ cwd, env }) => {
    await Deno.copyFile(new URL("examples/my_crazy_app.py", ROOT), new URL("app.py", cwd));
    await usePackagesOf(env.DENO_DIR);
    const words = ["run", "-A", `http://${host.bindAddr}/mod.ts`, "./app.py:my_crazy_app"];
    await using program = await Program.start(
      [...words, "--bind", "127.0.0.1:0", "--workers", "1", "--python", python],
      { cwd, env },
    );
    assertEquals(await (await fetch(await program.url)).text(), "Hello world!");
    assertEquals(await program.stop("SIGTERM"), 0, program.output);
  });
}

/** Makes npm packages come from the existing cache; modules by URL do not. */
async function usePackagesOf(cache: string): Promise<void> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  await Deno.mkdir(cache);
  await Deno.symlink(npmCache, `${cache}/npm`);
}
