// Notes the requests of a shard in the memory that it shares with the main thread, which names them when
// the shard does not come back to its event loop.

import { then } from "../io/platform.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { Executor } from "../exchange/executor.ts";
import type { ShardMemory } from "./shard_memory.ts";

type Runner = Pick<Executor, "execute">;

/** Wraps what executes exchanges.
 *
 * @param runner executes them
 * @param memory takes the notes
 * @returns a runner that does the same, and notes them */
export function notingRunner(runner: Runner, memory: ShardMemory): Runner {
  return {
    execute(exchange: Exchange): void | Promise<void> {
      const number = memory.begin(exchange);
      const executing = runner.execute(exchange);
      if (executing === undefined) return memory.end(number);
      void then(executing, () => memory.end(number));
      return executing;
    },
  };
}
