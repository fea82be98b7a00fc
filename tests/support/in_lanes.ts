// Runs independent cases of one test at the same time, so that a test waits for the slowest and not for
// the sum of all.

/** Runs a function for each item, for some of them at the same time.
 *
 * @param lanes how many run at the same time
 * @param items the items, which begin in order
 * @param run what is done with each
 * @throws the first error, when all that had begun have ended; no item begins after an error */
export async function inLanes<T>(
  lanes: number,
  items: Iterable<T>,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const errors: unknown[] = [];
  await Promise.all(Array.from({ length: lanes }, async () => {
    while (queue.length > 0 && errors.length === 0) {
      await run(queue.shift()!).catch((error) => errors.push(error));
    }
  }));
  if (errors.length > 0) throw errors[0];
}

/** Runs independent cases at the same time and reports each as a step of the test, in order.
 *
 * @param t the test
 * @param lanes how many run at the same time
 * @param cases the names of the steps and what they do */
export async function stepsInLanes(
  t: Deno.TestContext,
  lanes: number,
  cases: readonly (readonly [name: string, run: () => Promise<void>])[],
): Promise<void> {
  const outcomes = cases.map(() => Promise.withResolvers<{ error?: unknown }>());
  const running = inLanes(lanes, cases.entries(), async ([index, [, run]]) => {
    outcomes[index].resolve(await run().then(() => ({}), (error) => ({ error })));
  });
  for (const [index, [name]] of cases.entries()) {
    // The test itself has the sanitizers: a step does not end what another has begun.
    await t.step({
      name,
      sanitizeOps: false,
      sanitizeResources: false,
      async fn() {
        const outcome = await outcomes[index].promise;
        if ("error" in outcome) throw outcome.error;
      },
    });
  }
  await running;
}
