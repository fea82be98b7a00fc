// Parses APP: the module of an application, and the name of its export. It looks at words alone and reads no
// file.

import { pathToFileURL } from "node:url";
import { isPython } from "../../application/python_module.ts";
import { EXIT, ExitError } from "./exit_error.ts";

/** The parsed form of APP. */
export interface AppReference {
  /** URL of the module, absolute. */
  readonly url: string;
  /** Name of the export. */
  readonly name: string;
}

/** Parses APP. A path becomes absolute by the working directory.
 *
 * The name stands after the last colon. In a URL that colon must be in the last segment of the path,
 * so that neither a port nor a query is taken for a name; a URL with a query has no name.
 *
 * Text such as `package.module` names a module that Python finds by itself, as other servers take it.
 *
 * @param text `PATH`, `PATH:NAME`, or an `http:`, `https:` or `file:` URL, or one with `:NAME`, or the name
 * of a module in Python
 * @returns the module and the export
 * @throws {ExitError} when it has another form, or a kind of URL that is not supported */
export function parseAppReference(text: string): AppReference {
  const scheme = /^([A-Za-z][A-Za-z0-9+-]*):/.exec(text)?.[1].toLowerCase();
  if (scheme !== undefined && ["http", "https", "file"].includes(scheme)) return parseUrl(text);
  if (scheme !== undefined && ["jsr", "npm", "node", "data", "blob"].includes(scheme)) {
    throw cannotLoad(text, "expected a path or an http:, https: or file: URL");
  }
  if (scheme === "python") {
    const [url, name] = splitName(text, text.slice("python:".length));
    if (!isModuleName(url.slice("python:".length))) {
      throw cannotLoad(text, "expected the name of a module");
    }
    return { url, name };
  }
  const [path, name] = splitName(text, text);
  if (path === "") throw cannotLoad(text, "expected the path of a module");
  if (isModuleName(path)) return { url: `python:${path}`, name };
  return { url: pathToFileURL(path).href, name };
}

/** Whether APP is written in Python.
 *
 * @param text APP
 * @throws {ExitError} as {@linkcode parseAppReference} */
export function isPythonApp(text: string): boolean {
  return isPython(parseAppReference(text).url);
}

/** Makes the failure for an application that cannot be loaded.
 *
 * @param text APP
 * @param reason what is wrong with it, or what was expected */
export function cannotLoad(text: string, reason: string): ExitError {
  return new ExitError(EXIT.application, `Cannot load ${text}: ${reason}`);
}

function parseUrl(text: string): AppReference {
  const query = /[?#]/.test(text);
  const lastSegment = /^[^/]*\/\/[^/]*(?:\/[^/]*)*\/([^/]*)$/.exec(text)?.[1] ?? "";
  const [module, name] = query ? [text, "default"] : splitName(text, lastSegment);
  if (!URL.canParse(module)) throw cannotLoad(text, "expected a valid URL");
  return { url: new URL(module).href, name };
}

/** Splits at the last colon of `within`, the end of `text` in which a name may stand. Text with a
 * dot or a slash after the colon is no name but the rest of a path. */
function splitName(text: string, within: string): [module: string, name: string] {
  const colon = within.lastIndexOf(":");
  const name = within.slice(colon + 1);
  if (colon < 0 || /[./]/.test(name)) return [text, "default"];
  if (name === "") throw cannotLoad(text, "expected the name of an export behind the colon");
  return [text.slice(0, text.length - name.length - 1), name];
}

/** Whether text is a name that Python imports, and no file by its ending. */
function isModuleName(text: string): boolean {
  return /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(text) &&
    !/\.(?:[cm]?[jt]sx?|py|json)$/.test(text);
}
