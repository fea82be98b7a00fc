// Micro-benches of the decoders of content: 64 KiB in chunks of several sizes, and with a known length.

import {
  createContentDecoder,
  DEFAULT_CONTENT_LIMITS,
} from "../../../src/http1/content_decoder.ts";
import type { Framing } from "../../../src/http1/framing.ts";
import { ReceiveBuffer } from "../../../src/http1/receive_buffer.ts";
import { arrive } from "./octets.ts";

const SIZE = 64 * 1024;
const encoder = new TextEncoder();

bench("known length", { kind: "length", length: SIZE }, encoder.encode("a".repeat(SIZE)));
for (const size of [1, 16, 1024, 16 * 1024]) {
  const chunk = `${size.toString(16)}\r\n${"a".repeat(size)}\r\n`;
  const octets = encoder.encode(`${chunk.repeat(SIZE / size)}0\r\n\r\n`);
  bench(`chunks of ${size}`, { kind: "chunked" }, octets);
}

function bench(name: string, framing: Framing, octets: Uint8Array): void {
  const buffer = new ReceiveBuffer(octets.length);
  Deno.bench({ name, group: "decode 64 KiB" }, () => {
    arrive(buffer, octets);
    const decoder = createContentDecoder(framing, DEFAULT_CONTENT_LIMITS);
    while (decoder.take(buffer) !== "done");
    if (decoder.received !== SIZE) throw new Error(`${decoder.received} octets`);
  });
}
