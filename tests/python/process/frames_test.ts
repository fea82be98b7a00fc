// Frames between the server and a Python process: what one side writes the other reads, however the octets are cut.

import { assertEquals, assertRejects } from "@std/assert";
import { joinPieces } from "../../../src/content/concat.ts";
import { FrameReader, FrameWriter, type OctetSource } from "../../../src/python/process/frames.ts";

/** Gives octets in parts of at most so many. */
class Parts implements OctetSource {
  readonly #octets: Uint8Array;
  readonly #size: number;
  #at = 0;

  constructor(octets: Uint8Array, size: number) {
    this.#octets = octets;
    this.#size = size;
  }

  read(into: Uint8Array): Promise<number | null> {
    const part = this.#octets.subarray(this.#at, this.#at + Math.min(this.#size, into.length));
    if (part.length === 0) return Promise.resolve(null);
    into.set(part);
    this.#at += part.length;
    return Promise.resolve(part.length);
  }
}

type Plain = [kind: number, number: number, text: string, payload: number[]];

const FRAMES: readonly Plain[] = [
  [1, 0, "", []],
  [2, 1, "text", [1, 2, 3]],
  [3, 2 ** 52 - 1, "\xff\xe9", []],
  [4, 65_536 * 70_000 + 3, "x".repeat(3_000), Array<number>(500).fill(7)],
  [5, 5, "", Array<number>(16 * 1024).fill(1)],
  [6, 6, "head", Array<number>(16 * 1024 + 1).fill(2)],
  [7, 7, "", Array<number>(200_000).fill(3)],
  [8, 8, "end", []],
];

function written(): Uint8Array {
  const writer = new FrameWriter(64);
  for (const [kind, number, text, payload] of FRAMES) {
    writer.add(kind, number, text, new Uint8Array(payload), "latin1");
  }
  return joinPieces(writer.take() as Uint8Array<ArrayBuffer>[]);
}

for (const size of [1, 7, 1_000, 65_536, Infinity]) {
  Deno.test(`frames are read in parts of ${size} octets as they were written`, async () => {
    const read: Plain[] = [];
    await new FrameReader(new Parts(written(), size)).readAll((frame) => {
      read.push([frame.kind, frame.number, frame.native(), [...frame.payload()]]);
      return true;
    });
    assertEquals(read, FRAMES);
  });
}

Deno.test("payloads stay as they are while further frames are read", async () => {
  const payloads: Uint8Array[] = [];
  await new FrameReader(new Parts(written(), 4_096)).readAll((frame) => {
    payloads.push(frame.payload());
    return true;
  });
  assertEquals(payloads.map((payload) => [...payload]), FRAMES.map(([, , , payload]) => payload));
});

Deno.test("nothing is read behind a frame that ends the reading", async () => {
  const kinds: number[] = [];
  await new FrameReader(new Parts(written(), Infinity)).readAll(({ kind }) => {
    kinds.push(kind);
    return kind < 3;
  });
  assertEquals(kinds, [1, 2, 3]);
});

Deno.test("a frame that is too large is an error before room is made for it", async () => {
  const octets = new Uint8Array(17).fill(0xff);
  await assertRejects(
    () => new FrameReader(new Parts(octets, 17)).readAll(() => true),
    RangeError,
    "Cannot read frame: it has 4294967299 octets",
  );
});
