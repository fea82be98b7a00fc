// `deno install --global` makes a command of a checkout and of a URL, which serves an application in the
// application's own project.

import { assertEquals } from "@std/assert";
import { inEmptyDirectory, serveCheckout } from "../support/checkout_host.ts";
import { isInstalled, Program, ROOT } from "../support/program.ts";

const page = Deno.readTextFileSync(new URL("docs/install.md", ROOT));
const [, words] = /^deno (install .*) \.\/mod\.ts$/m.exec(page)!;
const isLinux = Deno.build.os === "linux" && isInstalled("sh");

Deno.test({
  name: "the command of docs/install.md serves in the application's project (needs Linux)",
  ignore: !isLinux,
  fn: () =>
    inEmptyDirectory(async ({ cwd, env }) => {
      await using host = serveCheckout();
      const folder = cwd.pathname;
      const write = (name: string, text: string) => Deno.writeTextFile(folder + name, text);
      await write("deno.json", '{ "imports": { "greeting": "./greeting.ts" } }');
      await write("greeting.ts", 'export default "Hello"');
      await write("app.ts", 'import text from "greeting"; export default () => new Response(text)');
      const sources = [new URL("mod.ts", ROOT).pathname, `http://${host.bindAddr}/mod.ts`];
      for (const [index, source] of sources.entries()) {
        const root = `${folder}root${index}`;
        const installation = await new Deno.Command(Deno.execPath(), {
          args: [...words.split(" "), "--quiet", "--root", root, source],
          cwd,
          env,
          stdin: "null",
        }).output();
        const complaint = new TextDecoder().decode(installation.stderr);
        assertEquals(installation.success, true, complaint);
        await Deno.symlink(Deno.execPath(), `${root}/bin/deno`);
        const path = `${root}/bin:${Deno.env.get("PATH")}`;
        const launcher = `const command = new Deno.Command("robusto", {
            args: ["app.ts", "--bind", "127.0.0.1:0", "--workers", "1"], stdin: "null",
          }).spawn();
          Deno.addSignalListener("SIGTERM", () => command.kill("SIGTERM"));
          Deno.exit((await command.status).code);`;
        await using program = await Program.start(["run", "-A", "--ext=ts", "-"], {
          cwd,
          env: { ...env, PATH: path },
          input: launcher,
        });
        assertEquals(await (await fetch(await program.url)).text(), "Hello");
        assertEquals(await program.stop("SIGTERM"), 0, program.output);
      }
    }),
});
