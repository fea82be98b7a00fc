// Notices servers that a module starts while it is loaded, beside the one that serves its application: those
// of Deno by their functions, those of node:net by what the thread holds open.

import { Promise, setTimeout } from "../io/platform.ts";
import process from "node:process";

/** Name of the event. */
export const SERVER_FOUND = "module-listens";

const FUNCTIONS = ["serve", "listen", "listenTls"] as const;

/** Loads a module, and reports which servers it started meanwhile.
 *
 * @param load loads it
 * @param report called once, if there are any, with a message for the log
 * @returns what `load` gives
 * @throws what `load` throws; nothing is reported then */
export async function noticeServers<Loaded>(
  load: () => Promise<Loaded>,
  report: (message: string) => void,
): Promise<Loaded> {
  const found: string[] = [];
  const restore = FUNCTIONS.map((name) => notice(name, (what) => found.push(what)));
  const before = countNodeServers();
  let loaded: Loaded;
  try {
    loaded = await load();
    await turn(); // a server of node:net that was given a host name looks it up first
  } finally {
    for (const each of restore) each();
  }
  if (countNodeServers() > before) found.push("one of node:http or node:net");
  if (found.length > 0) {
    report(
      `Module starts a server of its own beside this one, ${found.join(" and ")}: ` +
        "export the application without it, or listen only if import.meta.main",
    );
  }
  return loaded;
}

/** Replaces a function of Deno that listens. */
function notice(name: typeof FUNCTIONS[number], take: (what: string) => void): () => void {
  const platform = Deno[name] as (...args: unknown[]) => { readonly addr: Deno.Addr };
  const noticing = (...args: unknown[]) => {
    const listener = platform(...args);
    take(`Deno.${name} at ${shown(listener.addr)}`);
    return listener;
  };
  const set = (value: unknown) =>
    Object.defineProperty(Deno, name, {
      ...{ configurable: true, enumerable: true, writable: true, value },
    });
  set(noticing);
  return () => {
    if ((Deno[name] as unknown) === noticing) set(platform); // the module may have replaced it, too
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function shown(addr: Deno.Addr): string {
  if ("hostname" in addr) return `${addr.hostname}:${addr.port}`;
  return "path" in addr ? addr.path : addr.transport;
}

function countNodeServers(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(?:TCPServer|Pipe)Wrap$/.test(name))
    .length;
}
