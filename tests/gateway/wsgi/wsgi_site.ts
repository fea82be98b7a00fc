// The threads that the tests of WSGI applications run them in: the accepting thread, both kinds of worker, a
// shard.

import { ModuleApp } from "../../../src/application/application.ts";
import type { ServerOptions } from "../../../src/options/server_options.ts";
import { until } from "../../pool/pool_site.ts";
import { turn } from "../../support/latch.ts";
import { Site } from "../../support/site.ts";

/** A way to run applications. */
export interface Place {
  readonly name: string;
  readonly options: ServerOptions;
}

/** Workers, in which an application may block. */
export const WORKERS: readonly Place[] = [
  { name: "web", options: { workerKind: "web", minWorkers: 1 } },
  { name: "killable", options: { workerKind: "killable", minWorkers: 1 } },
];

/** Threads that accept, in which it may not. */
export const ACCEPTING: readonly Place[] = [
  { name: "inline", options: { mode: "inline" } },
  { name: "sharded", options: { mode: "sharded", minWorkers: 1 } },
];

/** Options with which an application that blocks reads content as it comes. */
export const STREAMED = { maxSpooledContent: 0 } as const;

/** The same, for places of which only some have workers. */
export function streamed(place: Place): ServerOptions {
  return WORKERS.includes(place) ? STREAMED : {};
}

/** Serves an export of `fixtures/apps.ts`, once it is loaded: the first time it has to be compiled.
 *
 * @param place how it runs
 * @param name of the export
 * @param options options that differ
 * @returns the site */
export function wsgiSite(
  place: Place,
  name = "default",
  options: ServerOptions = {},
): Promise<Site> {
  const url = new URL("./fixtures/apps.ts", import.meta.url);
  return loadedSite(new ModuleApp(url, name), { ...place.options, ...options });
}

/** Serves a module, once it is loaded.
 *
 * @param app the module
 * @param options as for `serve`
 * @returns the site */
export async function loadedSite(app: URL | ModuleApp, options: ServerOptions): Promise<Site> {
  const site = new Site(app, options);
  await until(() => site.server.ready, 60_000);
  return site;
}

/** A request without content. */
export const get = (target: string) => `GET ${target} HTTP/1.1|Host: a||`;

/** How long something has to stand still before it is taken to rest; a piece takes far less. */
const REST = 300;

/** Waits until a number above 0 does not change any more.
 *
 * @param count reads the number */
export async function atRest(count: () => number): Promise<void> {
  const deadline = Date.now() + 10_000;
  let last = count();
  let since = Date.now();
  while (last === 0 || Date.now() - since < REST) {
    if (Date.now() > deadline) throw new Error(`Waited for ${count} to rest`);
    await turn();
    const now = count();
    if (now !== last) since = Date.now();
    last = now;
  }
}
