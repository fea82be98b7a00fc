// Every command of README and docs/ is run, checked or excluded with a reason.
//
// How a page takes part: by being in docs/. Each page gets an empty folder with the files of
// tests/pages/files/ (app.ts, app.py, …), in which its blocks run in order.
//
// - A block "```sh" holds commands, one a line (`\` continues it, `<<EOF` is a here document). What begins with
//   a word of RUN is run and must succeed. A `deno run` or `deno serve` that serves stays until the block, or
//   the next of them, ends it by SIGTERM: commands behind it are its clients. `kill -HUP PID` and `$PID` mean it.
// - `curl http://127.0.0.1:8070/ # -> Hello … world` also says what people see; "…" stands for any text.
// - A block "```ts server.ts" (a name behind the language) is a file that the commands behind it find.
// - A command in a code span (`deno task ok`), and what `check` of page_checks.ts knows, is checked only: its
//   flags, tasks and files exist.
// - Everything else needs a row in EXCLUDED with the reason. Commands in a block without a language are an error.
//
// - A page with a file deno.json has a project of its own, whose tasks its blocks may run.
//
// Ports, https://example.org, 0.0.0.0 and folders such as /var/log are replaced (page_folder.ts). One page
// alone: `deno test -A tests/pages --filter docs/tls.md`.

import { assert, assertEquals } from "@std/assert";
import { assertShows } from "../support/assert_shows.ts";
import { isInstalled } from "../support/program.ts";
import { ROOT } from "../support/root.ts";
import {
  blocksOf,
  commandsOf,
  looksLikeCommands,
  type PageCommand,
  pages,
  spanCommandsOf,
} from "./page_commands.ts";
import { check } from "./page_checks.ts";
import { PageFolder } from "./page_folder.ts";
import { PageProgram } from "./page_program.ts";

/** What a command begins with that is run. It changes nothing outside of the page's folder. */
const RUN =
  /^(?:[A-Z_]+=\S+ )*(?:deno (?:add|run|serve|test -A$)|curl|cat|cd|cp|echo|export|mkdir|openssl|printf|python3|\.venv\/bin\/python)\b/;
/** Those that may serve; `deno task` only where the page has a project with tasks. */
const PROGRAM = /^(?:[A-Z_]+=\S+ )*deno (?:run|serve|task)\b/;

/** Commands that no test of this file runs, and why. A test elsewhere is named by its path. */
const EXCLUDED: readonly (readonly [command: RegExp, reason: string])[] = [
  [
    /^deno run .*https:\/\/example\.org\/robusto/,
    "tests/url_import_test.ts runs Robusto from a URL",
  ],
  [/^deno run -A robusto app\.ts$/, "as the commands of docs/getting-started.md"],
  [/^deno install --global /, "tests/cli/installed_command_test.ts installs into an empty folder"],
  [
    /^python3 -m http\.server$/,
    "tests/url_import_test.ts serves with the media type that it names",
  ],
  [
    /jsr:@robusto\/|^npx jsr add |^deno run -A @robusto\/robusto /,
    "follows the first release; tests/registry_test.ts plays the registry",
  ],
  [/^deno compile /, "tests/compile_test.ts compiles examples/pool.ts where a runtime is at hand"],
  [
    /^docker /,
    "tests/deploy builds the image without an engine, and runs its command as process 1",
  ],
  [/^deno run app\.ts$/, "an application without Robusto"],
  [/^npm install -g deno\b/, "changes the machine; .ci/run runs npx with the same package"],
  [/^\.venv\/bin\/pip install /, "the packages of the machine stand in for those of PyPI"],
  [/^systemctl /, "changes the machine"],
  [/--preload=.*project_entry\.ts/, "tests/cli/project_process_test.ts starts in a project"],
  [
    /^deno serve (\/srv\/app\/|--parallel )?app\.ts$/,
    "another server, that the page compares with",
  ],
];

const texts = new Map(pages().map((page) => [page, Deno.readTextFileSync(new URL(page, ROOT))]));

/** Pages that need more than Deno and a shell. */
const NEEDS: Readonly<Record<string, readonly [name: string, command: string]>> = {
  "docs/getting-started-python.md": ["Flask", "/usr/bin/python3 -c 'import flask, venv'"],
};

for (const [page, text] of texts) {
  const [name, command] = NEEDS[page] ?? ["", "true"];
  const isMissing = !new Deno.Command("sh", { args: ["-c", command], stderr: "null" })
    .outputSync().success;
  const needs = isMissing ? ` (${name} is missing)` : "";
  Deno.test(`${page}: its commands${needs}`, { ignore: isMissing }, async () => {
    for (const command of spanCommandsOf(page, text)) {
      if (isExcluded(command) || check(command.text)) continue;
      throw unknown(command);
    }
    await runBlocks(page, text);
  });
}

Deno.test("every exclusion has a command, and the test that it names", () => {
  const commands = [...texts].flatMap(([page, text]) => [
    ...blocksOf(page, text).filter(({ language }) => language === "sh").flatMap(commandsOf),
    ...spanCommandsOf(page, text),
  ]);
  for (const [pattern, reason] of EXCLUDED) {
    assert(commands.some(({ text }) => pattern.test(plain(text))), `No command is ${pattern}`);
    for (const [path] of reason.matchAll(/tests\/[\w/]+\.ts/g)) Deno.statSync(new URL(path, ROOT));
  }
});

async function runBlocks(page: string, text: string): Promise<void> {
  const blocks = blocksOf(page, text);
  if (!blocks.some(({ language }) => language === "sh")) {
    for (const block of blocks) assertNoCommands(block);
    return;
  }
  await using folder = await PageFolder.create();
  if (/\bcert\.pem|\bsite\.crt/.test(text)) {
    if (!isInstalled("openssl")) return;
    await folder.makeCertificate();
  }
  let cwd = folder.path;
  const hasTasks = blocks.some(({ file }) => file === "deno.json");
  for (const block of blocks) {
    if (block.file !== undefined) await folder.write(`${cwd}/${block.file}`, block.text);
    if (block.language !== "sh") {
      assertNoCommands(block);
      continue;
    }
    await using session = new Session(folder, () => cwd);
    for (const command of commandsOf(block)) {
      if (isExcluded(command)) continue;
      const [, into] = /^cd (\S+)$/.exec(command.text) ?? [];
      if (into !== undefined) cwd = new URL(folder.localText(into), `file://${cwd}/`).pathname;
      else if (
        RUN.test(plain(command.text)) || hasTasks && PROGRAM.test(command.text) ||
        session.isForServer(command)
      ) {
        await session.run(command);
      } else if (!check(command.text)) throw unknown(command);
    }
    await session.stop();
  }
}

/** The commands of one block, of which one may serve. */
class Session implements AsyncDisposable {
  readonly #folder: PageFolder;
  readonly #cwd: () => string;
  #server: PageProgram | undefined;

  constructor(folder: PageFolder, cwd: () => string) {
    this.#folder = folder;
    this.#cwd = cwd;
  }

  isForServer({ text }: PageCommand): boolean {
    return this.#server !== undefined && /^kill -\w+ (PID|\$PID)$/.test(text);
  }

  async run({ text, place, shows }: PageCommand): Promise<void> {
    const isProgram = PROGRAM.test(plain(text));
    if (isProgram) await this.stop();
    let command = this.#folder.localText(text).replace(/ *&$/, "");
    if (isProgram) command = `exec ${command.replace(/^(?=[A-Z_]+=)/, "env ")}`;
    const { pid } = this.#server ?? {};
    const env = { ...this.#folder.env, ...(pid === undefined ? {} : { PID: String(pid) }) };
    command = command.replace(/(?<=^kill -\w+ )PID$/, "$PID");
    try {
      const program = await PageProgram.start(command, { cwd: this.#cwd(), env });
      if (shows !== undefined) assertShows(program.stdout, shows, `${text}\n${program.output}`);
      if (program.isServing) this.#server = program;
    } catch (error) {
      const log = this.#server === undefined ? "" : `\n\nThe server:\n${this.#server.output}`;
      throw new Error(`${place}: ${(error as Error).message}${log}`);
    }
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }
}

function assertNoCommands(block: ReturnType<typeof blocksOf>[number]): void {
  const isShell = ["bash", "shell", "console"].includes(block.language);
  const isHidden = block.language === "" && looksLikeCommands(block);
  assertEquals(isShell || isHidden, false, `${block.place}: commands need the language sh`);
}

/** A command without what stands for Deno. */
function plain(text: string): string {
  return text.replace(/\bnpx -y deno@[\d.]+/, "deno");
}

function isExcluded({ text }: PageCommand): boolean {
  return EXCLUDED.some(([pattern]) => pattern.test(plain(text)));
}

function unknown({ place, text }: PageCommand): Error {
  return new Error(`${place}: ${text}\nis neither run nor checked, and not in EXCLUDED`);
}
