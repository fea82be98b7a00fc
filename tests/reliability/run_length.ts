// How much each test of this folder does: little in the suite, much with ROBUSTO_SOAK=1, as in
// `deno task soak`.

/** Whether this is the long run. */
export const isLongRun: boolean = Deno.env.get("ROBUSTO_SOAK") === "1";

/** Chooses an amount.
 *
 * @param amounts the amount for the suite, and that for the long run
 * @returns one of them */
export function runLength({ short, long }: { short: number; long: number }): number {
  return isLongRun ? long : short;
}
