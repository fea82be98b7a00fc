// Loads the modules of a tree into this thread, one after the other. What a module exports takes its place
// in the tree; that may be a dispatcher with more modules.

import { loadModule, ModuleApp } from "./application.ts";
import {
  type AppTree,
  type ModuleLeaf,
  type Mount,
  shownPath,
  toTree,
} from "./application_tree.ts";
import { ApplicationLoadError, type LoadPlace } from "./application_load_error.ts";

/** A tree without modules. */
export interface LoadedTree {
  /** The tree, with what the modules export in their places. */
  readonly tree: AppTree;
  /** All modules, each once, in the order in which they were loaded. */
  readonly modules: readonly MountedModule[];
}

/** A module that was loaded. */
export interface MountedModule {
  readonly exports: Readonly<Record<string, unknown>>;
  /** Makes the error that names this module as the one that cannot be used. */
  failure(reason: string, cause?: unknown): ApplicationLoadError;
}

/** Loads all modules of a tree into this thread, one after the other.
 *
 * @param tree what to load
 * @returns the tree without modules
 * @throws {ApplicationLoadError} when one cannot be loaded; it says which */
export async function loadTree(tree: AppTree): Promise<LoadedTree> {
  const modules = new Map<string, MountedModule>();
  const loaded = await load(tree, {
    path: undefined,
    place: undefined,
    within: [],
    pythonPath: [],
    modules,
  });
  return { tree: loaded, modules: [...modules.values()] };
}

/** A place in the tree while it is loaded. */
interface Position {
  /** The prefixes above, joined; undefined when no dispatcher is above. */
  readonly path: string | undefined;
  /** Place of the outermost module above: the user of the server knows that one. */
  readonly place: LoadPlace | undefined;
  /** The modules above. */
  readonly within: readonly string[];
  /** Folders of Python packages of the module above. */
  readonly pythonPath: readonly string[];
  /** The modules that have been loaded, by URL. */
  readonly modules: Map<string, MountedModule>;
}

async function load(tree: AppTree, position: Position): Promise<AppTree> {
  if (tree.kind === "value") return tree;
  if (tree.kind === "module") return await loadLeaf(tree, position);
  const mounts: Mount[] = [];
  for (const { prefix, app } of tree.mounts) {
    const path = (position.path ?? "") + prefix;
    mounts.push({ prefix, app: await load(app, { ...position, path }) });
  }
  return { kind: "dispatcher", mounts };
}

async function loadLeaf(leaf: ModuleLeaf, position: Position): Promise<AppTree> {
  const { url, name } = leaf;
  const { within, modules } = position;
  const place = within.length === 0 ? placeOf(leaf, position) : position.place;
  const failure = (reason: string, cause?: unknown) => {
    const path = shownPath(position.path ?? "");
    const which = within.length === 0 ? "" : `its application at ${path}, ${url}: `;
    return new ApplicationLoadError(which + reason, cause, place);
  };
  const key = `${name} of ${url}`;
  if (within.includes(key)) throw failure("it mounts itself");
  if (leaf.pool !== undefined && within.length > 0) {
    throw failure(
      "it cannot have a pool of its own inside of the thread that mounts it, expected that in the " +
        "dispatcher that the server is given",
    );
  }
  const pythonPath = leaf.pythonPath ?? position.pythonPath;
  let loaded;
  try {
    loaded = await loadModule(new ModuleApp(url, name), pythonPath);
  } catch (error) {
    const { reason, cause } = error as ApplicationLoadError;
    throw failure(reason, cause);
  }
  const { exports, app } = loaded;
  if (!modules.has(url)) modules.set(url, { exports, failure });
  return await load(toTree(app), { ...position, place, pythonPath, within: [...within, key] });
}

function placeOf({ url }: ModuleLeaf, { path }: Position): LoadPlace | undefined {
  return path === undefined ? undefined : { path: shownPath(path), url };
}
