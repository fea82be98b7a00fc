// Decides which kind of application a value is: the export of a module, the argument of `serve()`, an entry
// of a `PathDispatcher`. It looks at members only and calls nothing. Its callers decide which kinds they
// accept, and make the error for others.

/** A value that can be served. */
export type ExportedApp =
  | ExportedHandler
  | { readonly fetch: ExportedHandler }
  | ExportedWsgi
  | ExportedNode
  | GatewayLike;

/** A WSGI application, known by the name of its member: as a bare function it could be a Fetch handler. */
export interface ExportedWsgi {
  // deno-lint-ignore no-explicit-any -- only the author of the module checks its types
  readonly wsgi: (environ: any, startResponse: any) => any;
  /** Version of the convention; `"1.0"` without it. */
  readonly wsgiVersion?: "1.0" | "u.0";
}

/** How a bare function is called: as its text suggests, or as the user of the server says. */
export type GatewayChoice = "auto" | "fetch" | "node";

/** An application in the convention of node:http, known by the name of its member for the same reason. */
export interface ExportedNode {
  // deno-lint-ignore no-explicit-any -- as above
  readonly node: (request: any, response: any) => unknown;
}

/** A handler in the convention of `Deno.serve`; the server's own types say more. */
// deno-lint-ignore no-explicit-any -- only the author of the module checks its types
export type ExportedHandler = (request: Request, info: any) => Response | Promise<Response>;

/** A `Gateway`, known by its method: the module may have imported the class from another copy or
 * version of Robusto, where `instanceof` says no. */
export interface GatewayLike {
  /** See `Gateway.blocks`. */
  readonly blocks?: boolean;
  // deno-lint-ignore no-explicit-any -- as above
  respond(exchange: any): void | Promise<void>;
}

/** A value and the kind of application that it is.
 *
 * - `class`: a class, which is a function too, but throws when it is called
 * - `fetch`: an object with `fetch`; it may have `wsgi` as well
 * - `wsgi`: an object with `wsgi`; it may have a `fetch` that is no function
 * - `node`: an object with `node`, or an instance of a framework over node:http
 * - `node-handler`: a function that uses its second parameter as a response of node:http
 * - `listening`: an `http.Server`, or what `Deno.serve` gives, that accepts connections already
 * - `dedicated-pool`: an application beside options of a pool that only it uses */
export type ClassifiedApplication =
  | { readonly kind: "handler" | "class"; readonly app: ExportedHandler }
  | { readonly kind: "gateway"; readonly app: GatewayLike }
  | { readonly kind: "fetch"; readonly app: { readonly fetch: ExportedHandler } }
  | { readonly kind: "wsgi"; readonly app: ExportedWsgi }
  | { readonly kind: "node"; readonly app: ExportedNode }
  | { readonly kind: "node-handler" | "listening" }
  | { readonly kind: "dedicated-pool" }
  | { readonly kind: "unknown" };

/** Members that make an object an application. */
const CONVENTIONS = ["respond", "fetch", "wsgi", "node"] as const;

/** Says which kind of application a value is.
 *
 * @param value anything
 * @returns the value with its kind; `respond` counts before `fetch`, and `fetch` before `wsgi` */
export function classifyApplication(value: unknown): ClassifiedApplication {
  if (typeof value === "function") {
    // Express and Connect.
    if (hasMethod(value, "handle") && hasMethod(value, "use")) {
      return { kind: "node", app: value as unknown as ExportedNode };
    }
    if (isNodeHandler(value)) return { kind: "node-handler" };
    return { kind: isClass(value) ? "class" : "handler", app: value as ExportedHandler };
  }
  if (typeof value !== "object" || value === null) return { kind: "unknown" };
  if (hasMethod(value, "respond")) return { kind: "gateway", app: value as GatewayLike };
  // `deno serve` calls it too, also of a Proxy that has a function for every name.
  if (typeof (value as { fetch?: unknown }).fetch === "function") {
    return { kind: "fetch", app: value as { fetch: ExportedHandler } };
  }
  if (hasMethod(value, "wsgi")) return { kind: "wsgi", app: value as ExportedWsgi };
  if (hasMethod(value, "node") || isKoa(value)) {
    return { kind: "node", app: value as ExportedNode };
  }
  if (isHttpServer(value) ? value.listening === true : isDenoServer(value)) {
    return { kind: "listening" };
  }
  if (isFastify(value) || isHttpServer(value)) {
    return { kind: "node", app: value as unknown as ExportedNode };
  }
  if ("app" in value && !CONVENTIONS.some((name) => name in value)) {
    return { kind: "dedicated-pool" };
  }
  return { kind: "unknown" };
}

/** Whether an object has a method, its own or an inherited one. A router that is a Proxy, as itty-router's,
 * gives a function for every name, but has only its own members.
 *
 * @param value the object
 * @param name name of the method */
export function hasMethod(value: object, name: string): boolean {
  return name in value && typeof (value as Record<string, unknown>)[name] === "function";
}

/** Says in which convention a bare function is called, where the user of the server decides that.
 *
 * @param value an application; one that is no bare function stays as it is
 * @param gateway the option
 * @returns the application, known by the name of its member */
export function applyConvention(value: unknown, gateway: GatewayChoice): unknown {
  if (gateway === "auto" || typeof value !== "function") return value;
  const { kind } = classifyApplication(value);
  if (kind !== "handler" && kind !== "node-handler") return value;
  return gateway === "node" ? { node: value } : { fetch: value };
}

/** Members of a response of node:http that the second argument of a Fetch handler does not have. */
const RESPONSE_MEMBERS =
  "(?:end|write|writeHead|setHeader|statusCode|flushHeaders|send|json|status|pipe)";

/** Whether a function is one of node:http's `(req, res)`: it uses its second parameter, and as a response,
 * and makes no `Response`. What its text does not show counts as a Fetch handler, which fails at its first
 * request if it is none. */
// deno-lint-ignore ban-types -- any function may be an export
export function isNodeHandler(value: Function): boolean {
  if (value.length < 2) return false;
  const text = Function.prototype.toString.call(value);
  const head = /^(?:async\s*)?(?:function\b)?\s*[\w$]*\s*\(\s*[\w$]+\s*,\s*([\w$]+)\s*(?=[,)])/
    .exec(text);
  if (head === null) return false;
  const body = text.slice(head[0].length);
  if (/\bnew\s+Response\b|\bResponse\s*\./.test(body)) return false;
  const name = `(?<![\\w$.])${head[1].replaceAll("$", "\\$")}`;
  if (new RegExp(`${name}\\.${RESPONSE_MEMBERS}\\b`).test(body)) return true;
  // Given on whole to another function, it has only its name. `info` of a Fetch handler is used by members.
  return /^res(?:ponse)?$/.test(head[1]) && new RegExp(`${name}\\s*[,)\\]}]`).test(body.slice(1));
}

function isKoa(value: object): boolean {
  return hasMethod(value, "callback") && hasMethod(value, "use") &&
    Array.isArray((value as { middleware?: unknown }).middleware);
}

function isFastify(value: object): boolean {
  return hasMethod(value, "routing") && hasMethod(value, "ready") && hasMethod(value, "inject");
}

/** Whether a value is what `Deno.serve` gives. */
function isDenoServer(value: object): boolean {
  return hasMethod(value, "shutdown") && "finished" in value && "addr" in value;
}

/** Whether a value is an `http.Server` that has a handler, or takes upgrades. */
function isHttpServer(value: object): value is { readonly listening?: unknown } {
  if (!hasMethod(value, "listen") || !hasMethod(value, "emit")) return false;
  const { _events: events } = value as { _events?: { request?: unknown; upgrade?: unknown } };
  return typeof events === "object" && events !== null &&
    (events.request !== undefined || events.upgrade !== undefined);
}

// deno-lint-ignore ban-types -- any function may be an export
function isClass(value: Function): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}
