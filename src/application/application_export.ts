// Takes the application out of the exports of its module, or says why it cannot be served.

import {
  applyConvention,
  classifyApplication,
  type ExportedApp,
  type ExportedHandler,
  type ExportedWsgi,
  type GatewayChoice,
  hasMethod,
} from "./classify_application.ts";
import { isAddressInUse } from "../io/address_in_use.ts";
import { suggestName } from "../options/suggest_name.ts";

/** A loaded application. */
export interface LoadedApp {
  /** The export. */
  readonly app: ExportedApp;
  /** The export's own `onListen`, as in `Deno.ServeDefaultExport`. */
  readonly onListen: ((addr: Deno.NetAddr) => void) | undefined;
}

/** What to do with a bare handler of node:http. */
const NODE_HINT = "serve it with --gateway node, or export { node: handler }";

/** What to do with a module that serves by itself. */
const SERVER_HINT = "your module starts a server of its own: export it instead";

/** What to do with a module for `require()` that Deno takes for an ES module. */
const COMMONJS_HINT = 'a CommonJS file ends in .cjs, or its package.json says "type": "commonjs"';

/** Describes why the module of an application could not be imported.
 *
 * @param error what it threw
 * @returns the reason, as in {@linkcode ApplicationLoadError} */
export function moduleFailure(error: unknown): string {
  const [, name] = /^(require|module|exports) is not defined$/.exec(messageOf(error)) ?? [];
  if (name !== undefined) {
    return `its module failed: it is loaded as an ES module, which has no ${name}; ${COMMONJS_HINT}`;
  }
  if (!isAddressInUse(error)) return "its module failed";
  return `its module failed: it listens on an address in use, and each worker loads it; if ${SERVER_HINT}, ` +
    "or listen only if import.meta.main";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}

/** Takes the application out of its module.
 *
 * @param module the module's exports
 * @param name name of the export
 * @param gateway how it is called if it is a bare function
 * @returns the application
 * @throws {TypeError} when there is no such export or it cannot be served */
export function resolveExport(
  module: Readonly<Record<string, unknown>>,
  name: string,
  gateway: GatewayChoice = "auto",
): LoadedApp {
  const called = name === "default" ? "default export" : `export ${JSON.stringify(name)}`;
  if (!Object.hasOwn(module, name)) {
    const nearest = suggestName(name, Object.keys(module));
    const hint = nearest === undefined ? listed(Object.keys(module)) : `did you mean ${nearest}`;
    throw new TypeError(`its module has no ${called}, ${hint}`);
  }
  const value = applyConvention(module[name], gateway);
  const wanted =
    `expected its ${called} to be a function, an object with a fetch, wsgi or node function, ` +
    "an Express, Connect, Koa or Fastify instance, an http.Server or a Gateway";
  const classified = classifyApplication(value);
  switch (classified.kind) {
    case "class": // called as a handler it would throw at every request
      throw new TypeError(`${wanted}, got a class instead of an instance`);
    case "handler":
    case "gateway":
    case "node":
      return { app: classified.app, onListen: undefined };
    case "node-handler":
      throw new TypeError(`its ${called} is a function (req, res) of node:http: ${NODE_HINT}`);
    case "listening":
      throw new TypeError(`its ${called} listens already: ${SERVER_HINT}`);
    case "wsgi":
    case "fetch":
      if (hasBoth(classified.app)) throw new TypeError(`${wanted}, got an object with both`);
      return classified.kind === "wsgi"
        ? { app: checkVersion(classified.app, called), onListen: undefined }
        : { app: classified.app, onListen: onListenOf(classified.app, called) };
    case "dedicated-pool":
    case "unknown":
      throw new TypeError(`${wanted}, got ${nameOf(value)}`);
    default:
      return classified satisfies never;
  }
}

function hasBoth(app: object): boolean {
  return (app as { fetch?: unknown }).fetch !== undefined && hasMethod(app, "wsgi");
}

function checkVersion(app: ExportedWsgi, called: string): ExportedWsgi {
  const version: unknown = app.wsgiVersion;
  if (version === undefined || version === "1.0" || version === "u.0") return app;
  const got = typeof version === "string" ? JSON.stringify(version) : typeof version;
  throw new TypeError(`expected wsgiVersion of its ${called} to be "1.0" or "u.0", got ${got}`);
}

function onListenOf(
  app: { readonly fetch: ExportedHandler; readonly onListen?: unknown },
  called: string,
): LoadedApp["onListen"] {
  if (!("onListen" in app)) return undefined; // a router that is a Proxy would make a route of it
  const { onListen } = app;
  if (onListen === undefined) return undefined;
  if (typeof onListen === "function") return (addr) => onListen.call(app, addr);
  throw new TypeError(`expected onListen of its ${called} to be a function`);
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? "an object without one" : typeof value;
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return `it exports nothing; if ${SERVER_HINT}`;
  return `its exports are ${names.join(", ")}`;
}
