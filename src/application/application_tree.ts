// The tree of applications that a server is given: an application is a leaf, a dispatcher a branch with
// more of them at its prefixes. Each leaf is a module, which any thread can load, or a value of this
// thread. A tree of modules is plain data and is sent to workers as it is.

import {
  type Application,
  type ApplicationValue,
  type LoadingOptions,
  ModuleApp,
} from "./application.ts";
import { applyConvention } from "./classify_application.ts";
import { isPython } from "./python_module.ts";
import type { AppKind } from "../options/modes.ts";
import type { PoolOptions } from "../options/server_options.ts";

/** An application, or several by their prefixes. */
export type AppTree = ModuleLeaf | ValueLeaf | MountBranch;

/** An application in a module. */
export interface ModuleLeaf {
  /** Kind of node. */
  readonly kind: "module";
  /** URL of the module. */
  readonly url: string;
  /** Name of the export. */
  readonly name: string;
  /** Options of the pool that only this application uses; without them it runs in the server's. */
  readonly pool?: PoolOptions;
  /** How it and the modules that it mounts are loaded. */
  readonly loading?: {
    readonly pythonPath?: readonly string[];
    readonly gateway?: "auto" | "fetch" | "node";
  };
}

/** An application that is loaded already. */
export interface ValueLeaf {
  /** Kind of node. */
  readonly kind: "value";
  /** The application. */
  readonly app: ApplicationValue;
}

/** Several applications, by the beginning of the path. */
export interface MountBranch {
  /** Kind of node. */
  readonly kind: "dispatcher";
  /** The applications and their prefixes. */
  readonly mounts: readonly Mount[];
}

/** An application and its prefix. */
export interface Mount {
  /** Beginning of the path below the dispatcher; empty for the root. */
  readonly prefix: string;
  /** The application. */
  readonly app: AppTree;
}

/** A leaf and the whole path that leads to it. */
export interface PlacedLeaf {
  readonly path: string;
  readonly leaf: ModuleLeaf | ValueLeaf;
}

/** Makes the tree of an application.
 *
 * @param app the application, as a server is given it
 * @returns its tree */
export function toTree(app: Application): AppTree {
  if (app instanceof URL) return toTree(new ModuleApp(app));
  if (app instanceof ModuleApp) return app;
  const mounts = mountsOf(app);
  return mounts === undefined ? { kind: "value", app } : { kind: "dispatcher", mounts };
}

/** Key of a dispatcher's mounts. The registry of symbols gives every copy of Robusto the same one: the
 * application may have imported `PathDispatcher` from another copy than the server. */
const MOUNTS = Symbol.for("robusto.mounts");

/** Gives a dispatcher its mounts, for {@linkcode mountsOf}. */
export function setMounts(dispatcher: object, mounts: readonly Mount[]): void {
  Object.defineProperty(dispatcher, MOUNTS, { value: mounts });
}

/** The mounts of a dispatcher; undefined for any other application. */
export function mountsOf(app: unknown): readonly Mount[] | undefined {
  if (typeof app !== "object" || app === null) return undefined;
  if (!Object.hasOwn(app, MOUNTS)) return undefined; // a Proxy may give a value for every key
  return (app as { readonly [MOUNTS]?: readonly Mount[] })[MOUNTS];
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
 * @returns the part; undefined when it has no leaf */
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

/** Copies a tree with the way in which each module is loaded. A bare function that is the whole tree gets
 * its convention; one that a dispatcher mounts has been judged by its text. A node that stands in the tree
 * twice is copied once, so that its leaves still count as the same. */
export function withLoading(tree: AppTree, loading: LoadingOptions): AppTree {
  if (tree.kind === "value") {
    return {
      ...tree,
      app: applyConvention(tree.app, loading.gateway ?? "auto") as ApplicationValue,
    };
  }
  const copies = new Map<AppTree, AppTree>();
  const copyOnce = (each: AppTree): AppTree => {
    let copy = copies.get(each);
    if (copy === undefined) copies.set(each, copy = copyOf(each));
    return copy;
  };
  const copyOf = (each: AppTree): AppTree => {
    if (each.kind === "value") return each;
    if (each.kind === "module") return { ...each, loading };
    const mounts = each.mounts.map(({ prefix, app }) => ({ prefix, app: copyOnce(app) }));
    return { kind: "dispatcher", mounts };
  };
  return copyOnce(tree);
}

/** A path as messages show it. */
export function shownPath(path: string): string {
  return path === "" ? "/" : path;
}
