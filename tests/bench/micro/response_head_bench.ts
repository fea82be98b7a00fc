// Micro-benches of the serializer of response heads.

import { CommonFields } from "../../../src/http1/common_fields.ts";
import {
  CachedResponseHead,
  type Field,
  type ResponseHead,
  ResponseHeadWriter,
} from "../../../src/http1/response_head.ts";
import { SendBuffer } from "../../../src/http1/send_buffer.ts";

const CONTEXT = { method: "GET", minorVersion: 1, persistent: true };
const NOW = Date.UTC(2026, 0);
const ONE: Field[] = [["Content-Type", "text/plain;charset=UTF-8"]];
const SIX: Field[] = [
  ["Content-Type", "application/json"],
  ["Cache-Control", "private, max-age=60"],
  ["ETag", '"5f3c2a10"'],
  ["Vary", "Accept-Language, Cookie"],
  ["X-Content-Type-Options", "nosniff"],
  ["X-Request-Cost", "1"],
];

bench("one field", { status: 200, statusText: "", fields: ONE }, 12);
bench("one field, cached", new CachedResponseHead(200, "", ONE), 12);
bench("six fields", { status: 200, statusText: "", fields: SIX }, 1032);
bench("six fields, chunked", { status: 200, statusText: "", fields: SIX }, undefined);

function bench(name: string, head: ResponseHead, length: number | undefined): void {
  const writer = new ResponseHeadWriter("HTTP/1.1", new CommonFields("Robusto", 65));
  const out = new SendBuffer(4096);
  Deno.bench({ name, group: "write a head" }, () => {
    out.length = 0;
    writer.write(out, CONTEXT, head, length, NOW);
  });
}
