// A file of lines whose writes fail in part: no line continues another.

import { assertEquals } from "@std/assert";
import type { AppendFile } from "../../src/io/append_file.ts";
import { LogFile } from "../../src/log/log_file.ts";

/** A disk with room for some octets. */
class FakeFile implements AppendFile {
  text = "";
  room = Infinity;
  closed = false;
  write(octets: Uint8Array): Promise<number> {
    const size = Math.min(this.room, octets.length);
    if (size === 0) return Promise.reject(new Error("No space left on device"));
    this.room -= size;
    this.text += new TextDecoder().decode(octets.subarray(0, size));
    return Promise.resolve(size);
  }
  close(): void {
    this.closed = true;
  }
}

function setUp() {
  const files: FakeFile[] = [];
  const file = new LogFile(() => {
    files.push(new FakeFile());
    return files.at(-1)!;
  });
  file.open();
  return { files, file };
}

Deno.test("a line of which a part was written is finished first", async () => {
  const { files: [disk], file } = setUp();
  disk.room = 6;
  assertEquals(await file.write("one\ntwo\nthree\n"), {
    count: 1, // of "two" only the rest is missing
    reason: "Error: No space left on device",
  });
  assertEquals(disk.text, "one\ntw");
  assertEquals(await file.write("four\n"), {
    count: 1,
    reason: "Error: No space left on device",
  });
  disk.room = Infinity;
  assertEquals(await file.write("five\n"), undefined);
  assertEquals(disk.text, "one\ntwo\nfive\n");
});

Deno.test("after a failure between two lines nothing is left over", async () => {
  const { files: [disk], file } = setUp();
  disk.room = 4;
  assertEquals((await file.write("one\ntwo\n"))?.count, 1);
  disk.room = Infinity;
  await file.write("three\n");
  assertEquals(disk.text, "one\nthree\n");
});

Deno.test("the rest of a line belongs to the old file", async () => {
  const { files, file } = setUp();
  files[0].room = 2;
  await file.write("one\n");
  files[0].room = Infinity;
  await file.reopen();
  await file.write("two\n");
  assertEquals(files.map(({ text }) => text), ["one\n", "two\n"]);
  assertEquals(files.map(({ closed }) => closed), [true, false]);
});

Deno.test("writes that take a part are continued", async () => {
  const { files: [disk], file } = setUp();
  const { write } = disk;
  disk.write = (octets) => write.call(disk, octets.subarray(0, 3));
  assertEquals(await file.write("one\ntwo\n"), undefined);
  assertEquals(disk.text, "one\ntwo\n");
});
