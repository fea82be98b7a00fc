// Which application does APP mean? Reads the word, imports the module, looks at the export. Whatever
// goes wrong here is the application's or the caller's fault and ends with exit code 3.

import { pathToFileURL } from "node:url";
import { nearestName } from "../nearest_name.ts";
import { EXIT, ExitError } from "./exit_error.ts";

/** An export that can be served. */
export type Application = FetchHandler | { readonly fetch: FetchHandler } | GatewayLike;

/** A handler in the convention of `Deno.serve`; the server's own types say more. */
// deno-lint-ignore no-explicit-any -- the module is checked by nobody but its author
export type FetchHandler = (request: Request, info: any) => Response | Promise<Response>;

/** A `Gateway`, known by its method: the module may have imported the class from another copy or
 * version of Robusto, where `instanceof` says no. */
export interface GatewayLike {
  // deno-lint-ignore no-explicit-any -- as above
  respond(exchange: any): void | Promise<void>;
}

/** A loaded application. */
export interface LoadedApp {
  /** The export. */
  readonly app: Application;
  /** The export's own `onListen`, as in `Deno.ServeDefaultExport`. */
  readonly onListen: ((addr: Deno.NetAddr) => void) | undefined;
}

/** What APP says. */
export interface AppReference {
  /** URL of the module, absolute. */
  readonly url: string;
  /** Name of the export. */
  readonly name: string;
}

/** Reads APP. A path becomes absolute by the working directory.
 *
 * The name stands behind the last colon. In a URL that colon must be in the last segment of the path,
 * so that neither a port nor a query is taken for a name; a URL with a query has no name.
 *
 * @param text `PATH`, `PATH:NAME`, or an `http:`, `https:` or `file:` URL, or one with `:NAME`
 * @returns the module and the export
 * @throws {ExitError} when it is none of these, or of a kind that is not supported */
export function parseAppReference(text: string): AppReference {
  const scheme = /^([A-Za-z][A-Za-z0-9+-]*):/.exec(text)?.[1].toLowerCase();
  if (scheme !== undefined && ["http", "https", "file"].includes(scheme)) return parseUrl(text);
  if (scheme !== undefined && ["jsr", "npm", "node", "data", "blob"].includes(scheme)) {
    throw cannotLoad(text, "expected a path or an http:, https: or file: URL");
  }
  const [path, name] = splitName(text, text);
  if (path === "") throw cannotLoad(text, "expected the path of a module");
  refusePython(path, text);
  return { url: pathToFileURL(path).href, name };
}

/** Imports an application.
 *
 * @param text what APP says
 * @returns the application
 * @throws {ExitError} when the module cannot be imported or its export cannot be served */
export async function loadApp(text: string): Promise<LoadedApp> {
  const reference = parseAppReference(text);
  await requireFile(reference.url, text);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(reference.url);
  } catch (error) {
    throw new ExitError(EXIT.application, `Cannot load ${text}: its module failed`, error);
  }
  return takeExport(module, reference.name, text);
}

/** Takes the application out of its module.
 *
 * @param module the module's exports
 * @param name the export that is meant
 * @param text what APP says, for messages
 * @returns the application
 * @throws {ExitError} when there is no such export or it cannot be served */
export function takeExport(
  module: Readonly<Record<string, unknown>>,
  name: string,
  text: string,
): LoadedApp {
  const called = name === "default" ? "default export" : `export ${JSON.stringify(name)}`;
  if (!Object.hasOwn(module, name)) {
    const nearest = nearestName(name, Object.keys(module));
    const hint = nearest === undefined ? listed(Object.keys(module)) : `did you mean ${nearest}`;
    throw cannotLoad(text, `its module has no ${called}, ${hint}`);
  }
  const value = module[name];
  const wanted = `expected its ${called} to be a function, an object with a fetch function or a ` +
    "Gateway";
  if (typeof value === "function") {
    if (isClass(value)) throw cannotLoad(text, `${wanted}, got a class instead of an instance`);
    return { app: value as FetchHandler, onListen: undefined };
  }
  if (typeof value !== "object" || value === null) {
    throw cannotLoad(text, `${wanted}, got ${value === null ? "null" : typeof value}`);
  }
  const members = value as {
    fetch?: unknown;
    respond?: unknown;
    onListen?: unknown;
    wsgi?: unknown;
  };
  const { fetch, respond, onListen, wsgi } = members;
  if (typeof respond === "function") return { app: value as GatewayLike, onListen: undefined };
  if (typeof fetch !== "function") {
    if (wsgi !== undefined) {
      throw cannotLoad(text, "WSGI applications are not supported by this version");
    }
    throw cannotLoad(text, `${wanted}, got an object without one`);
  }
  if (onListen !== undefined && typeof onListen !== "function") {
    throw cannotLoad(text, `expected onListen of its ${called} to be a function`);
  }
  return {
    app: value as { fetch: FetchHandler },
    onListen: onListen === undefined ? undefined : (addr) => onListen.call(value, addr),
  };
}

function parseUrl(text: string): AppReference {
  const query = /[?#]/.test(text);
  const lastSegment = /^[^/]*\/\/[^/]*(?:\/[^/]*)*\/([^/]*)$/.exec(text)?.[1] ?? "";
  const [module, name] = query ? [text, "default"] : splitName(text, lastSegment);
  if (!URL.canParse(module)) throw cannotLoad(text, "expected a valid URL");
  const url = new URL(module);
  refusePython(url.pathname, text);
  return { url: url.href, name };
}

/** Splits at the last colon of `within`, the part of `text` at its end in which a name may stand.
 * What has a dot or a slash behind the colon is no name but the rest of a path. */
function splitName(text: string, within: string): [module: string, name: string] {
  const colon = within.lastIndexOf(":");
  const name = within.slice(colon + 1);
  if (colon < 0 || /[./]/.test(name)) return [text, "default"];
  if (name === "") throw cannotLoad(text, "expected the name of an export behind the colon");
  return [text.slice(0, text.length - name.length - 1), name];
}

function refusePython(path: string, text: string): void {
  if (!/\.py(:|$)/.test(path)) return;
  throw cannotLoad(text, "Python applications are not supported by this version");
}

/** A file that is not there deserves a plainer answer than the module loader's. */
async function requireFile(url: string, text: string): Promise<void> {
  if (!url.startsWith("file:")) return;
  let isFile: boolean;
  try {
    isFile = (await Deno.stat(new URL(url))).isFile;
  } catch (error) {
    throw cannotLoad(text, (error as Error).message);
  }
  if (!isFile) throw cannotLoad(text, "expected a file");
}

/** A class would throw at every request, as it cannot be called. */
// deno-lint-ignore ban-types -- any function may be an export
function isClass(value: Function): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "it exports nothing" : `its exports are ${names.join(", ")}`;
}

function cannotLoad(text: string, reason: string): ExitError {
  return new ExitError(EXIT.application, `Cannot load ${text}: ${reason}`);
}
