// Robusto runs from any URL that serves its directory. A local server for the checkout plays that host. A
// specifier that is neither relative nor `node:` does not resolve there.

import { assert, assertEquals } from "@std/assert";
import { serve } from "../mod.ts";
import { inEmptyDirectory, serveCheckout } from "./support/checkout_host.ts";
import { Program, ROOT } from "./support/program.ts";

const PAGE_URL = "https://example.org/robusto";

Deno.test("the command of docs/install.md runs Robusto and an application from a URL", async () => {
  await using host = serveCheckout();
  const [, command] = /^deno (run .*--allow-import.*)/m.exec(
    await Deno.readTextFile(new URL("docs/install.md", ROOT)),
  ) ?? [];
  const local = command
    .replaceAll(PAGE_URL, `http://${host.bindAddr}`)
    .replace("--allow-import=example.org", `--allow-import=${host.bindAddr}`);
  assert(!local.includes("example.org"), local);
  await inEmptyDirectory(async (options) => {
    await using program = await Program.start(
      [...local.split(" "), "--bind", "127.0.0.1:0"],
      options,
    );
    assertEquals(await (await fetch(await program.url)).text(), "Hello world!\n");
    assertEquals(await program.stop("SIGTERM"), 0, program.output);
  });
});

Deno.test("an application from a URL may import the same mod.ts", async () => {
  await using host = serveCheckout();
  const base = `http://${host.bindAddr}`;
  await inEmptyDirectory(async (options) => {
    const words = ["run", "--allow-net", `--allow-import=${host.bindAddr}`, `${base}/mod.ts`];
    const app = `${base}/examples/gateway.ts`;
    await using program = await Program.start([...words, app, "--bind", "127.0.0.1:0"], options);
    assertEquals(await (await fetch(`${await program.url}/evening`)).text(), "Good night\n");
  });
});

Deno.test("a local program imports mod.ts from a URL", async () => {
  await using host = serveCheckout();
  await inEmptyDirectory(async (options) => {
    const program = new URL("program.ts", options.cwd);
    await Deno.writeTextFile(
      program,
      `import { serve } from "http://${host.bindAddr}/mod.ts";
       serve(() => new Response("From afar\\n"), { port: 0 });`,
    );
    const words = [
      "run",
      "--check",
      "--allow-net",
      `--allow-import=${host.bindAddr}`,
      program.href,
    ];
    await using running = await Program.start(words, options);
    assertEquals(await (await fetch(await running.url)).text(), "From afar\n");
  });
});

Deno.test("the media types that docs/install.md names work, that of Python's http.server does not", async () => {
  const page = await Deno.readTextFile(new URL("docs/install.md", ROOT));
  const named = [...page.matchAll(/`((?:application|text|video)\/[\w.-]+)`/g)];
  const types = named.map(([, type]) => type);
  await using host = serve((request) => {
    const type = types[Number(new URL(request.url).pathname.slice(1, -".ts".length))];
    return new Response("const one: number = 1;", { headers: { "content-type": type } });
  }, { port: 0, onListen: () => {} });
  await inEmptyDirectory(async (options) => {
    const imports = types.map((_, index) => `import("http://${host.bindAddr}/${index}.ts")`);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `const results = await Promise.allSettled([${imports}]);
         console.log(results.map(({ status }) => status).join())`,
      ],
      ...options,
      stderr: "null",
    }).output();
    const expected = types.map((type) =>
      type === "text/vnd.trolltech.linguist" ? "rejected" : "fulfilled"
    );
    assertEquals(new TextDecoder().decode(stdout).trim(), expected.join());
    assert(expected.includes("rejected") && expected.length > 4, String(types));
  });
});
