// The buffer of lines, with a target that the test holds up or fails.

import { assertEquals, assertRejects } from "@std/assert";
import { LineWriter, type LostLines } from "../../src/log/line_writer.ts";

/** A target that keeps what it gets. */
class FakeTarget {
  written: string[] = [];
  opened = 0;
  closed = false;
  lost: LostLines | undefined;
  /** Holds up writes. */
  gate: Promise<void> | undefined;
  reopenError: Error | undefined;
  open(): void {
    this.opened++;
  }
  async write(text: string): Promise<LostLines | undefined> {
    await this.gate;
    if (this.lost === undefined) this.written.push(text);
    return this.lost;
  }
  reopen(): Promise<void> {
    if (this.reopenError !== undefined) return Promise.reject(this.reopenError);
    this.written.push("REOPENED\n");
    return Promise.resolve();
  }
  close(): void {
    this.closed = true;
  }
}

function setUp() {
  const target = new FakeTarget();
  const reports: LostLines[] = [];
  const writer = new LineWriter(target, (lost) => void reports.push(lost));
  writer.open();
  return { target, reports, writer };
}

Deno.test("lines are written together, in order, and at the latest when the writer closes", async () => {
  const { target, writer } = setUp();
  writer.add("a");
  writer.add("b\nc", 2);
  assertEquals(target.written, []);
  await writer.close();
  assertEquals(target.written, ["a\nb\nc\n"]);
  assertEquals([target.closed, writer.lostLines], [true, 0]);
});

Deno.test("a line is written soon although no other follows", async () => {
  const { target, writer } = setUp();
  writer.add("a");
  await new Promise((resolve) => setTimeout(resolve, 200));
  assertEquals(target.written, ["a\n"]);
  await writer.close();
});

Deno.test("much is written without waiting", async () => {
  const { target, writer } = setUp();
  for (let index = 0; index < 100; index++) writer.add("x".repeat(1_000));
  await Promise.resolve();
  await Promise.resolve();
  assertEquals(target.written.length, 1);
  await writer.close();
  assertEquals(target.written.join("").length, 100 * 1_001);
});

Deno.test("a target that is held up costs lines past the buffer, and no time", async () => {
  const { target, reports, writer } = setUp();
  const gate = Promise.withResolvers<void>();
  target.gate = gate.promise;
  const line = "x".repeat(1_023);
  for (let index = 0; index < 3_000; index++) writer.add(line);
  const lost = writer.lostLines;
  assertEquals(lost > 1_800 && lost < 2_000, true, `${lost} lines lost`);
  assertEquals(reports, [{ count: 1, reason: "it is written too slowly" }]);
  gate.resolve();
  await writer.close();
  assertEquals(target.written.join("").length, (3_000 - lost) * 1_024);
  assertEquals(reports[1].count, lost - 1); // the rest is reported at the close
  assertEquals(reports.length, 2);
});

Deno.test("lines that cannot be written are counted, and reported once a minute", async () => {
  const { target, reports, writer } = setUp();
  target.lost = { count: 2, reason: "No space left on device" };
  for (let round = 0; round < 3; round++) {
    writer.add("a");
    writer.add("b");
    writer.flush();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assertEquals(writer.lostLines, 6);
  assertEquals(reports, [target.lost]);
  await writer.close();
  assertEquals(reports.slice(1), [{ count: 4, reason: "No space left on device" }]);
});

Deno.test("after a rotation lines go to the new file, those before to the old one", async () => {
  const { target, writer } = setUp();
  writer.add("a");
  const reopened = writer.reopen();
  writer.add("b");
  await reopened;
  writer.add("c");
  await writer.close();
  assertEquals(target.written.join(""), "a\nREOPENED\nb\nc\n");
});

Deno.test("a file that cannot be opened anew leaves the old one", async () => {
  const { target, writer } = setUp();
  target.reopenError = new Error("Permission denied");
  await assertRejects(() => writer.reopen(), Error, "Permission denied");
  writer.add("a");
  await writer.close();
  assertEquals(target.written, ["a\n"]);
});

Deno.test("a close does not wait for a target that is held up for ever", async () => {
  const { target, reports, writer } = setUp();
  const gate = Promise.withResolvers<void>();
  target.gate = gate.promise;
  writer.add("a");
  writer.flush();
  writer.add("b");
  await writer.close();
  assertEquals(target.closed, true);
  assertEquals(reports, [{ count: 1, reason: "it is written too slowly" }]);
  writer.add("late");
  assertEquals(writer.lostLines, 2);
  gate.resolve();
  await new Promise((resolve) => setTimeout(resolve, 100));
});
