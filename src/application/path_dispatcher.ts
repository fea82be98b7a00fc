// Several applications in one server, chosen by the beginning of the path. Here it is read what was
// given, once, with an error for what cannot be served; path_table.ts finds the way.

import { type Application, ModuleApp } from "./application.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { type AppTree, type Mount, shownPath, toTree } from "./application_tree.ts";
import { treeGateway } from "./tree_gateway.ts";
import type { PoolOptions } from "../options/server_options.ts";
import { Gateway } from "../gateway/gateway.ts";
import { readPrefix } from "../gateway/path/prefix_table.ts";

/** An application with workers of its own, so that it cannot keep those of the others busy. */
export interface DedicatedPool {
  /** Its module. */
  readonly app: URL | ModuleApp;
  /** Options about its workers; those that are not given are the server's. */
  readonly pool: PoolOptions;
}

/** What can stand at a prefix. */
export type MountableApp = Application | DedicatedPool;

/** Serves several applications, of any kind, chosen by the beginning of the path: the longest prefix
 * wins, whole segments count (`/blog` has `/blog/today` and has not `/blogger`), and where none fits the
 * answer is 404. Percent-encodings of the path are decoded before it is compared, but that of a slash;
 * dot segments are not resolved.
 *
 * What is given as a value runs in the thread of the server; a module (a URL or a
 * {@linkcode ModuleApp}) runs in the server's workers, and in workers of its own where it is given as an
 * {@linkcode DedicatedPool}. A Fetch handler gets the whole URL and finds in `info.mountPath` what led to it; for
 * WSGI the prefix moves from `PATH_INFO` to `SCRIPT_NAME`.
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
  /** What is where. */
  readonly mounts: readonly Mount[];
  readonly #gateway: Gateway;

  /** Makes a dispatcher.
   *
   * @param apps what is served at which prefix: a record, or a list of pairs. A prefix begins with a
   * slash; slashes at its end are dropped, so that `/` and the empty text are the root
   * @throws {TypeError} when a prefix is none or is there twice, an application is none, or a class that
   * extends this one has a `respond` of its own, which no server would call */
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
    this.mounts = Object.freeze([...mounts.values()]);
    this.#gateway = treeGateway({ kind: "dispatcher", mounts: this.mounts }, undefined);
  }

  /** Has the application answer under whose prefix the path lies. */
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
  if (isDedicatedPool(app)) return readDedicatedPool(app, prefix);
  const tree = toTree(app);
  if (tree.kind !== "value") return tree;
  try {
    treeGateway(tree, undefined);
  } catch (error) {
    const reason = (error as Error).message.replace("Cannot serve application: ", "");
    throw cannotMount(prefix, reason);
  }
  return tree;
}

function isDedicatedPool(app: MountableApp): app is DedicatedPool {
  if (typeof app !== "object" || app === null || app instanceof URL) return false;
  return "app" in app && !["fetch", "respond", "wsgi"].some((name) => name in app);
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
