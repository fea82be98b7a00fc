// The kinds of application that a server takes, how one is loaded, and the gateway for each.

import { moduleFailure, resolveExport } from "./application_export.ts";
import {
  classifyApplication,
  type ExportedApp,
  type GatewayChoice,
  type GatewayLike,
} from "./classify_application.ts";
import { ApplicationLoadError } from "./application_load_error.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { FetchApp, FetchHandler } from "../gateway/fetch/fetch_handler.ts";
import { type ErrorHandler, FetchGateway } from "../gateway/fetch/fetch_gateway.ts";
import { Gateway } from "../gateway/gateway.ts";
import { nodeGatewayFor, prepareNode } from "./node_application.ts";
import { isPython, loadPythonModule } from "./python_module.ts";
import type { WsgiExport } from "../gateway/wsgi/wsgi_types.ts";
import { createWsgiGateway } from "../gateway/wsgi/versions.ts";

/** An application as a server takes it: the URL of a module, a Fetch handler, an object with one as
 * `deno serve` takes it, an object with a WSGI application, an object with a handler of node:http, or a
 * gateway. */
export type Application =
  | URL
  | ModuleApp
  | FetchHandler
  | FetchApp
  | WsgiExport
  // deno-lint-ignore no-explicit-any -- of node:http, which few programs load
  | { readonly node: (request: any, response: any) => unknown }
  | Gateway;

/** An application that is loaded already, and so can only run in the thread where it is. */
export type ApplicationValue = Exclude<Application, URL | ModuleApp>;

/** An application in a module, so that workers can load it.
 *
 * @example Usage
 * ```ts
 * import { ModuleApp, serve } from "../../mod.ts";
 *
 * const app = new ModuleApp(new URL("../../examples/hello.ts", import.meta.url));
 * await using server = serve(app, { port: 0, minWorkers: 1 });
 * ``` */
export class ModuleApp {
  /** Distinguishes it from an application that is loaded already. */
  readonly kind: "module" = "module" as const;
  /** URL of the module; of a Python application a `file:` URL that ends in `.py`. */
  readonly url: string;
  /** Name of the export; of a Python application `"default"` stands for `application`. */
  readonly name: string;

  /** Names a module and an export.
   *
   * @param url URL of the module
   * @param name name of the export, `default` unless given
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

/** How a module is loaded. */
export interface LoadingOptions {
  /** Where an application that is written in Python finds packages. */
  readonly pythonPath?: readonly string[];
  /** How an export is called that is a bare function. */
  readonly gateway?: GatewayChoice;
}

/** Loads an application into this thread.
 *
 * @param module its module and export
 * @param loading how it is loaded
 * @returns the module and the application
 * @throws {ApplicationLoadError} when the module or the export cannot be loaded */
export async function loadModule(
  { url, name }: ModuleApp,
  { pythonPath = [], gateway }: LoadingOptions = {},
): Promise<LoadedModule> {
  if (isPython(url)) return await loadPythonModule(url, name, pythonPath);
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = await import(url);
  } catch (error) {
    throw new ApplicationLoadError(moduleFailure(error), error);
  }
  let app: ExportedApp;
  try {
    app = resolveExport(exports, name, gateway).app;
  } catch (error) {
    throw new ApplicationLoadError((error as Error).message);
  }
  try {
    await prepareNode(app);
  } catch (error) {
    throw new ApplicationLoadError("its application failed to get ready", error);
  }
  return { exports, app };
}

/** Makes the gateway for an application.
 *
 * @param app the application
 * @param onError makes the response when a Fetch handler fails
 * @returns the gateway
 * @throws {TypeError} when it is no application */
export function gatewayFor(
  app: ApplicationValue | ExportedApp,
  onError: ErrorHandler | undefined,
): Gateway {
  if (app instanceof Gateway) return app;
  const classified = classifyApplication(app);
  switch (classified.kind) {
    case "handler":
      return new FetchGateway(classified.app, onError);
    case "class":
      throw cannotServe("a class instead of an instance");
    case "gateway":
      return new ForeignGateway(classified.app);
    case "fetch": {
      const { app } = classified;
      // Its `this` is the object, as under `deno serve`.
      return new FetchGateway((request, info) => app.fetch(request, info), onError);
    }
    case "wsgi": {
      const { app } = classified;
      return createWsgiGateway(app.wsgi.bind(app), app.wsgiVersion);
    }
    case "node":
      return nodeGatewayFor(classified.app);
    case "node-handler":
      throw cannotServe(
        'a function (req, res) of node:http, which is served as { node: handler } or with gateway "node"',
      );
    case "listening":
      throw cannotServe("a server that listens already");
    case "dedicated-pool":
    case "unknown":
      throw cannotServe(app === null ? "null" : typeof app);
    default:
      return classified satisfies never;
  }
}

function cannotServe(got: string): TypeError {
  return new TypeError(
    "Cannot serve application: expected a function, an object with fetch(), wsgi() or node(), a Gateway, or a " +
      `module as new URL("./app.ts", import.meta.url), got ${got}`,
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
