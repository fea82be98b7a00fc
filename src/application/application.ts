// What can be served: the kinds of application that a server takes, and the gateway for each.

import { type ExportedApp, type GatewayLike, resolveExport } from "./application_export.ts";
import { ApplicationLoadError } from "./application_load_error.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { FetchApp, FetchHandler } from "../gateway/fetch/fetch_handler.ts";
import { type ErrorHandler, FetchGateway } from "../gateway/fetch/fetch_gateway.ts";
import { Gateway } from "../gateway/gateway.ts";
import { isPython, loadPythonModule } from "./python_module.ts";
import type { WsgiApp } from "../gateway/wsgi/wsgi_types.ts";
import type { WsgiVersion } from "../gateway/wsgi/environ.ts";
import { createWsgiGateway } from "../gateway/wsgi/versions.ts";

/** What a server serves: the URL of a module, a Fetch handler, an object with one as `deno serve` takes
 * it, an object with a WSGI application, or a gateway. */
export type Application = URL | ModuleApp | ApplicationValue;

/** An application that is loaded already, and so can only run in the thread where it is. */
export type ApplicationValue = FetchHandler | FetchApp | WsgiExport | Gateway;

/** A WSGI application, as a module exports it. */
export interface WsgiExport {
  /** The application. */
  readonly wsgi: WsgiApp;
  /** Version of the convention.
   *
   * @default {"1.0"} */
  readonly wsgiVersion?: WsgiVersion;
}

/** An application that stands in a module, so that workers can load it. */
export class ModuleApp {
  /** Tells it from what is loaded already. */
  readonly kind: "module" = "module" as const;
  /** URL of the module; of a Python application a `file:` URL that ends in `.py`. */
  readonly url: string;
  /** Name of the export; of a Python application `"default"` stands for `application`. */
  readonly name: string;

  /** Names a module and an export.
   *
   * @param url URL of the module
   * @param name name of the export
   * @throws {TypeError} when `url` is no absolute URL */
  constructor(url: string | URL, name = "default") {
    this.url = new URL(url).href;
    this.name = name;
  }
}

/** A module and the application in it. */
export interface LoadedModule {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly app: ExportedApp;
}

/** Loads an application into this thread.
 *
 * @param module where it is
 * @param pythonPath where it finds packages if it is written in Python
 * @returns the module and the application
 * @throws {ApplicationLoadError} when the module or the export cannot be loaded */
export async function loadModule(
  { url, name }: ModuleApp,
  pythonPath: readonly string[] = [],
): Promise<LoadedModule> {
  if (isPython(url)) return await loadPythonModule(url, name, pythonPath);
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = await import(url);
  } catch (error) {
    throw new ApplicationLoadError("its module failed", error);
  }
  try {
    return { exports, app: resolveExport(exports, name).app };
  } catch (error) {
    throw new ApplicationLoadError((error as Error).message);
  }
}

/** Makes the gateway for an application.
 *
 * @param app what is to be served
 * @param onError makes the answer when a Fetch handler fails
 * @returns the gateway
 * @throws {TypeError} when it is no application */
export function gatewayFor(
  app: ApplicationValue | ExportedApp,
  onError: ErrorHandler | undefined,
): Gateway {
  if (app instanceof Gateway) return app;
  if (typeof app === "function") return new FetchGateway(app, onError);
  if (typeof app === "object" && app !== null) {
    if ("respond" in app && typeof app.respond === "function") return new ForeignGateway(app);
    if ("fetch" in app && typeof app.fetch === "function") {
      // Its `this` is the object, as under `deno serve`.
      return new FetchGateway((request, info) => app.fetch(request, info), onError);
    }
    if ("wsgi" in app && typeof app.wsgi === "function") {
      return createWsgiGateway(app.wsgi.bind(app), app.wsgiVersion);
    }
  }
  throw new TypeError(
    "Cannot serve application: expected a function, an object with fetch() or wsgi(), or a Gateway",
  );
}

/** A gateway whose class comes from another copy of Robusto, such as the one that the application
 * imports by its URL while this one runs from a checkout. */
class ForeignGateway extends Gateway {
  override readonly blocks: boolean;
  readonly #gateway: GatewayLike;

  constructor(gateway: GatewayLike) {
    super();
    this.blocks = gateway.blocks === true;
    this.#gateway = gateway;
  }

  override respond(exchange: Exchange): void | Promise<void> {
    return this.#gateway.respond(exchange);
  }
}
