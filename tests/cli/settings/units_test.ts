// Spellings of durations, sizes and counts that are parsed, refused or written.

import { assertEquals } from "@std/assert";
import {
  formatDuration,
  formatSize,
  parseCount,
  parseDuration,
  parseSize,
} from "../../../src/cli/settings/units.ts";

const durations: [text: string, milliseconds: number | undefined][] = [
  ["250ms", 250],
  ["10s", 10_000],
  ["2m", 120_000],
  ["1h", 3_600_000],
  ["1500", 1_500],
  ["0", 0],
  ["1.5s", 1_500],
  ["1.1s", 1_100],
  ["0.001s", 1],
  ["0.5ms", undefined],
  ["1.5", undefined],
  ["", undefined],
  ["s", undefined],
  ["10 s", undefined],
  [" 10s", undefined],
  ["10S", undefined],
  ["10sec", undefined],
  ["1m30s", undefined],
  ["-1s", undefined],
  ["+1s", undefined],
  ["1e3", undefined],
  ["0x10", undefined],
  ["1_000", undefined],
  [".5s", undefined],
  ["1.s", undefined],
  ["１s", undefined],
  ["none", undefined],
  ["Infinity", undefined],
  ["999999999999999h", undefined],
];
for (const [text, milliseconds] of durations) {
  Deno.test(`parseDuration of ${JSON.stringify(text)} is ${milliseconds}`, () => {
    assertEquals(parseDuration(text), milliseconds);
  });
}

const sizes: [text: string, octets: number | undefined][] = [
  ["512", 512],
  ["512B", 512],
  ["1KB", 1_000],
  ["1kB", 1_000],
  ["1MB", 1_000_000],
  ["2GB", 2_000_000_000],
  ["16KiB", 16_384],
  ["100MiB", 104_857_600],
  ["1GiB", 1_073_741_824],
  ["1.5KiB", 1_536],
  ["0.1KiB", undefined],
  ["16kib", undefined],
  ["16K", undefined],
  ["16 KiB", undefined],
  ["-1", undefined],
  ["", undefined],
];
for (const [text, octets] of sizes) {
  Deno.test(`parseSize of ${JSON.stringify(text)} is ${octets}`, () => {
    assertEquals(parseSize(text), octets);
  });
}

Deno.test("parseCount takes digits only", () => {
  assertEquals(parseCount("10000"), 10_000);
  for (const text of ["", "1.0", "1k", "-1", " 1", "1e3", "none", "1".repeat(16)]) {
    assertEquals(parseCount(text), undefined);
  }
});

Deno.test("formatDuration takes the largest unit without a remainder, below ten minutes seconds", () => {
  const rows: [number, string][] = [
    [0, "0ms"],
    [1, "1ms"],
    [1_500, "1500ms"],
    [15_000, "15s"],
    [65_000, "65s"],
    [300_000, "300s"],
    [600_000, "10m"],
    [7_200_000, "2h"],
    [Infinity, "none"],
  ];
  for (const [milliseconds, text] of rows) assertEquals(formatDuration(milliseconds), text);
});

Deno.test("formatSize takes the largest binary unit without a remainder", () => {
  const rows: [number, string][] = [
    [0, "0B"],
    [1_000, "1000B"],
    [8_192, "8KiB"],
    [104_857_600, "100MiB"],
    [1_073_741_824, "1GiB"],
    [Infinity, "none"],
  ];
  for (const [octets, text] of rows) assertEquals(formatSize(octets), text);
});
