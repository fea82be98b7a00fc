// Orphans that process 1 of a container reaps, with children and time of the test.

import { assertEquals } from "@std/assert";
import { reapOrphans } from "../../../src/cli/processes/container.ts";

Deno.test("a child that stays ended is reaped, one that Deno reaps meanwhile is not", async () => {
  const reaped: number[] = [];
  const over = Promise.withResolvers<void>();
  let look = 0;
  const children = {
    findEnded() {
      look++;
      if (look === 8) over.resolve();
      const orphan = reaped.includes(7) ? [] : [7];
      return look === 3 || look === 6 ? orphan : [...orphan, 8]; // 8 is gone in between: two children
    },
    reap: (pid: number) => void reaped.push(pid),
  };
  const watch = setTimeout(() => {}, 10_000); // the reaper keeps no process alive
  {
    using _orphans = reapOrphans(children, 1);
    await over.promise;
  }
  clearTimeout(watch);
  assertEquals(reaped, [7]);
});

Deno.test("a process that is not process 1 reaps nothing", () => {
  using _orphans = reapOrphans(); // the sanitizers would find a timer
});
