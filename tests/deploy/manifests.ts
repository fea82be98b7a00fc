// The manifests of examples/deploy/, strictly parsed: YAML with a key once, and only keys that are known.

import { assert } from "@std/assert";
import { parseAll } from "@std/yaml";
import { parseSize, parseTime } from "./quantities.ts";
import { DEPLOY } from "./image.ts";

export { parseSize, parseTime };

/** A node of a manifest; tests say what they expect. */
// deno-lint-ignore no-explicit-any
export type Node = any;

/** The documents of a file.
 *
 * @param name its name in examples/deploy/ */
export function readManifest(name: string): Node[] {
  const text = Deno.readTextFileSync(new URL(name, DEPLOY));
  assert(!text.includes("\t"), `${name} has a tab`);
  return parseAll(text) as Node[];
}

/** The object of a kind in kubernetes.yaml. */
export function kubernetes(kind: string): Node {
  const found = readManifest("kubernetes.yaml").filter((each) => each.kind === kind);
  assert(found.length === 1, `kubernetes.yaml has ${found.length} of the kind ${kind}`);
  return found[0];
}

/** The container of the Deployment. */
export function kubernetesContainer(): Node {
  return kubernetes("Deployment").spec.template.spec.containers[0];
}

/** Variables of the Deployment's container. */
export function kubernetesEnv(): Record<string, string> {
  const { env } = kubernetesContainer();
  return Object.fromEntries(env.map(({ name, value }: Node) => [name, value]));
}

/** All keys of a node, each with its path; those of an array have the path of the array. */
export function* keysOf(node: Node, path = ""): Generator<string> {
  if (Array.isArray(node)) {
    for (const each of node) yield* keysOf(each, path);
  } else if (typeof node === "object" && node !== null) {
    for (const [key, value] of Object.entries(node)) {
      yield `${path}.${key}`;
      yield* keysOf(value, `${path}.${key}`);
    }
  }
}
