// Runs test files that are written for mocha, in this process and with Deno's CommonJS. It has what such files
// use most: describe, it, hooks, `this` of a suite, `done`, promises, timeouts and skipping.

import { createRequire } from "node:module";

type Done = (error?: unknown) => void;
type Body = (this: Record<string, unknown>, done?: Done) => unknown;
const HOOKS = ["before", "after", "beforeEach", "afterEach"] as const;
const SKIPPED = Symbol("skipped");
const TIMEOUT = 4_000;

interface Suite {
  readonly names: readonly string[];
  readonly hooks: Readonly<Record<typeof HOOKS[number], Body[]>>;
  readonly parts: (Suite | Case)[];
  readonly skipped: boolean;
  /** `this` of its cases and hooks; it inherits from that of the suite around it. */
  readonly context: Record<string, unknown>;
}

interface Case {
  readonly name: string;
  readonly body: Body | undefined;
}

/** What became of the cases, by their full names; an error of a failed one is its text. */
export interface Results {
  passed: number;
  skipped: number;
  readonly failed: Record<string, string>;
}

let suite = newSuite([], undefined, false);
let fail: Done | undefined;

/** Runs the files, one after the other.
 *
 * @param files absolute paths
 * @returns the results of all */
export async function runMochaFiles(files: readonly string[]): Promise<Results> {
  const results: Results = { passed: 0, skipped: 0, failed: {} };
  for (const name of HOOKS) {
    Reflect.set(
      globalThis,
      name,
      (...args: unknown[]) => suite.hooks[name].push(args.at(-1) as Body),
    );
  }
  const it = (name: string, body?: Body) => void suite.parts.push({ name, body });
  Object.assign(globalThis, {
    describe: Object.assign(describe, {
      skip: (name: string, body: Body) => describe(name, body, true),
    }),
    context: describe,
    it: Object.assign(it, { skip: (name: string) => it(name) }),
  });
  for (const name of ["error", "unhandledrejection"]) {
    addEventListener(name, (event) => {
      event.preventDefault();
      const { error, reason } = event as Event & { error?: unknown; reason?: unknown };
      fail?.(error ?? reason);
    });
  }
  for (const file of files) {
    suite = newSuite([], undefined, false);
    createRequire(file)(file);
    await runSuite(suite, [], [], results);
  }
  return results;
}

function newSuite(names: readonly string[], outer: Suite | undefined, skipped: boolean): Suite {
  const context = Object.create(
    outer?.context ?? {
      timeout: () => context,
      slow: () => context,
      skip() {
        throw SKIPPED;
      },
    },
  );
  return {
    ...{ names, skipped, context, parts: [] },
    hooks: { before: [], after: [], beforeEach: [], afterEach: [] },
  };
}

function describe(name: string, body: Body, skipped = false): void {
  const outer = suite;
  suite = newSuite([...outer.names, name], outer, skipped || outer.skipped);
  outer.parts.push(suite);
  body.call(suite.context);
  suite = outer;
}

async function runSuite(
  { names, hooks, parts, skipped, context }: Suite,
  before: readonly Body[],
  after: readonly Body[],
  results: Results,
): Promise<void> {
  const around = [[...before, ...hooks.beforeEach], [...hooks.afterEach, ...after]] as const;
  let failure: unknown;
  if (!skipped) await callAll(hooks.before, context).catch((error) => failure = error);
  for (const part of parts) {
    if (!("body" in part)) {
      await runSuite(part, ...around, results);
      continue;
    }
    if (skipped || part.body === undefined) failure ??= SKIPPED;
    try {
      if (failure !== undefined) throw failure;
      await callAll([...around[0], part.body!], context);
      results.passed++;
    } catch (error) {
      if (error === SKIPPED) results.skipped++;
      else results.failed[[...names, part.name].join(" > ")] = String(error);
    }
    if (part.body === undefined) failure = undefined;
    if (failure === undefined) await callAll(around[1], context).catch(() => {});
  }
  if (!skipped) await callAll(hooks.after, context).catch(() => {});
}

async function callAll(bodies: readonly Body[], context: Suite["context"]): Promise<void> {
  for (const body of bodies) {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => reject(new Error(`It took ${TIMEOUT} ms`)), TIMEOUT);
    fail = reject;
    try {
      if (body.length === 0) resolve(body.call(context));
      else body.call(context, (error) => error ? reject(error) : resolve(undefined));
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }
}
