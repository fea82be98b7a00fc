// Parses a Dockerfile into its instructions, without those of a shell.

import { assert } from "@std/assert";

/** One instruction. */
export interface Instruction {
  /** Its name, in capitals. */
  readonly name: string;
  /** Flags such as `--from=build`. */
  readonly flags: Readonly<Record<string, string>>;
  /** The words of the exec form, or those that white space separates. */
  readonly words: readonly string[];
  readonly isExecForm: boolean;
}

/** The instructions of one FROM to the next. */
export interface Stage {
  readonly image: string;
  readonly alias: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** Parses the text of a Dockerfile.
 *
 * @throws {AssertionError} at an instruction that no image needs here */
export function parseDockerfile(text: string): Stage[] {
  const lines = text.split("\n").filter((line) => !/^\s*#/.test(line) && line.trim() !== "");
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  for (const line of lines.join("\n").replace(/\\\n/g, " ").split("\n")) {
    const instruction = parseInstruction(line);
    if (instruction.name === "FROM") {
      const [image, as, alias, ...more] = instruction.words;
      assert(more.length === 0 && (as === undefined || as === "AS"), line);
      stages.push({ image, alias, instructions: [] });
    } else {
      stages.at(-1)!.instructions.push(instruction);
    }
  }
  return stages;
}

const NAMES =
  /^(FROM|COPY|RUN|ENV|WORKDIR|USER|EXPOSE|STOPSIGNAL|HEALTHCHECK|ENTRYPOINT|CMD)\s+(.*)$/;

function parseInstruction(line: string): Instruction {
  const [, name, rest] = NAMES.exec(line.trim()) ?? [];
  assert(name !== undefined, `Unknown instruction: ${line}`);
  const flags: Record<string, string> = {};
  const text = rest.replace(/--([a-z-]+)=(\S+)\s+/gy, (_, flag, value) => {
    flags[flag] = value;
    return "";
  }).trim();
  const command = name === "HEALTHCHECK" ? text.replace(/^CMD\s+/, "") : text;
  const isExecForm = command.startsWith("[");
  const words = isExecForm ? JSON.parse(command) : command.split(/\s+/);
  return { name, flags, words, isExecForm };
}
