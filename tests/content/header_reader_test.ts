// HeaderReader: field sections from a source, by the rules of request heads.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DropUnderscoreHeaderReader, HeaderReader } from "../../src/content/header_reader.ts";
import { KnownLengthReader } from "../../src/content/known_length_reader.ts";
import { SourceBuffer } from "../../src/content/byte_source.ts";
import { ProtocolError } from "../../src/http1/protocol_error.ts";
import { text } from "../http1/decoding.ts";
import { ScriptedSource } from "./scripted_source.ts";

const WIRE = "Host: a|X_User: eve|x-user:\tann ||";

Deno.test("HeaderReader keeps order, case and duplicates", async () => {
  for (const step of [1, Infinity]) {
    const fields = await new HeaderReader().read(new ScriptedSource("b: 1|A:2|B: ||", step));
    assertEquals(fields.entries(), [["b", "1"], ["A", "2"], ["B", ""]]);
  }
});

Deno.test("HeaderReader reads several sections and leaves what is behind them", async () => {
  const source = new SourceBuffer(new ScriptedSource("A: 1||B: 2||content"));
  const reader = new HeaderReader();
  assertEquals((await reader.read(source)).get("a"), "1");
  assertEquals((await reader.read(source)).get("b"), "2");
  assertEquals(text(await new KnownLengthReader(source, 7).read()), "content");
});

Deno.test("HeaderReader keeps names with an underscore, DropUnderscoreHeaderReader does not", async () => {
  const kept = await new HeaderReader().read(new ScriptedSource(WIRE));
  assertEquals(kept.names, ["Host", "X_User", "x-user"]);
  const dropped = await new DropUnderscoreHeaderReader().read(new ScriptedSource(WIRE));
  assertEquals(dropped.entries(), [["Host", "a"], ["x-user", "ann"]]);
});

Deno.test("a class derived from HeaderReader decides on fields and names", async () => {
  class UserHeaderReader extends HeaderReader {
    protected override allowField(name: string): boolean {
      return name !== "Host";
    }
    protected override transformName(name: string): string {
      return name.replace("_", "-");
    }
  }
  const fields = await new UserHeaderReader().read(new ScriptedSource(WIRE));
  assertEquals(fields.all("x-user"), ["eve", "ann"]);
  assertEquals(fields.size, 2);
});

Deno.test("HeaderReader is as strict as the server's own heads", async () => {
  for (const wire of ["A : b||", ": b||", "A b||", "A: b\n|", "A: \0||", " A: b||", "A: b| c||"]) {
    for (const step of [1, Infinity]) {
      const source = new ScriptedSource(wire, step);
      const error = await assertRejects(() => new HeaderReader().read(source), ProtocolError);
      assertEquals(error.status, 400);
    }
  }
});

Deno.test("HeaderReader keeps to its bounds", async () => {
  const read = (wire: string, options: ConstructorParameters<typeof HeaderReader>[0]) =>
    assertRejects(() => new HeaderReader(options).read(new ScriptedSource(wire)), ProtocolError);
  assertEquals((await read("A: b||", { maxHeadSize: 5 })).code, "head-too-large");
  assertEquals((await read("A: b|B: c||", { maxFieldCount: 1 })).code, "too-many-fields");
  assertEquals((await read("A:|".repeat(101) + "|", {})).code, "too-many-fields");
  assertEquals((await read(`A: ${"b".repeat(32 * 1024)}||`, {})).code, "head-too-large");
  const small = new SourceBuffer(new ScriptedSource(`A: ${"b".repeat(100)}||`), 32);
  const error = await assertRejects(() => new HeaderReader().read(small), ProtocolError);
  assertEquals([error.code, error.status], ["head-too-large", 431]);
});

Deno.test("HeaderReader fails when the source ends before the empty line", async () => {
  for (const wire of ["", "A", "A: b|", "A: b|\r"]) {
    const error = await assertRejects(
      () => new HeaderReader().read(new ScriptedSource(wire)),
      ProtocolError,
    );
    assertEquals([error.code, error.status], ["incomplete-head", 400]);
  }
});

Deno.test("HeaderReader refuses bounds that are not counts", () => {
  assertThrows(() => new HeaderReader({ maxHeadSize: -1 }), RangeError, "maxHeadSize");
  assertThrows(() => new HeaderReader({ maxFieldCount: NaN }), RangeError, "maxFieldCount");
});
