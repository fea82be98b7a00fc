// Of which applications does an application consist? One is a leaf; a dispatcher is a branch with more
// of them at its prefixes. The tree says what is a module, which any thread can load, and what is a
// value of this thread; who runs what is decided by create_executor.ts. A tree of modules is plain data
// and travels to workers as it is.

import { type Application, type ApplicationValue, ModuleApp } from "./application.ts";
import { isPython } from "./python_module.ts";
import type { AppKind } from "../options/modes.ts";
import type { PoolOptions } from "../options/server_options.ts";

/** An application, or several by their prefixes. */
export type AppTree = ModuleLeaf | ValueLeaf | MountBranch;

/** An application that stands in a module. */
export interface ModuleLeaf {
  /** Which kind of member it is. */
  readonly kind: "module";
  /** URL of the module. */
  readonly url: string;
  /** Name of the export. */
  readonly name: string;
  /** Set where it has a pool of its own. */
  readonly pool?: PoolOptions;
  /** Where it finds packages, if it or a module that it mounts is written in Python. */
  readonly pythonPath?: readonly string[];
}

/** An application that is loaded already. */
export interface ValueLeaf {
  /** Which kind of member it is. */
  readonly kind: "value";
  /** The application. */
  readonly app: ApplicationValue;
}

/** Several applications, by the beginning of the path. */
export interface MountBranch {
  /** Which kind of member it is. */
  readonly kind: "dispatcher";
  /** What is where. */
  readonly mounts: readonly Mount[];
}

/** An application and where it is. */
export interface Mount {
  /** Beginning of the path below the dispatcher; empty for the root. */
  readonly prefix: string;
  /** What is there. */
  readonly app: AppTree;
}

/** A leaf and the whole path that leads to it. */
export interface PlacedLeaf {
  readonly path: string;
  readonly leaf: ModuleLeaf | ValueLeaf;
}

/** Reads what is served.
 *
 * @param app what a server was given
 * @returns its tree */
export function toTree(app: Application): AppTree {
  if (app instanceof URL) return toTree(new ModuleApp(app));
  if (app instanceof ModuleApp) return app;
  if (isDispatcher(app)) return { kind: "dispatcher", mounts: app.mounts };
  return { kind: "value", app };
}

/** Known by its members: it may be made by another copy of Robusto, as a gateway may. */
function isDispatcher(app: unknown): app is { readonly mounts: readonly Mount[] } {
  if (typeof app !== "object" || app === null) return false;
  return "respond" in app && typeof app.respond === "function" &&
    "mounts" in app && Array.isArray(app.mounts);
}

/** Every leaf of a tree, with the path to it. */
export function treeLeaves(tree: AppTree, path = ""): PlacedLeaf[] {
  if (tree.kind !== "dispatcher") return [{ path, leaf: tree }];
  return tree.mounts.flatMap(({ prefix, app }) => treeLeaves(app, path + prefix));
}

/** Whether a tree consists of modules, of values, or of both. */
export function treeKind(tree: AppTree): AppKind {
  const kinds = new Set(treeLeaves(tree).map(({ leaf }) => leaf.kind));
  if (kinds.size > 1) return "mixed";
  return kinds.has("module") ? "module" : "value";
}

/** The part of a tree that leads to some of its leaves.
 *
 * @param tree the whole
 * @param wanted which leaves
 * @returns the part; nothing where there are none */
export function filterTree(
  tree: AppTree,
  wanted: (leaf: ModuleLeaf | ValueLeaf) => boolean,
): AppTree | undefined {
  if (tree.kind !== "dispatcher") return wanted(tree) ? tree : undefined;
  const mounts = tree.mounts.flatMap(({ prefix, app }) => {
    const part = filterTree(app, wanted);
    return part === undefined ? [] : [{ prefix, app: part }];
  });
  return mounts.length === 0 ? undefined : { kind: "dispatcher", mounts };
}

/** Whether a module of a tree is written in Python. */
export function hasPython(tree: AppTree): boolean {
  return treeLeaves(tree).some(({ leaf }) => leaf.kind === "module" && isPython(leaf.url));
}

/** Tells all modules of a tree where Python packages are. What is in it twice stays one thing. */
export function withPythonPath(tree: AppTree, pythonPath: readonly string[]): AppTree {
  const told = new Map<AppTree, AppTree>();
  const tell = (each: AppTree): AppTree => {
    let copy = told.get(each);
    if (copy === undefined) told.set(each, copy = copyOf(each));
    return copy;
  };
  const copyOf = (each: AppTree): AppTree => {
    if (each.kind === "value") return each;
    if (each.kind === "module") return { ...each, pythonPath };
    const mounts = each.mounts.map(({ prefix, app }) => ({ prefix, app: tell(app) }));
    return { kind: "dispatcher", mounts };
  };
  return tell(tree);
}

/** How a path is called in messages. */
export function shownPath(path: string): string {
  return path === "" ? "/" : path;
}
