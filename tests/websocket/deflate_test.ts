// permessage-deflate (RFC 7692): which offers are accepted, in the order of the clauses, and messages.

import { assertEquals } from "@std/assert";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { agreeOnDeflate, deflate, inflate } from "../../src/websocket/deflate.ts";
import { FrameError, type FrameEvent, FrameReader } from "../../src/websocket/frames.ts";

const PLAIN = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

const offers: readonly (readonly [name: string, offer: string, agreed: string | undefined])[] = [
  ["RFC 6455 §9.1: no extension", "", undefined],
  ["RFC 6455 §9.1: a malformed list", "permessage-deflate;", undefined],
  ["RFC 6455 §9.1: a parameter without a name", "permessage-deflate; =1", undefined],
  ["RFC 6455 §9.1: an open quote", 'permessage-deflate; client_max_window_bits="9', undefined],
  ["RFC 6455 §9.1: a quoted value", 'permessage-deflate; client_max_window_bits="9"', PLAIN],
  ["RFC 6455 §9.1: another extension", "x-webkit-deflate-frame", undefined],
  [
    "§5: the first offer that can be accepted",
    "foo, permessage-deflate; bar, permessage-deflate",
    PLAIN,
  ],
  ["§5: names in any case", "Permessage-Deflate; Server_No_Context_Takeover", PLAIN],
  ["§7: an unknown parameter", "permessage-deflate; x", undefined],
  [
    "§7: a parameter twice",
    "permessage-deflate; client_max_window_bits; client_max_window_bits",
    undefined,
  ],
  ["§7.1.1.1: server_no_context_takeover", "permessage-deflate; server_no_context_takeover", PLAIN],
  ["§7.1.1.1: with a value", "permessage-deflate; server_no_context_takeover=1", undefined],
  ["§7.1.1.2: client_no_context_takeover", "permessage-deflate;client_no_context_takeover", PLAIN],
  ["§7.1.1.2: with a value", 'permessage-deflate; client_no_context_takeover="true"', undefined],
  [
    "§7.1.2.1: server_max_window_bits",
    "permessage-deflate; server_max_window_bits=10",
    `${PLAIN}; server_max_window_bits=10`,
  ],
  [
    "§7.1.2.1: a window that zlib does not have, then another offer",
    "permessage-deflate; server_max_window_bits=8, permessage-deflate",
    PLAIN,
  ],
  ...["", "=7", "=16", "=08", "=1e1", "=-9"].map((value) =>
    [
      `§7.1.2.1: server_max_window_bits${value}`,
      `permessage-deflate; server_max_window_bits${value}`,
      undefined,
    ] as const
  ),
  ["§7.1.2.2: client_max_window_bits", "permessage-deflate; client_max_window_bits", PLAIN],
  ["§7.1.2.2: with a value", "permessage-deflate; client_max_window_bits=8", PLAIN],
  ["§7.1.2.2: with a faulty value", "permessage-deflate; client_max_window_bits=7", undefined],
];

for (const [name, offer, agreed] of offers) {
  Deno.test(`an offer: ${name}`, () => assertEquals(agreeOnDeflate(offer)?.text, agreed));
}

/** A frame of a client whose mask is 0, so that the payload reads as it is. */
function frame(first: number, payload: ArrayLike<number>): number[] {
  const { length } = payload;
  const size = length < 126 ? [0x80 | length] : [0xfe, length >> 8, length & 255];
  return [first, ...size, 0, 0, 0, 0, ...Array.from(payload)];
}

function deflated(content: string | Uint8Array): Uint8Array {
  const { Z_SYNC_FLUSH } = constants;
  return deflateRawSync(content, { finishFlush: Z_SYNC_FLUSH }).subarray(0, -4);
}

const LIMIT = 1000;
/** "Hello", as RFC 7692 §7.2.3.1 has it. */
const HELLO = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

const messages: readonly (readonly [name: string, octets: number[], expected: string[]])[] = [
  ["§6.1: the bit in a continuation", [...frame(0x41, [0xf2]), ...frame(0xc0, [0x48])], [
    "error 1002",
  ]],
  ["§6.1: the bit in a ping", frame(0xc9, []), ["error 1002"]],
  ["RFC 6455 §5.2: another reserved bit", frame(0xe1, HELLO), ["error 1002"]],
  ["§6.2: a message that is not deflated", frame(0x81, [72, 105]), ["text Hi"]],
  ["§7.2.3.1: one block", frame(0xc1, HELLO), ["text Hello"]],
  [
    "§7.2.3.1: in two frames, with a ping between",
    [...frame(0x41, HELLO.slice(0, 3)), ...frame(0x89, []), ...frame(0x80, HELLO.slice(3))],
    ["ping ", "text Hello"],
  ],
  [
    "§7.2.3.2: a second message does not refer to the first",
    [...frame(0xc1, HELLO), ...frame(0xc1, HELLO)],
    ["text Hello", "text Hello"],
  ],
  [
    "§7.2.3.3: a block without compression",
    frame(0xc1, [
      ...[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00],
    ]),
    ["text Hello"],
  ],
  ["§7.2.3.4: a final block", frame(0xc1, [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00]), [
    "text Hello",
  ]],
  [
    "§7.2.3.5: two blocks",
    frame(0xc1, [
      ...[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00],
    ]),
    ["text Hello"],
  ],
  ["§7.2.3.6: an empty message", frame(0xc1, [0]), ["text "]],
  ["§7.2.2: octets that cannot be inflated", frame(0xc2, [7, 1, 2, 3]), ["error 1007"]],
  ["§7.2.2: a reference before the message", frame(0xc1, [0xf2, 0x00, 0x11, 0x00, 0x00]), [
    "error 1007",
  ]],
  ["RFC 6455 §8.1: text that is not UTF-8", frame(0xc1, deflated(Uint8Array.of(0xff))), [
    "error 1007",
  ]],
  ["maxWebSocketMessage: as many octets as allowed", frame(0xc2, deflated(new Uint8Array(LIMIT))), [
    `binary ${LIMIT}`,
  ]],
  ["maxWebSocketMessage: one more", frame(0xc2, deflated(new Uint8Array(LIMIT + 1))), [
    "error 1009",
  ]],
  ["maxWebSocketMessage: a bomb", frame(0xc2, deflated(new Uint8Array(10_000_000))), [
    "error 1009",
  ]],
  [
    "maxWebSocketMessage: more than that deflated",
    [...frame(0x42, new Uint8Array(LIMIT)), ...frame(0x00, new Uint8Array(100))],
    ["error 1009"],
  ],
];

for (const [name, octets, expected] of messages) {
  Deno.test(`a deflated message: ${name}`, () => {
    for (const step of [octets.length, 1]) {
      const reader = new FrameReader(LIMIT, inflate);
      const found: string[] = [];
      try {
        for (let at = 0; at < octets.length; at += step) {
          reader.read(
            Uint8Array.from(octets.slice(at, at + step)),
            (event) => found.push(show(event)),
          );
        }
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        found.push(`error ${error.code}`);
      }
      assertEquals(found, expected, `in steps of ${step}`);
    }
  });
}

function show(event: FrameEvent): string {
  if (event.kind === "text") return `text ${event.text}`;
  return `${event.kind} ${"octets" in event && event.octets.length || ""}`;
}

Deno.test("a message of the server fits the window that was agreed on, and stays where it would grow", () => {
  const agreement = agreeOnDeflate("permessage-deflate; server_max_window_bits=9")!;
  const text = new TextEncoder().encode("some text, again and again. ".repeat(200));
  const payload = deflate(text, agreement)!;
  const { Z_SYNC_FLUSH } = constants;
  const inflated = inflateRawSync(payload, { windowBits: 9, finishFlush: Z_SYNC_FLUSH });
  assertEquals(new Uint8Array(inflated), text);
  const noise = crypto.getRandomValues(new Uint8Array(2000));
  assertEquals(deflate(noise, agreement), undefined);
});

Deno.test("an inflated message is the whole of a copy", () => {
  const deflated = deflate(new Uint8Array(5000), { text: "", windowBits: 15 })!;
  const octets = inflate(deflated.slice() as Uint8Array<ArrayBuffer>, 5000);
  // A Buffer of Node shares its storage with its slices.
  assertEquals([octets.length, octets.slice().buffer.byteLength], [5000, 5000]);
});
