// The commands of docs/install.md for the registry JSR. A local server plays the registry with the files of the
// checkout: a package has the list of its versions, and a version the list of its files.

import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { serve, type Server } from "../mod.ts";
import { inEmptyDirectory } from "./support/checkout_host.ts";
import { Program, ROOT } from "./support/program.ts";

const NAME = "@robusto/robusto";
const commands = Deno.readTextFileSync(new URL("docs/install.md", ROOT))
  .match(/^deno (add|install) .*jsr:@robusto\/robusto$/gm)!
  .map((command) => command.split(" ").slice(1));
const { exports, version } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));

Deno.test("the package is added and installed from a registry, and serves", () =>
  inEmptyDirectory(async ({ cwd, env }) => {
    await using registry = playRegistry();
    const options = { cwd, env: { ...env, JSR_URL: `http://${registry.bindAddr}/` } };
    const [add, install] = commands;
    await run(add, options);
    const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", cwd)));
    assertEquals(imports, { [NAME]: `jsr:${NAME}@^${version}` });

    const write = (name: string, text: string) => Deno.writeTextFile(new URL(name, cwd), text);
    await write("app.ts", 'export default () => new Response("A module")');
    await write(
      "program.ts",
      `import { serve } from "${NAME}";
       serve(() => new Response("A program"), { port: 0 });`,
    );
    const module = [NAME, "app.ts", "--bind", "127.0.0.1:0", "--workers", "1"];
    for (const [words, text] of [[["program.ts"], "A program"], [module, "A module"]] as const) {
      await using program = await Program.start(["run", "-A", ...words], options);
      assertEquals(await (await fetch(await program.url)).text(), text);
    }

    await run([...install.slice(0, -1), "--root", "installed", install.at(-1)!], options);
    const script = await Deno.readTextFile(new URL("installed/bin/robusto", cwd));
    assertEquals(script.includes(`jsr:${NAME}`), true, script);
  }));

async function run(
  args: readonly string[],
  options: { readonly cwd: URL; readonly env: Record<string, string> },
): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), { args: [...args], ...options, stdin: "null" });
  const { success, stderr } = await command.output();
  assertEquals(success, true, new TextDecoder().decode(stderr));
}

/** Serves the checkout as the registry would. */
function playRegistry(): Server {
  const base = `/${NAME}/`;
  return serve(async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === `${base}meta.json`) {
      return Response.json({ latest: version, versions: { [version]: {} } });
    }
    if (pathname === `${base}${version}_meta.json`) {
      return Response.json({ exports, manifest: await manifestOf(["mod.ts", "src/"]) });
    }
    const path = pathname.slice(`${base}${version}/`.length);
    if (!/^(mod\.ts|src\/[\w/]+\.(ts|py))$/.test(path)) return new Response(null, { status: 404 });
    const type = path.endsWith(".ts") ? "text/typescript" : "text/plain";
    const octets = await Deno.readFile(new URL(path, ROOT));
    return new Response(octets, { headers: { "content-type": type } });
  }, { port: 0, onListen: () => {} });
}

/** Sizes and checksums of files, and of all files below folders. */
async function manifestOf(paths: readonly string[]): Promise<Record<string, unknown>> {
  const manifest: Record<string, unknown> = {};
  for (const path of paths) {
    if (path.endsWith("/")) {
      const entries = await Array.fromAsync(Deno.readDir(new URL(path, ROOT)));
      const inside = entries.map(({ name, isDirectory }) => path + name + (isDirectory ? "/" : ""));
      Object.assign(manifest, await manifestOf(inside));
    } else {
      const octets = await Deno.readFile(new URL(path, ROOT));
      const checksum = createHash("sha256").update(octets).digest("hex");
      manifest[`/${path}`] = { size: octets.length, checksum: `sha256-${checksum}` };
    }
  }
  return manifest;
}
