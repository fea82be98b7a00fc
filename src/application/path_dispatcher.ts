// Several applications in one server, chosen by the beginning of the path. This file checks what the
// dispatcher is given and makes a tree of it; prefix_table.ts finds the application of a request.

import { type Application, ModuleApp } from "./application.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { type AppTree, type Mount, setMounts, shownPath, toTree } from "./application_tree.ts";
import { classifyApplication } from "./classify_application.ts";
import { treeGateway } from "./tree_gateway.ts";
import type { PoolOptions } from "../options/server_options.ts";
import { Gateway } from "../gateway/gateway.ts";
import { readPrefix } from "../gateway/path/prefix_table.ts";

/** An application with a pool that no other uses, so that it cannot keep the workers of others busy. */
export interface DedicatedPool {
  /** Its module. */
  readonly app: URL | ModuleApp;
  /** Options of the pool; the server's hold for those that are missing. */
  readonly pool: PoolOptions;
}

/** An application as a {@linkcode PathDispatcher} takes it. */
export type MountableApp = Application | DedicatedPool;

/** Serves several applications, of any kind, chosen by the beginning of the path: the longest prefix
 * wins, whole segments count (`/blog` has `/blog/today` and has not `/blogger`), and without a match the
 * response is 404. The path is compared with its percent-encodings decoded, except that of a slash; dot
 * segments are not resolved.
 *
 * An application that is given as a value runs in the thread of the server. A module (a URL or a
 * {@linkcode ModuleApp}) runs in the server's workers; as a {@linkcode DedicatedPool} it has workers that
 * no other application uses. A Fetch handler gets the whole URL, and its prefix as `info.mountPath`; for
 * WSGI the prefix moves from `PATH_INFO` to `SCRIPT_NAME` (PEP 3333).
 *
 * @example Usage
 * ```ts
 * import { PathDispatcher, serve } from "../../mod.ts";
 *
 * const apps = new PathDispatcher({
 *   "/": () => new Response("Welcome!"),
 *   "/blog": (_request, info) => new Response(`This is ${info.mountPath}`),
 * });
 * await using server = serve(apps, { port: 0 });
 * console.log(await (await fetch(`http://${server.bindAddr}/blog/today`)).text()); // This is /blog
 * ``` */
export class PathDispatcher extends Gateway {
  readonly #gateway: Gateway;

  /** Makes a dispatcher.
   *
   * @param apps the applications by their prefixes: a record, or a list of pairs. A prefix begins with a
   * slash; slashes at its end are dropped, so that `/` and the empty text are the root
   * @throws {TypeError} when a prefix is malformed or stands there twice, an application cannot be served,
   * or a derived class overrides `respond`, which no server would call */
  constructor(
    apps:
      | Readonly<Record<string, MountableApp>>
      | Iterable<readonly [prefix: string, app: MountableApp]>,
  ) {
    super();
    if (this.respond !== PathDispatcher.prototype.respond) {
      throw new TypeError(
        "Cannot override respond of PathDispatcher: a server asks for its mounts instead, expected a " +
          "Gateway of one's own at a prefix",
      );
    }
    const mounts = new Map<string, Mount>();
    for (const [given, app] of entriesOf(apps)) {
      const prefix = readPrefix(given);
      if (mounts.has(prefix)) throw cannotMount(prefix, "expected one application there, got two");
      mounts.set(prefix, { prefix, app: readApp(app, prefix) });
    }
    if (mounts.size === 0) {
      throw new TypeError(
        "Cannot make PathDispatcher: expected at least one application, got none",
      );
    }
    const frozen = Object.freeze([...mounts.values()]);
    setMounts(this, frozen);
    this.#gateway = treeGateway({ kind: "dispatcher", mounts: frozen }, undefined);
  }

  /** Passes the exchange to the application whose prefix the path begins with.
   *
   * @param exchange the request, and where the response goes
   * @returns what that application's gateway returns */
  override respond(exchange: Exchange): void | Promise<void> {
    return this.#gateway.respond(exchange);
  }
}

function entriesOf(
  apps: ConstructorParameters<typeof PathDispatcher>[0],
): Iterable<readonly [string, MountableApp]> {
  if (typeof apps === "object" && apps !== null) {
    return Symbol.iterator in apps
      ? apps as Iterable<readonly [string, MountableApp]>
      : Object.entries(apps);
  }
  throw new TypeError(
    `Cannot make PathDispatcher: expected a record or a list of [prefix, app], got ${typeof apps}`,
  );
}

function readApp(app: MountableApp, prefix: string): AppTree {
  if (typeof app === "string") {
    throw cannotMount(
      prefix,
      'expected the URL of a module, such as new URL("./app.ts", import.meta.url), got text',
    );
  }
  if (classifyApplication(app).kind === "dedicated-pool") {
    return readDedicatedPool(app as DedicatedPool, prefix);
  }
  const tree = toTree(app as Application);
  if (tree.kind !== "value") return tree;
  try {
    treeGateway(tree, undefined);
  } catch (error) {
    const reason = (error as Error).message.replace("Cannot serve application: ", "");
    throw cannotMount(prefix, reason);
  }
  return tree;
}

function readDedicatedPool({ app, pool }: DedicatedPool, prefix: string): AppTree {
  if (!(app instanceof URL || app instanceof ModuleApp)) {
    throw cannotMount(prefix, "expected as the app beside pool the URL of a module or a ModuleApp");
  }
  if (typeof pool !== "object" || pool === null) {
    throw cannotMount(prefix, "expected as the pool beside app an object with options");
  }
  const { url, name } = app instanceof URL ? new ModuleApp(app) : app;
  return { kind: "module", url, name, pool: Object.freeze({ ...pool }) };
}

function cannotMount(prefix: string, reason: string): TypeError {
  return new TypeError(`Cannot mount at ${shownPath(prefix)}: ${reason}`);
}
