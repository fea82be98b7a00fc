// The codec of WebSocket frames: rows in the order of RFC 6455, each read whole and octet by octet.

import { assertEquals } from "@std/assert";
import {
  encodeClose,
  encodeFrame,
  FrameError,
  type FrameEvent,
  FrameReader,
  Opcode,
} from "../../src/websocket/frames.ts";

const MASK = [0x37, 0xfa, 0x21, 0x3d];
const LIMIT = 70_000;

/** A frame of a client. `first` is its first octet, such as 0x81 for a whole text. */
function frame(
  first: number,
  payload: string | number[] | Uint8Array = "",
  form?: 2 | 8,
): number[] {
  const octets = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  const { length } = octets;
  const size = form ?? (length < 126 ? 0 : length < 0x10000 ? 2 : 8);
  const long = Array.from(
    { length: size },
    (_, i) => Math.floor(length / 256 ** (size - 1 - i)) & 255,
  );
  const short = size === 0 ? length : size === 2 ? 126 : 127;
  return [
    first,
    0x80 | short,
    ...long,
    ...MASK,
    ...Array.from(octets, (octet, i) => octet ^ MASK[i & 3]),
  ];
}

/** What comes out of some octets: texts of events, the code of an error last. */
function events(octets: readonly number[], step: number): string[] {
  const reader = new FrameReader(LIMIT);
  const found: string[] = [];
  try {
    for (let at = 0; at < octets.length; at += step) {
      reader.read(Uint8Array.from(octets.slice(at, at + step)), (event) => found.push(show(event)));
    }
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    found.push(`error ${error.code}`);
  }
  return found;
}

function show(event: FrameEvent): string {
  if (event.kind === "text") {
    return `text ${event.text.length > 99 ? event.text.length : event.text}`;
  }
  if (event.kind === "close") return `close ${event.code} ${event.reason}`.trimEnd();
  const { octets } = event;
  return `${event.kind} ${octets.length > 99 ? octets.length : [...octets].join(" ")}`.trimEnd();
}

const rows: readonly (readonly [name: string, octets: number[], expected: string[]])[] = [
  ["§5.7: the example of a masked text", [
    0x81,
    0x85,
    0x37,
    0xfa,
    0x21,
    0x3d,
    0x7f,
    0x9f,
    0x4d,
    0x51,
    0x58,
  ], ["text Hello"]],
  ["§5.1: a frame without a mask", [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], ["error 1002"]],
  ["§5.2: reserved bit 1", frame(0xc1, "a"), ["error 1002"]],
  ["§5.2: reserved bit 2", frame(0xa1, "a"), ["error 1002"]],
  ["§5.2: reserved bit 3", frame(0x91, "a"), ["error 1002"]],
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) =>
    [`§5.2: opcode ${opcode}`, frame(0x80 | opcode), ["error 1002"]] as const
  ).map(([name, octets, expected]) =>
    [name, octets, [...expected]] as [string, number[], string[]]
  ),
  ["§5.2: 125 octets", frame(0x82, new Uint8Array(125)), ["binary 125"]],
  ["§5.2: 126 octets", frame(0x82, new Uint8Array(126)), ["binary 126"]],
  ["§5.2: 65535 octets", frame(0x82, new Uint8Array(65_535)), ["binary 65535"]],
  ["§5.2: 65536 octets", frame(0x82, new Uint8Array(65_536)), ["binary 65536"]],
  ["§5.2: 125 octets with a length of 16 bits", frame(0x82, new Uint8Array(125), 2), [
    "error 1002",
  ]],
  ["§5.2: 126 octets with a length of 64 bits", frame(0x82, new Uint8Array(126), 8), [
    "error 1002",
  ]],
  ["§5.2: a length with its highest bit", [0x82, 0xff, 0x80, 0, 0, 0, 0, 1, 0, 0], ["error 1002"]],
  ["§5.4: a message in two frames", [...frame(0x01, "Hel"), ...frame(0x80, "lo")], ["text Hello"]],
  ["§5.4: a binary message in three frames", [
    ...frame(0x02, [1]),
    ...frame(0x00, []),
    ...frame(0x80, [2]),
  ], ["binary 1 2"]],
  [
    "§5.4: an empty message in frames",
    [...frame(0x01), ...frame(0x00), ...frame(0x80)],
    ["text"].map(() => "text "),
  ],
  ["§5.4: a ping between two frames", [
    ...frame(0x01, "a"),
    ...frame(0x89, "p"),
    ...frame(0x80, "b"),
  ], ["ping 112", "text ab"]],
  ["§5.4: a continuation without a message", frame(0x80, "a"), ["error 1002"]],
  ["§5.4: a continuation behind a message", [...frame(0x81, "a"), ...frame(0x80, "b")], [
    "text a",
    "error 1002",
  ]],
  ["§5.4: a message within another", [...frame(0x01, "a"), ...frame(0x81, "b")], ["error 1002"]],
  ["§5.5: a ping in fragments", frame(0x09, "a"), ["error 1002"]],
  ["§5.5: a ping of 125 octets", frame(0x89, new Uint8Array(125)), ["ping 125"]],
  ["§5.5: a ping of 126 octets", frame(0x89, new Uint8Array(126)), ["error 1002"]],
  ["§5.5.1: a close without a code", frame(0x88), ["close 1005"]],
  ["§5.5.1: a close with half a code", frame(0x88, [3]), ["error 1002"]],
  ["§5.5.1: a close with a reason", frame(0x88, [3, 232, 98, 121, 101]), ["close 1000 bye"]],
  ["§5.5.1: nothing counts behind a close", [...frame(0x88, [3, 232]), ...frame(0xff, "?")], [
    "close 1000",
  ]],
  ["§5.5.1: a reason that is not UTF-8", frame(0x88, [3, 232, 0xff]), ["error 1007"]],
  ["§5.5.3: a pong that no ping asked for", frame(0x8a, "x"), ["pong 120"]],
  ["§5.6: an empty text", frame(0x81), ["text "]],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map((code) =>
    [`§7.4: the code ${code}`, frame(0x88, [code >> 8, code & 255]), ["error 1002"]] as [
      string,
      number[],
      string[],
    ]
  ),
  ...[1000, 1001, 1002, 1003, 1007, 1011, 1012, 1014, 3000, 4999].map((code) =>
    [`§7.4: the code ${code}`, frame(0x88, [code >> 8, code & 255]), [`close ${code}`]] as [
      string,
      number[],
      string[],
    ]
  ),
  ["§7.4.1: a frame over the limit", frame(0x82, new Uint8Array(LIMIT + 1)).slice(0, 10), [
    "error 1009",
  ]],
  [
    "§7.4.1: a message over the limit",
    [...frame(0x02, new Uint8Array(LIMIT)), ...frame(0x80, [1])],
    ["error 1009"],
  ],
  [
    "§8.1: UTF-8 that is cut between frames",
    [...frame(0x01, [0xe2, 0x82]), ...frame(0x80, [0xac])],
    ["text €"],
  ],
  ["§8.1: UTF-8 that ends in the middle", frame(0x81, [0xe2, 0x82]), ["error 1007"]],
  ["§8.1: UTF-8 that ends in the middle, in frames", [
    ...frame(0x01, [0xe2]),
    ...frame(0x80, [0x82]),
  ], ["error 1007"]],
  ["§8.1: a surrogate", frame(0x81, [0xed, 0xa0, 0x80]), ["error 1007"]],
  ["§8.1: overlong UTF-8", frame(0x81, [0xc0, 0xaf]), ["error 1007"]],
  ["§8.1: faulty UTF-8 before the message is complete", frame(0x01, [0xff]), ["error 1007"]],
  ["§8.1: a byte order mark stays", frame(0x81, "\ufeffa"), ["text \ufeffa"]],
];

for (const [name, octets, expected] of rows) {
  Deno.test(`a frame reader: ${name}`, () => {
    assertEquals(events(octets, octets.length), expected);
    assertEquals(events(octets, 1), expected, "octet by octet");
    assertEquals(events(octets, 7), expected, "in sevens");
  });
}

Deno.test("a server's frames have no mask and the shortest length", () => {
  const head = (
    length: number,
  ) => [...encodeFrame(Opcode.binary, new Uint8Array(length)).slice(0, 10)];
  assertEquals([...encodeFrame(Opcode.text, new TextEncoder().encode("Hello"))], [
    ...[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f],
  ]);
  assertEquals(head(125).slice(0, 2), [0x82, 125]);
  assertEquals(head(126).slice(0, 4), [0x82, 126, 0, 126]);
  assertEquals(head(65_535).slice(0, 4), [0x82, 126, 255, 255]);
  assertEquals(head(65_536), [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
  assertEquals([...encodeClose(1001, "x")], [0x88, 3, 3, 233, 120]);
  assertEquals([...encodeClose(1005)], [0x88, 0]);
});

Deno.test("a frame reader keeps what has come, not what was announced", () => {
  const reader = new FrameReader(2 ** 30);
  const head = frame(0x82, [], 8).slice(0, 2);
  const octets = Uint8Array.from([...head, 0, 0, 0, 0, 0x3f, 0, 0, 0, ...MASK, 1, 2, 3]);
  reader.read(octets, () => {}); // would need a gigabyte
});
