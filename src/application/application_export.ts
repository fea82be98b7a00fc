// Which export of a module is the application, and can it be served?

import { suggestName } from "../options/suggest_name.ts";

/** An export that can be served. */
export type ExportedApp =
  | ExportedHandler
  | { readonly fetch: ExportedHandler }
  | ExportedWsgi
  | GatewayLike;

/** A WSGI application, known by the name of its member: as a bare function it could be a Fetch handler. */
export interface ExportedWsgi {
  // deno-lint-ignore no-explicit-any -- the module is checked by nobody but its author
  readonly wsgi: (environ: any, startResponse: any) => any;
  /** Version of the convention; `"1.0"` without it. */
  readonly wsgiVersion?: "1.0" | "u.0";
}

/** A handler in the convention of `Deno.serve`; the server's own types say more. */
// deno-lint-ignore no-explicit-any -- the module is checked by nobody but its author
export type ExportedHandler = (request: Request, info: any) => Response | Promise<Response>;

/** A `Gateway`, known by its method: the module may have imported the class from another copy or
 * version of Robusto, where `instanceof` says no. */
export interface GatewayLike {
  /** See `Gateway.blocks`. */
  readonly blocks?: boolean;
  // deno-lint-ignore no-explicit-any -- as above
  respond(exchange: any): void | Promise<void>;
}

/** A loaded application. */
export interface LoadedApp {
  /** The export. */
  readonly app: ExportedApp;
  /** The export's own `onListen`, as in `Deno.ServeDefaultExport`. */
  readonly onListen: ((addr: Deno.NetAddr) => void) | undefined;
}

/** Takes the application out of its module.
 *
 * @param module the module's exports
 * @param name the export that is meant
 * @returns the application
 * @throws {TypeError} when there is no such export or it cannot be served */
export function resolveExport(
  module: Readonly<Record<string, unknown>>,
  name: string,
): LoadedApp {
  const called = name === "default" ? "default export" : `export ${JSON.stringify(name)}`;
  if (!Object.hasOwn(module, name)) {
    const nearest = suggestName(name, Object.keys(module));
    const hint = nearest === undefined ? listed(Object.keys(module)) : `did you mean ${nearest}`;
    throw new TypeError(`its module has no ${called}, ${hint}`);
  }
  const value = module[name];
  const wanted =
    `expected its ${called} to be a function, an object with a fetch or wsgi function ` +
    "or a Gateway";
  if (typeof value === "function") {
    if (isClass(value)) throw new TypeError(`${wanted}, got a class instead of an instance`);
    return { app: value as ExportedHandler, onListen: undefined };
  }
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${wanted}, got ${value === null ? "null" : typeof value}`);
  }
  const members = value as {
    fetch?: unknown;
    respond?: unknown;
    onListen?: unknown;
    wsgi?: unknown;
    wsgiVersion?: unknown;
  };
  const { fetch, respond, onListen, wsgi, wsgiVersion } = members;
  if (typeof respond === "function") return { app: value as GatewayLike, onListen: undefined };
  if (typeof wsgi === "function") {
    if (fetch !== undefined) throw new TypeError(`${wanted}, got an object with both`);
    if (wsgiVersion !== undefined && wsgiVersion !== "1.0" && wsgiVersion !== "u.0") {
      const got = typeof wsgiVersion === "string"
        ? JSON.stringify(wsgiVersion)
        : typeof wsgiVersion;
      throw new TypeError(`expected wsgiVersion of its ${called} to be "1.0" or "u.0", got ${got}`);
    }
    return { app: value as ExportedWsgi, onListen: undefined };
  }
  if (typeof fetch !== "function") {
    throw new TypeError(`${wanted}, got an object without one`);
  }
  if (onListen !== undefined && typeof onListen !== "function") {
    throw new TypeError(`expected onListen of its ${called} to be a function`);
  }
  return {
    app: value as { fetch: ExportedHandler },
    onListen: onListen === undefined ? undefined : (addr) => onListen.call(value, addr),
  };
}

/** A class would throw at every request, as it cannot be called. */
// deno-lint-ignore ban-types -- any function may be an export
function isClass(value: Function): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "it exports nothing" : `its exports are ${names.join(", ")}`;
}
