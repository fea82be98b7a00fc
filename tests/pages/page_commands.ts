// Finds the commands of a page: those of its `sh` blocks and those in code spans. It runs nothing.

import { ROOT } from "../support/root.ts";

/** A fenced block of a page. */
export interface Block {
  /** Where it begins, such as `docs/tls.md:12`. */
  readonly place: string;
  /** The first word behind the fence, or empty. */
  readonly language: string;
  /** The second word behind the fence: the name of the file whose text this is. */
  readonly file: string | undefined;
  readonly text: string;
}

/** A command of a page. */
export interface PageCommand {
  readonly place: string;
  /** What a shell gets: continued lines and here documents are in it, comments behind it are not. */
  readonly text: string;
  /** What `# -> TEXT` behind it says that people see. */
  readonly shows: string | undefined;
}

/** What begins a command. A block or a span that begins otherwise is none. */
const COMMAND =
  /^(?:[A-Z_]+=\S* +)*(?:sudo +)?(?:npx -y )?(?:deno(?:@[\d.]+)?|npx|npm|pip3?|python3?|curl|kill|systemctl|docker|podman|kubectl|openssl|\.ci\/run) +\S/;

/** The pages that people read: README and docs/.
 *
 * @returns paths from the root of the checkout */
export function pages(): string[] {
  const docs = [...Deno.readDirSync(new URL("docs/", ROOT))].map(({ name }) => `docs/${name}`);
  return ["README.md", ...docs.filter((path) => path.endsWith(".md")).sort()];
}

/** Finds the fenced blocks of a page, in order. */
export function blocksOf(page: string, text: string): Block[] {
  return [...text.matchAll(/^( *)```(\w*)(?: +(\S+))?[^\n]*\n([^]*?)^\1```$/gm)].map((match) => {
    const [, , language, file, content] = match;
    return { place: `${page}:${lineAt(text, match.index)}`, language, file, text: content };
  });
}

/** Whether a block without a language holds a command all the same. */
export function looksLikeCommands({ text }: Block): boolean {
  return text.split("\n").some((line) => COMMAND.test(line.replace(/^\$ /, "")));
}

/** Splits a `sh` block into its commands. */
export function commandsOf({ place, text }: Block): PageCommand[] {
  const commands: PageCommand[] = [];
  const lines = text.split("\n");
  while (lines.length > 0) {
    let line = lines.shift()!;
    while (line.endsWith("\\")) line = `${line.slice(0, -1)}${lines.shift()?.trimStart()}`;
    const here = /<<-?'?(\w+)'?/.exec(line)?.[1];
    if (here !== undefined) {
      const end = lines.indexOf(here);
      commands.push({
        place,
        text: [line, ...lines.splice(0, end + 1)].join("\n"),
        shows: undefined,
      });
      continue;
    }
    const [, command, comment] = /^(.*?)(?:(?:^|\s+)#\s*(.*))?$/.exec(line)!;
    if (command.trim() === "") continue;
    commands.push({ place, text: command.trim(), shows: /^-> (.*)$/.exec(comment ?? "")?.[1] });
  }
  return commands;
}

/** Finds the commands in code spans, such as those of a table. A span that only names a program and its
 * subcommand, such as `deno compile`, is none. */
export function spanCommandsOf(page: string, text: string): PageCommand[] {
  const prose = text.replace(/^( *)```[^]*?^\1```$/gm, (block) => block.replace(/[^\n]/g, ""));
  return [...prose.matchAll(/`([^`]+)`/g)]
    .map((match) => ({
      place: `${page}:${lineAt(text, match.index)}`,
      text: match[1].replace(/\s+/g, " "),
      shows: undefined,
    }))
    .filter(({ text }) =>
      COMMAND.test(text) && !/^(npx -y )?deno\S*( [a-z]+)?( --?[a-z-]+)*$/.test(text)
    );
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
