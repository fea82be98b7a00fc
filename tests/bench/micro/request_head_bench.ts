// Micro-benches of the parser of request heads.

import { ReceiveBuffer } from "../../../src/http1/receive_buffer.ts";
import { RequestHeadParser } from "../../../src/http1/request_head.ts";
import { arrive, headOctets, LIMITS } from "./octets.ts";

const encoder = new TextEncoder();
const PLAIN = encoder.encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
const LARGE = encoder.encode(
  `GET / HTTP/1.1\r\nHost: a\r\n${
    Array.from({ length: 30 }, (_, i) => `X-${i}: ${"a".repeat(1000)}\r\n`).join("")
  }\r\n`,
);

const FIRST = headOctets("hello");

bench("one field", PLAIN);
bench("eight fields, as on the request before", headOctets("hello"));
bench("ten fields, as on the request before", headOctets("json-post"));
bench("30 KiB of fields", LARGE);

Deno.bench({ name: "eight fields, first request of a connection", group: "parse a head" }, () => {
  const buffer = new ReceiveBuffer(1024);
  arrive(buffer, FIRST);
  if (new RequestHeadParser(LIMITS).parse(buffer) === undefined) throw new Error("incomplete");
});

function bench(name: string, octets: Uint8Array): void {
  const buffer = new ReceiveBuffer(64 * 1024);
  const parser = new RequestHeadParser({ ...LIMITS, maxHeadSize: 64 * 1024 });
  Deno.bench({ name, group: "parse a head" }, () => {
    arrive(buffer, octets);
    if (parser.parse(buffer) === undefined) throw new Error("incomplete");
  });
}
