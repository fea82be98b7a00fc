// SpooledResponse, the number of temporary files, and pools whose applications block with clients that do not
// read.

import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import { joinPieces } from "../../../src/content/concat.ts";
import type { TemporaryFile } from "../../../src/io/temporary_file.ts";
import { ContentSpool } from "../../../src/pool/content/content_spool.ts";
import { SpooledResponse } from "../../../src/pool/content/spooled_response.ts";
import type { GrowingBuffer } from "../../../src/content/growing_buffer.ts";
import type { RawClient } from "../../support/raw_client.ts";
import { until } from "../../support/latch.ts";
import { Site } from "../../support/site.ts";
import { pythonSite, REAL_PYTHON } from "../../python/python_site.ts";
import { octets } from "../../wire/row.ts";

/** Makes a response whose file takes so many octets. */
function spoolOf(limit: number) {
  const state = { room: 1_000_000, closed: 0, failures: 0 };
  let content = new Uint8Array(0);
  let at = 0;
  const file: TemporaryFile = {
    write(data) {
      if (at >= limit) return Promise.reject(new Error("ENOSPC"));
      const part = data.slice(0, Math.min(7_000, limit - at));
      content = joinPieces([content.slice(0, at), part]);
      at += part.length;
      return Promise.resolve(part.length);
    },
    read(target) {
      const part = content.subarray(at, at + Math.min(target.length, 9_000));
      at += part.length;
      target.set(part);
      return Promise.resolve(part.length === 0 ? null : part.length);
    },
    seekTo: (position) => Promise.resolve(void (at = position)),
    close: () => void state.closed++,
  };
  const spool = new SpooledResponse({
    takeFileRoom: (size) => size <= state.room && (state.room -= size, true),
    fileRoom: () => state.room,
    freeFileRoom: (size) => void (state.room += size),
    makeFile: () => Promise.resolve(file),
    fileFailed: () => void state.failures++,
  });
  return { spool, state };
}

for (const limit of [1_000_000, 45_000, 0]) {
  Deno.test(`pieces come back in order from a file that takes ${limit} octets`, async () => {
    const { spool, state } = spoolOf(limit);
    const sent: Uint8Array<ArrayBuffer>[] = [];
    const read: Uint8Array<ArrayBuffer>[] = [];
    const inFile: Promise<boolean>[] = [];
    const readSome = async (count: number) => {
      for (let done = 0; done < count && spool.holdsPieces; done++) {
        const { piece } = await spool.next();
        if (piece !== undefined) read.push(piece.slice());
      }
    };
    for (let index = 0; index < 12; index++) {
      const piece = new Uint8Array(10_000).fill(index);
      sent.push(piece);
      inFile.push(spool.add(piece));
      if (index % 3 === 0) await readSome(2);
    }
    await readSome(Infinity);
    assertEquals(joinPieces(read), joinPieces(sent));
    assertEquals((await Promise.all(inFile)).every((written) => written), limit === 1_000_000);
    assertEquals(state.failures, limit === 1_000_000 ? 0 : 1);
    spool.close();
    spool.close();
    assertEquals(spool.holdsPieces, false);
    await spool.next();
    assertEquals(state, { ...state, room: 1_000_000, closed: 1 });
  });
}

Deno.test("a content for which there is no file stays in memory, and one warning says why", async () => {
  const failures: unknown[] = [];
  const spool = new ContentSpool(10_000_000, 1, (error) => failures.push(error));
  const source = () => {
    let left = 100_000;
    return {
      readSome(target: GrowingBuffer) {
        const count = Math.min(left, target.room);
        target.append(new Uint8Array(count), false);
        left -= count;
        return Promise.resolve(left === 0);
      },
      readPiece: () => Promise.resolve(null),
    };
  };
  const contents = [1, 2, 3].map(() => spool.open(source(), 100_000, () => true));
  for (const content of contents) assertEquals(await content.gather(), true);
  assertEquals(failures.map(String), [
    "Error: Cannot make temporary file: too many are open, see ulimit -n",
  ]);
  for (const content of contents) content.close();
  const next = spool.open(source(), 100_000, () => false);
  assertEquals(await next.gather(), true);
  assertEquals((await next.readPiece())!.length > 0, true);
  next.close();
});

/** Has eight clients ask for a large response that they do not read, and checks that others are served. */
async function expectServed(site: Site, large: string, light: string): Promise<RawClient> {
  const slow: RawClient[] = [];
  for (let count = 0; count < 8; count++) {
    slow.push(await site.connect());
    await slow[count].send(octets(`GET ${large} HTTP/1.1|Host: a||`));
  }
  for (let probe = 0; probe < 3; probe++) {
    assertEquals((await site.ask(`GET ${light} HTTP/1.1|Host: a||`)).status, 200);
  }
  // A worker that such a client held would have been freed by the cut of its response, with a warning.
  assertEquals(site.events, []);
  return slow[7];
}

Deno.test("slow readers hold no worker that blocks, and get their responses whole", async () => {
  const app = new URL("../fixtures/blocking_large.ts", import.meta.url);
  await using site = new Site(app, { mode: "pool", minWorkers: 2 });
  await site.server.ready;
  const client = await expectServed(site, "/large", "/");
  const { content } = await client.read();
  const expected = Array.from({ length: 80 }, (_, index) => new Uint8Array(200_000).fill(index));
  assertEquals(Buffer.compare(content, joinPieces(expected)), 0);
  assertEquals(site.events, []);
});

// Embedded Python takes seconds to start, and is the same to the pool as the application above.
Deno.test("clients that do not read hold no process of Python", {
  ignore: REAL_PYTHON === undefined,
}, async () => {
  await using site = await pythonSite("slow_clients.py", { python: REAL_PYTHON, minWorkers: 2 });
  const client = await expectServed(site, "/large", "/");
  assertEquals((await client.read()).content.length, 8_000_000);
});

Deno.test(
  "responses that fill the room for files are cut when others wait for a process of Python",
  {
    ignore: REAL_PYTHON === undefined,
  },
  async () => {
    await using site = await pythonSite("slow_clients.py", {
      python: REAL_PYTHON,
      minWorkers: 2,
      maxSpooledContent: 75_000_000, // a response may have as much as it leaves to others
      queueTimeout: 2_000,
    });
    const huge = [await site.connect(), await site.connect()];
    for (const client of huge) await client.send(octets("GET /huge HTTP/1.1|Host: a||"));
    assertEquals((await site.ask("GET / HTTP/1.1|Host: a||")).status, 200);
    assertEquals(site.events, []);
    for (const client of huge) assertEquals((await client.read()).content.length, 24_000_000);

    const taken = await Deno.makeTempFile();
    try {
      const endless = [await site.connect(), await site.connect()];
      for (const client of endless) {
        await client.send(octets(`GET /endless?${taken} HTTP/1.1|Host: a||`));
      }
      // When it stands still, the room for files is used up. A busy machine takes seconds for that.
      const size = () => Deno.statSync(taken).size;
      await until(() => size() > 0 && site.server.stats.pool!.busy === 2);
      for (let before = -1; before !== size();) {
        before = size();
        await new Promise((resolve) => setTimeout(resolve, 400));
      }
      assertEquals((await site.ask("GET / HTTP/1.1|Host: a||")).status, 200);
    } finally {
      await Deno.remove(taken);
    }
    assertEquals(site.events[0], "client-blocks-worker");
  },
);
