// Changes the words of a command so that Deno takes the project of the application. The application
// becomes the main module, and the command line runs as a module that Deno loads before it. Words alone:
// no file is read here and no process is started.

/** Flags of Deno that choose the project themselves. */
const CHOOSING = ["--config", "--no-config", "--import-map"];
/** Flags that run a program before the main module, which must not run twice. */
const PRELOADING = ["--preload", "--import", "--require"];

/** A command that was read. */
export interface DenoCommand {
  /** Program, subcommand, and flags of Deno. */
  readonly flags: readonly string[];
  /** The main module, as written; nothing where it is not known. */
  readonly script?: string | undefined;
  /** The words behind the main module. */
  readonly args: readonly string[];
}

/** Reads the words that started a process.
 *
 * @param words all of them, the program first
 * @param args `Deno.args`
 * @returns the command, or nothing when the words do not end with `args` */
export function parseDenoCommand(
  words: readonly string[],
  args: readonly string[],
): DenoCommand | undefined {
  const index = words.length - args.length - 1;
  if (index < 1 || args.some((arg, position) => arg !== words[index + 1 + position])) {
    return undefined;
  }
  return { flags: words.slice(0, index), script: words[index], args };
}

/** Finds what the user has chosen with a flag of Deno.
 *
 * @param command the command
 * @param entry URL of the module that is loaded before the main module
 * @returns the flag, and whether it chooses the project */
export function userChoice(
  { flags }: DenoCommand,
  entry: string,
): { readonly flag: string; readonly choosesProject: boolean } | undefined {
  for (const word of flags.slice(1)) {
    const [flag] = word.split("=", 1);
    if (CHOOSING.includes(flag)) return { flag, choosesProject: true };
    // -c FILE, also behind other letters: -Ac FILE
    if (/^-[A-Za-z]*c/.test(word)) return { flag: "-c", choosesProject: true };
    if (word !== preloadWord(entry) && PRELOADING.includes(flag)) {
      return { flag, choosesProject: false };
    }
  }
  return undefined;
}

/** Finds the file that `deno install --global` makes beside a command that it installs and names in it
 * with `--config`. The installer chose this file and not the user.
 *
 * @param command the command
 * @returns path of the file that may be such a one, and of the installed command; nothing without one */
export function installerFile(
  { flags }: DenoCommand,
): { readonly config: string; readonly installed: string } | undefined {
  const config = flags[flags.indexOf("--config", 1) + 1];
  const [, folder, name] = /^(.*\/)\.([^/]+)\/deno\.json$/.exec(config) ?? [];
  return name === undefined ? undefined : { config, installed: folder + name };
}

/** Leaves out the file that the installer has named.
 *
 * @param command the command
 * @param config path of the file
 * @returns the command without the flag */
export function withoutConfig(command: DenoCommand, config: string): DenoCommand {
  const index = command.flags.indexOf(config) - 1;
  return { ...command, flags: command.flags.toSpliced(index, 2) };
}

/** Makes the command that runs in the project of an application. All flags stay.
 *
 * @param command the command
 * @param entry URL of the module that is loaded before the main module
 * @param app path of the application
 * @returns its words */
export function projectCommand(
  { flags, args }: DenoCommand,
  entry: string,
  app: string,
): readonly string[] {
  const preload = preloadWord(entry);
  return [...flags, ...flags.includes(preload) ? [] : [preload], app, ...args];
}

/** Puts the words of a command together, as the system has them.
 *
 * @param command the command
 * @returns its words, with a NUL between two of them */
export function commandText({ flags, script, args }: DenoCommand): string {
  return [...flags, script, ...args].join("\0");
}

/** Writes words so that a shell reads the same ones.
 *
 * @param words a command */
export function quoteForShell(words: readonly string[]): string {
  return words.map((word) =>
    /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
  ).join(" ");
}

/** A comma separates modules in this flag. */
function preloadWord(entry: string): string {
  return `--preload=${entry.replaceAll(",", "%2C")}`;
}
