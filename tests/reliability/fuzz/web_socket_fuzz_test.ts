// Compares the reader of WebSocket frames, and permessage-deflate, with a second reading of the same random octets.
// For more: ROBUSTO_SOAK=1.

import { assertEquals } from "@std/assert";
import { inflate } from "../../../src/websocket/deflate.ts";
import { FrameBoundary } from "../../../src/websocket/frame_boundary.ts";
import { FrameError, type FrameEvent, FrameReader } from "../../../src/websocket/frames.ts";
import { type Random, withSeed } from "../random.ts";
import { runLength } from "../run_length.ts";
import { makeFrames } from "./web_socket_frames.ts";
import { readFrames } from "./web_socket_reader.ts";

const LIMIT = 300;

Deno.test("the reader of frames understands random octets as a second reading of RFC 6455 does", () =>
  withSeed((random) => {
    const ends = new Map<string, number>();
    const streams = runLength({ short: 1_500, long: 400_000 });
    for (let count = 0; count < streams; count++) {
      const deflate = random.chance(0.5);
      const octets = makeFrames(random, LIMIT, deflate);
      const expected = readFrames(octets, { limit: LIMIT, deflate });
      if (expected.end === "faulty") continue;
      const events = readInPieces(random, octets, deflate);
      if (events.join("\n") !== expected.events.join("\n")) {
        const where = Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join(" ");
        assertEquals(events, expected.events, where);
      }
      ends.set(expected.end, (ends.get(expected.end) ?? 0) + 1);
    }
    // They must not all be broken, or all be harmless.
    for (const end of ["open", "partial", "closed", "error"]) {
      if ((ends.get(end) ?? 0) < streams / 50) throw new Error(`Too few streams end ${end}`);
    }
  }));

function readInPieces(random: Random, octets: Uint8Array<ArrayBuffer>, deflate: boolean): string[] {
  const reader = new FrameReader(LIMIT, deflate ? inflate : undefined);
  const events: string[] = [];
  try {
    for (const piece of random.pieces(octets)) {
      reader.read(piece.slice(), (event) => events.push(show(event)));
    }
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    events.push(`error ${error.code}`);
  }
  return events;
}

function show(event: FrameEvent): string {
  if (event.kind === "text") return `text ${event.text}`;
  if (event.kind === "close") return `close ${event.code} ${event.reason}`;
  return `${event.kind} ${event.octets}`;
}

Deno.test("the end of a frame is found wherever the octets are cut", () =>
  withSeed((random) => {
    const boundary = new FrameBoundary();
    for (let count = runLength({ short: 100, long: 10_000 }); count > 0; count--) {
      const length = random.pick([0, 1, 125, 126, 127, 65_535, 65_536]);
      const isMasked = random.chance(0.3);
      const head = headOf(length, isMasked);
      const pieces = random.pieces(new Uint8Array([...head, ...new Uint8Array(length)]));
      pieces.forEach((piece, index) => {
        boundary.pass(piece);
        if (boundary.reached === (index === pieces.length - 1)) return;
        throw new Error(`Wrong behind piece ${index} of a frame of ${length} octets`);
      });
    }
  }));

function headOf(length: number, isMasked: boolean): number[] {
  const size = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const long = Array.from(
    { length: size },
    (_, i) => Math.floor(length / 256 ** (size - 1 - i)) & 255,
  );
  const short = size === 0 ? length : size === 2 ? 126 : 127;
  return [0x82, (isMasked ? 0x80 : 0) | short, ...long, ...isMasked ? [1, 2, 3, 4] : []];
}
