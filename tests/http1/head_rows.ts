// Runs rows of octets and expectations against the parser of request heads: whole, octet by octet, and
// with octets following.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/http1/protocol_error.ts";
import { ReceiveBuffer } from "../../src/http1/receive_buffer.ts";
import {
  type HeadLimits,
  type RequestHead,
  RequestHeadParser,
} from "../../src/http1/request_head.ts";

export const LIMITS: HeadLimits = {
  maxRequestLineSize: 8192,
  maxHeadSize: 32768,
  maxFieldCount: 100,
  maxEmptyLines: 2,
  maxMethodSize: 32,
  underscoreHeaders: "allow",
  strictMode: true,
  proxyMode: false,
};

export interface Row {
  readonly name: string;
  /** `|` stands for CRLF. */
  readonly wire: string;
  readonly limits?: Partial<HeadLimits>;
  readonly expect: Partial<RequestHead> | { readonly error: string; readonly status: number };
}

export function rejected(error: string, status = 400) {
  return { error, status };
}

/** Makes three tests of each row. */
export function testRows(rows: readonly Row[]): void {
  for (const { name, wire, limits, expect } of rows) {
    const octets = octetsOf(wire);
    for (const manner of ["whole", "octet by octet", "with octets following"] as const) {
      Deno.test(`RequestHeadParser, ${name}, ${manner}`, () => {
        const parser = new RequestHeadParser({ ...LIMITS, ...limits });
        const buffer = new ReceiveBuffer(64, 4096);
        const following = manner === "with octets following"
          ? octetsOf("\0rest")
          : new Uint8Array(0);
        const run = () => feed(parser, buffer, octets, following, manner === "octet by octet");
        if ("error" in expect) {
          const error = assertThrows(run, ProtocolError);
          assertEquals([error.code, error.status], [expect.error, expect.status]);
          assertStrictEquals(assertThrows(() => parser.parse(buffer)), error, "it stays refused");
          return;
        }
        const head = run();
        assertEquals({ ...head, ...expect }, head);
        assertEquals(buffer.length, following.length);
        assertEquals(parser.started, false);
      });
    }
  }
}

export function read(parser: RequestHeadParser, wire: string): RequestHead | undefined {
  const buffer = new ReceiveBuffer(4096);
  put(buffer, octetsOf(wire));
  return parser.parse(buffer);
}

/** Feeds all octets and returns the head that the last of them completes. */
function feed(
  parser: RequestHeadParser,
  buffer: ReceiveBuffer,
  octets: Uint8Array,
  following: Uint8Array,
  byOctet: boolean,
): RequestHead | undefined {
  if (!byOctet) {
    put(buffer, octets);
    put(buffer, following);
    return parser.parse(buffer);
  }
  for (const [index, octet] of octets.entries()) {
    put(buffer, Uint8Array.of(octet));
    const head = parser.parse(buffer);
    if (head === undefined) continue;
    assertEquals(index, octets.length - 1, "not before the last octet");
    return head;
  }
}

export function put(buffer: ReceiveBuffer, octets: Uint8Array): void {
  for (let from = 0; from < octets.length;) {
    const space = buffer.space();
    const piece = octets.subarray(from, from + space.length);
    space.set(piece);
    buffer.commit(piece.length);
    from += piece.length;
  }
}

export function octetsOf(wire: string): Uint8Array {
  return Uint8Array.from(wire.replaceAll("|", "\r\n"), (character) => character.charCodeAt(0));
}
