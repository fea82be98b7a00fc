// PieceContentReader keeps pieces that come faster than they are read in few arrays.

import { assertEquals } from "@std/assert";
import { FieldSection } from "../../src/http1/field_section.ts";
import { PieceContentReader } from "../../src/pool/worker/request_content.ts";

Deno.test("small pieces that wait are joined, large ones are passed on as they are", async () => {
  const reader = new PieceContentReader(() => {}, () => Infinity);
  const large = new Uint8Array(8_000).fill(9);
  for (let index = 0; index < 10_000; index++) reader.push(Uint8Array.of(index));
  reader.push(large);
  reader.push(Uint8Array.of(1));
  reader.push(Uint8Array.of(2));
  reader.end(FieldSection.empty);
  const pieces: Uint8Array[] = [];
  for (let piece; (piece = await reader.readPiece()) !== null;) pieces.push(piece);
  assertEquals(pieces.map(({ length }) => length), [10_000, 8_000, 2]);
  assertEquals(pieces[0].subarray(254, 258), Uint8Array.of(254, 255, 0, 1));
  assertEquals([pieces[1] === large, pieces[2]], [true, Uint8Array.of(1, 2)]);
});

Deno.test("all content of a known length is read into one buffer of that length", async () => {
  const reader = new PieceContentReader(() => {}, () => 100_000);
  for (let index = 0; index < 10; index++) reader.push(new Uint8Array(10_000).fill(index));
  reader.end(FieldSection.empty);
  const content = await reader.readAll();
  assertEquals([content.length, content.buffer.byteLength], [100_000, 100_000]);
  assertEquals([content[9_999], content[10_000], content[99_999]], [0, 1, 9]);
});

Deno.test("the end that comes while a piece is being taken follows the pieces behind that", async () => {
  for (const failure of [undefined, new Error("lost")]) {
    const reader = new PieceContentReader(() => {}, () => Infinity);
    const taken: number[] = [];
    const first = Promise.withResolvers<void>();
    const pushed = reader.pushTo(([octet]) => {
      taken.push(octet);
      return taken.length === 1 ? first.promise : undefined;
    });
    const outcome = pushed.then(() => undefined, (error) => error);
    reader.push(new Uint8Array([1]));
    reader.push(new Uint8Array([2]));
    if (failure === undefined) reader.end(FieldSection.empty);
    else reader.fail(failure);
    first.resolve();
    assertEquals([await outcome, taken], [failure, [1, 2]]);
  }
});
