// Python's own checker, wsgiref.validate, finds no fault in the gateway. A fault would be an
// AssertionError, and so a response with status 500 and a line in the log.

import { crc32 } from "node:zlib";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { until } from "../support/latch.ts";
import type { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";
import { get, ROWS } from "./conformance_rows.ts";
import { expectLog, fieldOf, PYTHON_KINDS, pythonSite, textOf } from "./python_site.ts";

const MEBIBYTE = 1024 * 1024;

for (const { name, python, ignore } of PYTHON_KINDS) {
  Deno.test(
    `${name}: wsgiref.validate finds no fault in the gateway`,
    { ignore },
    (t) => findNoFault(python, t),
  );
}

async function findNoFault(python: string, t: Deno.TestContext): Promise<void> {
  await using site = await pythonSite("conformance.py", {
    python,
    maxContentSize: 64 * MEBIBYTE,
    contentTimeout: 2_000,
  });
  for (const row of ROWS) {
    await t.step(row.name, async () => {
      const response = await site.ask(row.wire);
      assertEquals(response.status, row.status ?? 200);
      if (row.text !== undefined) {
        assertEquals(textOf(response), row.text.replace("PORT", new URL(site.url).port));
      }
      if ("length" in row) assertEquals(fieldOf(response, "content-length"), row.length);
      expectLog(site, ...row.log ?? []);
    });
  }
  await t.step("an upload of 64 MiB with a length", () => upload(site, false));
  await t.step("an upload of 64 MiB in chunks", () => upload(site, true));
  await t.step("an upload that is too large is 413", () => uploadTooMuch(site));
  await t.step("close() is called in every case", () => closeAll(site));
  await t.step("a client that leaves ends the application's loop", () => leave(site));
  await t.step("wsgi.file_wrapper sends a file", () => sendFile(site));
  await t.step("10 MB in pieces of a generator", () => receiveMuch(site));
  await t.step("the checker reports a faulty application", async () => {
    assertEquals((await site.ask(get("/text"))).status, 500);
    const [{ error }] = site.log.splice(0);
    assertMatch((error as Error).stack!, /wsgiref.*\nAssertionError: Iterator yielded non-bytes/s);
  });
}

for (const { name, python, ignore } of PYTHON_KINDS) {
  Deno.test(
    `${name}: an application reads content as it comes, if none is spooled`,
    { ignore },
    async (t) => {
      await using site = await pythonSite("conformance.py", {
        python,
        contentTimeout: 2_000,
        maxSpooledContent: 0,
      });
      await t.step(
        "the response is sent piece by piece while content is read",
        () => converse(site),
      );
      await t.step("a failure after the head cuts the response", () => failLate(site));
    },
  );
}

/** Octets in which no piece repeats another. */
function pattern(size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint32Array(size / 4);
  for (let i = 0; i < whole.length; i++) whole[i] = Math.imul(i, 2654435761);
  return new Uint8Array(whole.buffer);
}

async function upload(site: Site, chunked: boolean): Promise<void> {
  const content = pattern(64 * MEBIBYTE);
  const response = await fetch(`${site.url}/checksum`, {
    method: "POST",
    body: chunked ? new Blob([content]).stream() : content,
  });
  assertEquals(await response.text(), `${content.length} ${crc32(content)}`);
  expectLog(site);
}

async function uploadTooMuch(site: Site): Promise<void> {
  using client = await site.connect();
  const size = 64 * MEBIBYTE + 16;
  await client.send(octets("POST /checksum HTTP/1.1|Host: a|Transfer-Encoding: chunked||"));
  await client.send(octets(`${size.toString(16)}|`));
  await client.trySend(pattern(size));
  assertEquals((await client.read()).status, 413);
  assertEquals(site.log.splice(0).map(({ event, level }) => `${level} ${event}`), [
    "warn request-refused",
  ]);
}

/** The application responds while content arrives: no octets are held back in either direction. */
async function converse(site: Site): Promise<void> {
  const lines = new TransformStream<Uint8Array, Uint8Array>();
  const writer = lines.writable.getWriter();
  const response = await fetch(`${site.url}/stream`, { method: "POST", body: lines.readable });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await reader.read()).value, "ready\n");
  for (const line of ["first\n", "second\n"]) {
    await writer.write(new TextEncoder().encode(line));
    assertEquals((await reader.read()).value, line.toUpperCase());
  }
  await writer.close();
  assertEquals((await reader.read()).done, true);
  expectLog(site);
}

async function failLate(site: Site): Promise<void> {
  for (
    const [path, message] of [["fail-late", "in the middle"], [
      "rethrow",
      "too late for another head",
    ]]
  ) {
    using client = await site.connect();
    await client.send(octets(get(`/${path}`)));
    await client.expectCut();
    expectLog(site, `response-failed: LookupError: ${message}`);
  }
}

async function closeAll(site: Site): Promise<void> {
  await site.ask(get("/closing?whole"));
  expectLog(site);
  await site.ask("HEAD /closing?head HTTP/1.1|Host: a||");
  expectLog(site);
  using client = await site.connect();
  await client.send(octets(get("/closing?fails")));
  await client.expectCut();
  expectLog(site, "response-failed: LookupError: in the middle of the pieces");
  assertEquals(textOf(await site.ask(get("/closing?fails-to-close"))), "ab");
  await until(() => site.log.length > 0); // a process sends the response before it calls close()
  expectLog(site, "close-failed: LookupError: in close");
  assertEquals(textOf(await site.ask(get("/was-closed"))), "whole head fails fails-to-close");
}

async function leave(site: Site): Promise<void> {
  {
    using conn = await site.dial();
    await conn.write(octets(get("/closing?endless")));
    assert(await conn.read(new Uint8Array(1_000)) !== null);
  }
  // There is one worker: it responds when the application's loop has ended.
  assertMatch(textOf(await site.ask(get("/was-closed"))), / endless$/);
  expectLog(site);
}

async function sendFile(site: Site): Promise<void> {
  const file = await Deno.readTextFile(new URL("fixtures/conformance.py", import.meta.url));
  assertEquals(textOf(await site.ask(get("/file"))), file);
  expectLog(site);
}

async function receiveMuch(site: Site): Promise<void> {
  const { framing, content } = await site.ask(get("/much"));
  assertEquals([framing, content.length], ["chunked", 10_000_000]);
  assert(content.every((octet) => octet === 0x78));
  expectLog(site);
}
