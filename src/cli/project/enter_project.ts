// Starts the process anew in the project of the application, because Deno takes its project from the
// main module alone. `execve` keeps the process id, the environment and inherited descriptors, so a
// service manager sees one process.

import { hasAllPermissions, isStandalone } from "../../io/permissions.ts";
import {
  type ApplicationProject,
  findApplicationProject,
  isFile,
  projectOf,
} from "./application_project.ts";
import { parseArguments } from "../settings/arguments.ts";
import { readConfigFile } from "../settings/config_file.ts";
import {
  commandText,
  type DenoCommand,
  parseDenoCommand,
  projectCommand,
  quoteForShell,
  userChoice,
} from "./project_command.ts";
import { mergeSettings } from "../settings/settings.ts";
import { parseVariables, readEnvironment } from "../settings/variables.ts";

const LIBRARY = "libc.so.6";
const SYMBOLS = { execv: { parameters: ["buffer", "buffer"], result: "i32" } } as const;
const ENTRY = new URL("../project_entry.ts", import.meta.url).href;
/** Stands for flags of `deno run` that cannot be read. */
const UNKNOWN_FLAGS = "FLAGS";

/** Replaces this process by the same command in the project of the application. Does nothing where that
 * project is in force, where there is none, and where the user has chosen one with a flag of Deno. Must
 * run before anything is opened.
 *
 * @param args the words behind the program's name
 * @returns only in this process: what to tell when the application cannot be loaded, if its project is
 * not in force */
export async function enterProject(args: readonly string[]): Promise<string | undefined> {
  if (isStandalone()) return undefined;
  const project = await projectOfArguments(args);
  if (project.kind === "none") return undefined;
  if (project.kind === "several") {
    const files = project.files.join(" and ");
    return `${files} are not in force: applications of several projects need a common workspace, ` +
      "or a process each";
  }
  const { file, app, besidePython } = project;
  if (file === projectOf(Deno.mainModule)) return undefined;

  const command = ownCommand(args);
  if (command === undefined) {
    const flags = ["deno", "run", hasAllPermissions() ? "-A" : UNKNOWN_FLAGS];
    return hint(file, obstacle(), projectCommand({ flags, args }, ENTRY, app));
  }
  const choice = userChoice(command, ENTRY);
  if (choice?.choosesProject) return undefined;
  const words = projectCommand(command, ENTRY, app);
  // Already entered: the path of the main module does not show it where it is a link.
  if (words.join("\0") === commandText(command)) return undefined;
  if (choice !== undefined) return hint(file, `${choice.flag} would run twice`, words);
  if (besidePython) {
    return hint(file, "the interpreter for Python is a package that it may not have", words);
  }
  replaceProcess(words);
  return hint(file, "the process could not be replaced", words);
}

/** Reads what the command line reads again, which then reports what is wrong with it. */
async function projectOfArguments(args: readonly string[]): Promise<ApplicationProject> {
  try {
    const parsed = parseArguments(args);
    if (parsed.action !== "serve" && parsed.action !== "check") return { kind: "none" };
    const variables = parseVariables(readEnvironment());
    const config = parsed.config ?? variables.config;
    // A pipe can be read only once.
    const file = config !== undefined && isFile(config) ? await readConfigFile(config) : {};
    const { mounts } = mergeSettings(file, parsed.options, { ...parsed, variables });
    return findApplicationProject(mounts.map(({ app }) => app));
  } catch {
    return { kind: "none" };
  }
}

/** The words that started this process; nothing where they cannot be read. */
function ownCommand(args: readonly string[]): DenoCommand | undefined {
  if (Deno.build.os !== "linux" || !hasAllPermissions()) return undefined;
  const text = Deno.readTextFileSync("/proc/self/cmdline");
  if (text.includes("\uFFFD")) return undefined; // not UTF-8: it cannot be written back
  return parseDenoCommand(text.split("\0").slice(0, -1), args);
}

/** Why the own command cannot be read. */
function obstacle(): string {
  if (Deno.build.os !== "linux") return "the server enters a project only on Linux";
  if (!hasAllPermissions()) return "the server enters a project only with --allow-all";
  return "the words that started the process are not to be read";
}

/** Runs Deno with other words in place of this program. All threads end, descriptors that Deno opened
 * close, and inherited ones stay. Returns only when the system refuses. */
function replaceProcess(words: readonly string[]): void {
  let library: Deno.DynamicLibrary<typeof SYMBOLS>;
  try {
    library = Deno.dlopen(LIBRARY, SYMBOLS);
  } catch {
    return; // another C library
  }
  const path = terminated(Deno.execPath());
  const texts = words.map(terminated);
  const pointers = new BigUint64Array(texts.length + 1); // ends with a null pointer
  texts.forEach((text, index) => {
    pointers[index] = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(text)));
  });
  library.symbols.execv(path, pointers);
  texts.length = 0; // they are in use until here, which the pointers alone do not tell
  library.close();
}

function terminated(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text + "\0");
}

function hint(file: string, reason: string, words: readonly string[]): string {
  const flags = words.includes(UNKNOWN_FLAGS)
    ? `, with the ${UNKNOWN_FLAGS} of Deno as they are`
    : "";
  return `${file} is not in force, because ${reason}; this command uses it${flags}:\n` +
    `  ${quoteForShell(words)}`;
}
