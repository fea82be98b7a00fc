// Every example shows what its last line says. The first line of an example is the command that starts it;
// the last line is a command and its output. The tests run both, at a free port.
//
//   // You see: COMMAND -> TEXT … TEXT
//
// White space counts as one space, and "…" stands for any text.

import { assert, assertEquals } from "@std/assert";
import { assertShows } from "./support/assert_shows.ts";
import { stepsInLanes } from "./support/in_lanes.ts";
import { isInstalled, Program, ROOT } from "./support/program.ts";

const ADDRESS = "127.0.0.1:0";
const README_ADDRESS = /https?:\/\/127\.0\.0\.1:8070/g;

/** How a program ends: its signal and exit code. The command line stops cleanly at a signal; a program with
 * `serve` has no handler for it. */
const STOPPED: { signal?: Deno.Signal; code: number } = { signal: "SIGTERM", code: 0 };
const ENDS: Record<string, typeof STOPPED> = {
  "examples/library.ts": { signal: "SIGTERM", code: 128 + 15 },
  "examples/own_pool.ts": { signal: "SIGTERM", code: 128 + 15 },
  "examples/pool.ts": { signal: "SIGTERM", code: 128 + 15 },
  "examples/tls.ts": { signal: "SIGTERM", code: 128 + 15 },
  "examples/graceful_stop.ts": { code: 0 }, // by itself
};

const examples = ["examples/", "examples/frameworks/"].flatMap(examplesIn).sort();
const missing = ["sh", "curl", "openssl"].filter((name) => !isInstalled(name));

for (const path of examples) {
  const needs = missing.length === 0 ? "" : ` (${missing} is missing)`;
  Deno.test(
    `${path} shows what its last line says${needs}`,
    { ignore: missing.length > 0 },
    async (t) => {
      const lines = Deno.readTextFileSync(new URL(path, ROOT)).trimEnd().split("\n");
      const { command, expected } = lastLineOf(lines.at(-1)!);
      // What people bring has to work in every mode.
      const modes = path.startsWith("examples/frameworks/") ? ["inline", "sharded"] : [];
      const runs = [[], ...modes.map((mode) => ["--mode", mode])];
      await stepsInLanes(
        t,
        3,
        runs.map((options) => [[path, ...options].join(" "), async () => {
          await using program = await Program.start([...argumentsOf(lines[0], path), ...options]);
          const url = await program.url;
          const shown = await shell(command.replaceAll(README_ADDRESS, url));
          assertShows(shown, expected, `${command} ${options}\n${program.output}`);
          const { signal, code } = ENDS[path] ?? STOPPED;
          assertEquals(await program.stop(signal), code, program.output);
        }]),
      );
    },
  );
}

function examplesIn(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))]
    .map((entry) => folder + entry.name)
    .filter((path) => /\.(ts|jsonc)$/.test(path));
}

/** The words after `deno`, and the address of a free port. */
function argumentsOf(line: string, path: string): string[] {
  const words = /^\/\/ deno (run -A .*)$/.exec(line)?.[1].split(" ") ?? [];
  assert(words.includes(path), `Cannot start ${path}: its first line is no command, but ${line}`);
  return words.includes("mod.ts") ? [...words, "--bind", ADDRESS] : [...words, ADDRESS];
}

function lastLineOf(line: string): { command: string; expected: string } {
  const [, command, expected] = /^\/\/ You see: (.*) -> (.*)$/.exec(line) ?? [];
  assert(expected, `The last line is not "You see: COMMAND -> TEXT": ${line}`);
  return { command, expected };
}

async function shell(command: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", command],
    stdin: "null",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}
