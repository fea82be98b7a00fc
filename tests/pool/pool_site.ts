// A server with a pool for tests, and the gate between a test and the handlers in its workers.

import type { ThreadKind } from "../../src/pool/worker_thread.ts";
import type { PoolStats } from "../../src/pool/pool_stats.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { until } from "../support/latch.ts";
import { Site } from "../support/site.ts";

export { until };

/** Both kinds of thread. */
export const KINDS: readonly ThreadKind[] = ["web", "killable"];

/** Serves a fixture from a pool of two workers.
 *
 * @param name file of the fixture
 * @param options options that differ
 * @returns the site */
export function poolSite(name: string, options: ServerOptions = {}): Site {
  const url = new URL(`./fixtures/${name}`, import.meta.url);
  const { maxWorkers = options.minWorkers ?? 2 } = options;
  return new Site(url, { minWorkers: 2, ...options, maxWorkers });
}

/** The pool's numbers. */
export function pool(site: Site): PoolStats {
  return site.server.stats.pool!;
}

/** The test's side of `fixtures/gate.ts`. */
export class Gate implements Disposable {
  readonly folder: string = Deno.makeTempDirSync();

  /** A target whose handler comes to this gate. */
  target(path: string): string {
    return `${path}?gate=${encodeURIComponent(this.folder)}`;
  }

  /** How many handlers have come. */
  get arrived(): number {
    return [...Deno.readDirSync(this.folder)].filter(({ name }) => name.length === 36).length;
  }

  /** What handlers have noted. */
  get notes(): string[] {
    try {
      return Deno.readTextFileSync(`${this.folder}/notes`).trimEnd().split("\n");
    } catch {
      return [];
    }
  }

  /** Waits until so many handlers have come. */
  async reached(count = 1): Promise<void> {
    await until(() => this.arrived >= count);
  }

  /** Lets all handlers through. */
  open(): void {
    Deno.mkdirSync(`${this.folder}/open`, { recursive: true });
  }

  /** Lets all handlers through, as the folder is gone. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}
