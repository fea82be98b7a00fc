// Sources with a buffer, which several readers use one after the other.

import { assertEquals, assertStrictEquals } from "@std/assert";
import { bufferSource, type ByteSource } from "../../src/content/byte_source.ts";
import { ChunkedReader } from "../../src/content/chunked_reader.ts";
import { HeaderReader } from "../../src/content/header_reader.ts";
import { KnownLengthReader } from "../../src/content/known_length_reader.ts";
import { DEFAULTS } from "../../src/options/defaults.ts";
import { text } from "../http1/decoding.ts";
import { ScriptedSource } from "./scripted_source.ts";

const read = async (source: ByteSource, size: number) => {
  const target = new Uint8Array(size);
  const count = await source.read(target);
  return count === null ? null : text(target.subarray(0, count));
};

Deno.test("bufferSource lets readers follow each other on one source", async () => {
  for (const step of [1, Infinity]) {
    const source = bufferSource(new ScriptedSource("A: 1||helloGET", step));
    assertEquals((await new HeaderReader().read(source)).get("a"), "1");
    assertEquals(text(await new KnownLengthReader(source, 5).read()), "hello");
    assertEquals(text(await new KnownLengthReader(source, 3).read()), "GET");
  }
});

Deno.test("a source with a buffer gives what is buffered, then reads past it", async () => {
  const source = bufferSource(new ScriptedSource("1|a|0||hello world", 17));
  assertEquals(text(await new ChunkedReader(source).read()), "a");
  assertEquals(await read(source, 4), "hell");
  assertEquals(await read(source, 8), "o ");
  assertEquals(await read(source, 8), "world");
  assertEquals(await read(source, 8), null);
});

Deno.test("bufferSource returns a source that has a buffer as it is", () => {
  const source = bufferSource(new ScriptedSource(""));
  assertStrictEquals(bufferSource(source), source);
  assertStrictEquals(new KnownLengthReader(source, 1).source, source);
});

Deno.test("a plain source may have a member named buffer", async () => {
  class OwnSource extends ScriptedSource {
    readonly buffer = new Uint8Array(8);
  }
  assertEquals(text(await new KnownLengthReader(new OwnSource("hello"), 5).read()), "hello");
});

Deno.test("each @default in the options of readers is the one of DEFAULTS", async () => {
  for (const file of ["chunked_reader", "header_reader"]) {
    const source = await Deno.readTextFile(
      new URL(`../../src/content/${file}.ts`, import.meta.url),
    );
    const members = [...source.matchAll(/@default \{(\d+)\} \*\/\s+readonly (\w+)\?/g)];
    assertEquals(members.length, file === "chunked_reader" ? 4 : 2);
    for (const [, value, name] of members) {
      assertEquals(Number(value), DEFAULTS[name as keyof typeof DEFAULTS], name);
    }
  }
});
