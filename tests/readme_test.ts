// What the README shows works as it stands there: its commands, its program, its links.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Program, ROOT } from "./support/program.ts";

const readme = await Deno.readTextFile(new URL("README.md", ROOT));
const commands = blocks("sh").flatMap((block) => block.trimEnd().split("\n"));

Deno.test("README's first command serves and stops cleanly", async () => {
  const command = denoArguments(commands[0]);
  await using program = await Program.start([...command, "--bind", "127.0.0.1:0"]);
  assertEquals(await (await fetch(await program.url)).text(), "Hello world!\n");
  assertEquals(await program.stop("SIGINT"), 0, program.output);
  assertStringIncludes(program.output, "robusto: listening on http://127.0.0.1:");
});

Deno.test("README's second command is the test task", async () => {
  assertEquals(denoArguments(commands[1]), ["task", "test"]);
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  assertStringIncludes(tasks.test, "deno test");
});

Deno.test("README's other commands have flags that exist", async () => {
  const others = commands.slice(2).map(denoArguments).filter((words) => words[2] === "mod.ts");
  assert(others.length > 0);
  for (const words of others) {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...words, "--print-config"],
      cwd: ROOT,
      stdin: "null",
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  }
});

Deno.test("README's program serves", async () => {
  const [source] = blocks("ts");
  const input = source.replace("port: 8070", "port: 0");
  assert(input !== source, "Cannot run README's program: it does not say port: 8070");
  await using program = await Program.start(["run", "-A", "--check", "--ext=ts", "-"], { input });
  const url = await program.url;
  assertEquals(await (await fetch(url)).text(), "Hello world!\n");
  const answer = await fetch(url, { method: "POST", body: "Robusto" });
  assertEquals(await answer.text(), "Hello Robusto!\n");
});

Deno.test("README and docs/ link to what is there", async () => {
  const pages = [
    "README.md",
    ...[...Deno.readDirSync(new URL("docs/", ROOT))]
      .map((entry) => `docs/${entry.name}`),
  ];
  for (const page of pages) {
    const url = new URL(page, ROOT);
    const text = await Deno.readTextFile(url);
    for (const [, target] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue;
      assert(exists(new URL(target, url)), `${page} links to ${target}, which is not there`);
    }
  }
});

/** The contents of the fenced blocks of a language, in order. */
function blocks(language: string): string[] {
  const fence = new RegExp("^```" + language + "\\n([^]*?)^```$", "gm");
  return [...readme.matchAll(fence)].map(([, content]) => content);
}

/** The words behind `npx -y deno@VERSION`: the same Deno runs them here that runs this test. */
function denoArguments(command: string): string[] {
  const words = /^npx -y deno@\S+ (.+)$/.exec(command)?.[1].split(" ");
  if (words === undefined) throw new TypeError(`Cannot run README's command: ${command}`);
  return words;
}

function exists(url: URL): boolean {
  try {
    Deno.statSync(url);
    return true;
  } catch {
    return false;
  }
}
