// Makes one gateway for a whole tree of applications: each application gets the gateway of its convention,
// each dispatcher one that chooses among them by the path.

import { gatewayFor } from "./application.ts";
import type { ErrorHandler } from "../gateway/fetch/fetch_gateway.ts";
import { Gateway } from "../gateway/gateway.ts";
import { PathGateway } from "../gateway/path/path_gateway.ts";
import type { AppTree, ValueLeaf } from "./application_tree.ts";

/** Makes one gateway of a tree.
 *
 * @param tree a tree; a module that is not loaded fails every request for it
 * @param onError makes the response when a Fetch handler fails that has no `onError` beside it
 * @returns the gateway
 * @throws {TypeError} when an application in it cannot be served */
export function treeGateway(tree: AppTree, onError: ErrorHandler | undefined): Gateway {
  switch (tree.kind) {
    case "value":
      return gatewayFor(tree.app, ownOnError(tree) ?? onError);
    case "dispatcher":
      return new PathGateway(
        tree.mounts.map(({ prefix, app }) => [prefix, treeGateway(app, onError)]),
      );
    case "module":
      return NOT_LOADED;
    default:
      return tree satisfies never;
  }
}

/** `onError` beside `fetch` in what is exported, if that is an object literal. An instance of a class may be
 * an application of another library that has a method of this name for another purpose: in Hono and Elysia
 * it registers a handler, and a router that is a Proxy has a method of every name. */
function ownOnError({ app }: ValueLeaf): ErrorHandler | undefined {
  if (!isObjectLiteral(app) || !Object.hasOwn(app, "onError")) return undefined;
  const { onError } = app as { readonly onError?: unknown };
  return typeof onError === "function" ? onError.bind(app) : undefined;
}

function isObjectLiteral(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

class NotLoadedGateway extends Gateway {
  override respond(): void {
    throw new TypeError("Cannot respond: a module is loaded by the server that has the dispatcher");
  }
}
const NOT_LOADED = new NotLoadedGateway();
