// FileWatch: files that are polled for changes.

import { assertEquals } from "@std/assert";
import { FileWatch } from "../../src/tls/file_watch.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test("FileWatch reports a change when the next poll finds nothing new", async () => {
  const folder = await Deno.makeTempDir();
  const [one, other] = [`${folder}/one`, `${folder}/other`];
  await Deno.writeTextFile(one, "1");
  let changes = 0;
  const watch = new FileWatch([one, other], () => changes++, new ManualClock());
  await watch.poll(); // the first one, which is under way

  await Deno.writeTextFile(one, "10");
  await watch.poll();
  assertEquals(changes, 0);
  await Deno.writeTextFile(other, "the second half");
  await watch.poll();
  assertEquals(changes, 0);
  await watch.poll();
  assertEquals(changes, 1);
  await watch.poll();
  assertEquals(changes, 1);

  await Deno.writeTextFile(one, "broken for a moment");
  await watch.poll();
  await Deno.remove(other);
  await watch.poll();
  await watch.poll();
  assertEquals(changes, 2);
  watch.stop();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("FileWatch polls when its clock ticks, until it is stopped", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/file`;
  await Deno.writeTextFile(file, "1");
  const clock = new ManualClock();
  const changed = Promise.withResolvers<void>();
  const watch = new FileWatch([file], changed.resolve, clock);
  await watch.poll();
  await Deno.writeTextFile(file, "10");
  await watch.poll();
  clock.advance(1_000);
  await changed.promise;
  watch.stop();
  await Deno.remove(folder, { recursive: true });
});
