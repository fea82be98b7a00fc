// The applications of a process, and which of them a request is for.

import { fileURLToPath } from "node:url";
import { dirname } from "node:path";
import process from "node:process";
import { type AppTree, type ModuleLeaf, treeLeaves } from "../../application/application_tree.ts";
import { applicationName, moduleName } from "../../application/python_module.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { type PrefixMatch, PrefixTable } from "../../gateway/path/prefix_table.ts";

/** An application as worker.py is given it: the module's name or path, and the application's name. */
export type PythonReference = readonly [module: string, path: string | null, name: string];

type Route = number | PrefixTable<Route>;

/** The applications of a tree of Python modules. */
export class ApplicationTable {
  readonly references: readonly PythonReference[];
  /** Folders that modules are searched in first. */
  readonly folders: readonly string[];
  readonly #route: Route;

  /** @param tree modules in Python, at their prefixes
   * @param folder where modules are that are given by name; by default the working directory */
  constructor(tree: AppTree, folder: string = process.cwd()) {
    const leaves = [...new Set(treeLeaves(tree).map(({ leaf }) => leaf as ModuleLeaf))];
    this.references = leaves.map(({ url, name }) => {
      const module = moduleName(url);
      const path = module === undefined ? fileURLToPath(url) : null;
      return [module ?? "", path, applicationName(name)];
    });
    this.folders = this.references.map(([, path]) => path === null ? folder : dirname(path));
    const routeOf = (node: AppTree): Route => {
      if (node.kind !== "dispatcher") return leaves.indexOf(node as ModuleLeaf);
      return new PrefixTable(node.mounts.map(({ prefix, app }) => [prefix, routeOf(app)]));
    };
    this.#route = routeOf(tree);
  }

  /** Finds the application for a request, and sets the request's `mountPath` to where it is mounted.
   *
   * @param exchange a request that one of them is for: the server has responded to others
   * @returns its number */
  find(exchange: Exchange): number {
    let route = this.#route;
    if (typeof route === "number") return route;
    const { target } = exchange.head;
    let taken = 0;
    while (typeof route !== "number") {
      const match: PrefixMatch<Route> | undefined = route.find(target, taken);
      if (match === undefined) {
        throw new TypeError("Cannot serve request: no application at its path");
      }
      taken += match.length;
      route = match.value;
    }
    if ("path" in target) exchange.mountPath = target.path.slice(0, taken);
    return route;
  }
}
