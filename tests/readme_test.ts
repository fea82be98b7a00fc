// The program, the links and the version of Deno in the README are correct.

import { assert, assertEquals } from "@std/assert";
import { Program, ROOT } from "./support/program.ts";

const readme = textOf("README.md");

Deno.test("README's program serves", async () => {
  const [source] = blocks("ts");
  const input = source.replace("port: 8070", "port: 0");
  assert(input !== source, "Cannot run README's program: it does not say port: 8070");
  await using program = await Program.start(["run", "-A", "--check", "--ext=ts", "-"], { input });
  const url = await program.url;
  assertEquals(await (await fetch(url)).text(), "Hello world!\n");
  const response = await fetch(url, { method: "POST", body: "Robusto" });
  assertEquals(await response.text(), "Hello Robusto!\n");
});

Deno.test("the README alone names a version of Deno, the same one everywhere", () => {
  const pinned = new Set([...readme.matchAll(/deno@([0-9A-Za-z.-]+)/g)].map(([, name]) => name));
  assertEquals(pinned.size, 1, `README names several versions: ${[...pinned]}`);
  const [version] = pinned;
  for (const path of textFiles("")) {
    for (const [mention, other] of textOf(path).matchAll(/\bdeno@([0-9]+\.[0-9.]*[0-9])/g)) {
      assertEquals(other, version, `${path} says ${mention}`);
    }
  }
  const inCi = /deno@[0-9]+\.[0-9]+\.[0-9]+/.exec(textOf(".ci/run"));
  assertEquals(inCi, null, ".ci/run takes it from the README");
  const { tasks } = JSON.parse(textOf("deno.json"));
  assertEquals(/[0-9]+\.[0-9]+\.[0-9]+/.exec(JSON.stringify(tasks)), null);
});

function textOf(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

function* textFiles(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder || ".", ROOT))) {
    if (isDirectory && !["node_modules", ".git", "tmp"].includes(name)) {
      yield* textFiles(`${folder}${name}/`);
    } else if (/\.(ts|md|json)$/.test(name)) {
      yield folder + name;
    }
  }
}

/** The contents of the fenced blocks of a language, in order. */
function blocks(language: string): string[] {
  const fence = new RegExp("^```" + language + "\\n([^]*?)^```$", "gm");
  return [...readme.matchAll(fence)].map(([, content]) => content);
}
