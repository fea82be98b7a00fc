// Compares the reader of PROXY headers with a second reading of random headers, valid, broken and mutated, whole and
// cut. For more: ROBUSTO_SOAK=1.

import { assert, assertEquals } from "@std/assert";
import { crc32c } from "../../../src/proxies/crc32c.ts";
import { ProxyHeaderError } from "../../../src/proxies/proxy_header.ts";
import { readProxyHeader } from "../../../src/proxies/read_proxy_header.ts";
import { ascii, extension, joined, uint16, version2 } from "../../proxies/headers.ts";
import { type Random, withSeed } from "../random.ts";
import { runLength } from "../run_length.ts";
import { canonical, type ProxyReading, readProxyStrictly } from "./strict_proxy_reader.ts";

const HOSTS4 = [
  "192.0.2.1",
  "0.0.0.0",
  "255.255.255.255",
  "1.2.3.4",
  "01.2.3.4",
  "1.2.3",
  "256.1.1.1",
];
const HOSTS6 = [
  "::",
  "::1",
  "2001:DB8::1",
  "::ffff:1.2.3.4",
  "1:2:3:4:5:6:7:8",
  "1::2::3",
  "fe80::1%1",
];
const PORTS = ["0", "1", "443", "65535", "65536", "01", "-1", ""];
const SHARP = "\r\n\0 PROXYTC46.:0159afQUIT\x20\x21\x11\x31\x03\xff";

Deno.test("PROXY headers are read as a second strict reader does", () =>
  withSeed((random) => {
    const kinds = new Map<string, number>();
    const headers = runLength({ short: 10_000, long: 500_000 });
    for (let count = 0; count < headers; count++) {
      let text = random.chance(0.5) ? makeLine(random) : makeBinary(random);
      if (random.chance(0.4)) text = mutate(text, random);
      text += random.pick(["", "GET / HTTP/1.1\r\n", "PROXY "]);
      if (random.chance(0.2)) text = text.slice(0, 1 + random.below(text.length));
      if (text === "") continue;
      const expected = readProxyStrictly(text);
      assertEquals(observe(ascii(text)), expected, JSON.stringify(text));
      const kind = typeof expected === "string" ? expected : "header";
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    for (const kind of ["absent", "incomplete", "malformed", "header"]) {
      assert((kinds.get(kind) ?? 0) > headers / 100, `too few are ${kind}`);
    }
  }));

function observe(octets: Uint8Array): ProxyReading {
  try {
    const reading = readProxyHeader(octets);
    if (reading.kind === "need-data") return "incomplete";
    if (reading.kind === "absent") return "absent";
    const { endpoints, secure } = reading.header;
    const source = endpoints && "hostname" in endpoints.source
      ? canonical(endpoints.source.hostname, `${endpoints.source.port}`)
      : endpoints && "unix";
    return { length: reading.length, source, secure };
  } catch (error) {
    assert(error instanceof ProxyHeaderError, String(error));
    return "malformed";
  }
}

function makeLine(random: Random): string {
  const isSixth = random.chance(0.5);
  const hosts = (isSixth ? HOSTS6 : HOSTS4).slice(0, random.chance(0.8) ? 4 : undefined);
  const ports = PORTS.slice(0, random.chance(0.8) ? 4 : undefined);
  const family = random.chance(0.1)
    ? random.pick(["UNKNOWN", "UDP4", ""])
    : `TCP${isSixth ? 6 : 4}`;
  const words = [random.pick(hosts), random.pick(hosts), random.pick(ports), random.pick(ports)];
  return `PROXY ${[family, ...words].join(" ")}\r\n`;
}

function makeBinary(random: Random): string {
  const family = random.pick([0x11, 0x11, 0x21, 0x21, 0x31, 0x00, 0x12, random.below(256)]);
  const command = random.pick([0x21, 0x21, 0x21, 0x20, random.below(256)]);
  const size = ({ 0x11: 12, 0x21: 36, 0x31: 216 } as Record<number, number>)[family] ?? 0;
  const octets = (count: number) => Uint8Array.from({ length: count }, () => random.below(256));
  const addresses = octets(random.chance(0.9) ? size : random.below(size + 1));
  const extensions = random.some(3, () => {
    const type = random.pick([0x01, 0x02, 0x04, 0x20, 0xe0]);
    return extension(type, octets(random.pick([0, 4, 5, 20])));
  });
  if (!random.chance(0.3)) return textOf(version2(command, family, addresses, ...extensions));
  const header = version2(command, family, addresses, ...extensions, extension(0x03, [0, 0, 0, 0]));
  const sum = crc32c(header);
  header.set([...uint16(sum >>> 16), ...uint16(sum & 0xffff)], header.length - 4);
  return textOf(random.chance(0.8) ? header : joined(header.subarray(0, -1), [random.below(256)]));
}

function mutate(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const inserted = random.some(2, () => random.character(SHARP)).join("");
  return text.slice(0, at) + inserted + text.slice(at + random.below(3));
}

function textOf(octets: Uint8Array): string {
  return Array.from(octets, (octet) => String.fromCharCode(octet)).join("");
}
