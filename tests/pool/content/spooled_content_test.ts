// SpooledContent, and a pool whose application blocks with clients that send slowly.

import { assertEquals, assertRejects } from "@std/assert";
import type { TemporaryFile } from "../../../src/io/temporary_file.ts";
import { KnownLengthReader } from "../../../src/content/known_length_reader.ts";
import { SpooledContent, type SpoolRoom } from "../../../src/pool/content/spooled_content.ts";
import { contentText } from "../../support/raw_client.ts";
import { Program, ROOT } from "../../support/program.ts";
import { Site } from "../../support/site.ts";
import { octets } from "../../wire/row.ts";

/** A file in memory that fails behind so many octets. */
class MemoryFile implements TemporaryFile {
  closed = 0;
  readonly #limit: number;
  #octets: number[] = [];
  #at = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  write(data: Uint8Array): Promise<number> {
    if (this.#octets.length >= this.#limit) return Promise.reject(new Error("ENOSPC"));
    const part = data.subarray(0, Math.min(10_000, this.#limit - this.#octets.length));
    for (const octet of part) this.#octets.push(octet);
    return Promise.resolve(part.length);
  }

  read(target: Uint8Array): Promise<number | null> {
    const part = this.#octets.slice(this.#at, this.#at + Math.min(target.length, 7_000));
    this.#at += part.length;
    target.set(part);
    return Promise.resolve(part.length === 0 ? null : part.length);
  }

  seekTo(position: number): Promise<void> {
    this.#at = position; // it is only written at its end
    return Promise.resolve();
  }

  close(): void {
    this.closed++;
  }
}

/** Where contents go in a test: how much there is of it. */
interface Scene {
  readonly memory: number;
  readonly disk: number;
  /** Octets that the file takes; 0 for no file at all. */
  readonly file: number;
}

class Room implements SpoolRoom {
  memory: number;
  disk: number;
  readonly file: MemoryFile | undefined;
  readonly failures: unknown[] = [];

  constructor({ memory, disk, file }: Scene) {
    this.memory = memory;
    this.disk = disk;
    this.file = file === 0 ? undefined : new MemoryFile(file);
  }

  takeMemory(size: number): boolean {
    if (size > this.memory) return false;
    this.memory -= size;
    return true;
  }

  takeFileRoom(size: number): boolean {
    if (size > this.disk) return false;
    this.disk -= size;
    return true;
  }

  freeFileRoom(size: number): void {
    this.disk += size;
  }

  makeFile(): Promise<TemporaryFile> {
    return this.file === undefined
      ? Promise.reject(new Error("EACCES"))
      : Promise.resolve(this.file);
  }

  fileFailed(error: unknown): void {
    this.failures.push(error);
  }
}

/** A reader of so many octets, each of which says where it is. */
function reader(size: number, cutAt = size): KnownLengthReader {
  const all = pattern(size);
  let at = 0;
  const source = {
    read(target: Uint8Array): Promise<number | null> {
      const part = all.subarray(at, Math.min(cutAt, at + Math.min(target.length, 9_999)));
      at += part.length;
      target.set(part);
      return Promise.resolve(part.length === 0 ? null : part.length);
    },
  };
  return new KnownLengthReader(source, size);
}

function pattern(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}

async function read(content: SpooledContent): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let piece; (piece = await content.readPiece()) !== null;) parts.push(piece);
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

const MUCH = 1e9;
const SCENES: readonly (readonly [string, Scene])[] = [
  ["room for all", { memory: MUCH, disk: MUCH, file: MUCH }],
  ["no memory", { memory: 0, disk: MUCH, file: MUCH }],
  ["no file", { memory: MUCH, disk: MUCH, file: 0 }],
  ["no file and little memory", { memory: 140_000, disk: MUCH, file: 0 }],
  ["neither", { memory: 0, disk: 0, file: 0 }],
  ["a disk that becomes full", { memory: MUCH, disk: MUCH, file: 100_000 }],
  ["a disk that becomes full, and no memory", { memory: 0, disk: MUCH, file: 100_000 }],
  ["a full bound", { memory: 65_536, disk: 140_000, file: MUCH }],
];

for (const [name, scene] of SCENES) {
  for (const size of [1, 4_096, 65_536, 65_537, 131_072, 300_000]) {
    Deno.test(`SpooledContent gives ${size} octets as they came: ${name}`, async () => {
      const room = new Room(scene);
      const content = new SpooledContent(reader(size), size, room);
      const gathered = await content.gather();
      assertEquals(gathered === true ? await read(content) : gathered, pattern(size));
      content.close();
      assertEquals(room.disk, scene.disk);
    });
  }
}

Deno.test("SpooledContent closes its file when the client leaves", async () => {
  const room = new Room({ memory: MUCH, disk: MUCH, file: MUCH });
  const broken = new SpooledContent(reader(200_000, 150_000), 200_000, room);
  await assertRejects(() => broken.gather(), "source ended");
  broken.close();
  assertEquals([room.file!.closed, room.disk], [1, MUCH]);

  const other = new Room({ memory: MUCH, disk: MUCH, file: MUCH });
  const left = new SpooledContent(reader(200_000), 200_000, other);
  const gathering = left.gather();
  left.close();
  await gathering;
  assertEquals([other.file!.closed, other.disk], [0, MUCH]);
});

const SLOWHTTPTEST = isInstalled("slowhttptest");
const ECHO = new URL("../fixtures/blocking_echo.ts", import.meta.url);
const SLOW_HEADS = [
  "Content-Length: 200000||",
  "Transfer-Encoding: chunked||5|abcde|",
  "Transfer-Encoding: chunked|Expect: 100-continue||",
  "Content-Length: 10|Expect: 100-continue||",
];

for (const head of SLOW_HEADS) {
  Deno.test(`slow senders hold no worker that blocks: ${head}`, async () => {
    await using site = new Site(ECHO, { mode: "pool", minWorkers: 2 });
    await site.server.ready;
    for (let count = 0; count < 8; count++) {
      const slow = await site.connect();
      await slow.send(octets(`POST / HTTP/1.1|Host: a|${head}`));
      if (head.includes("Expect")) assertEquals((await slow.readAny()).status, 100);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    const started = performance.now();
    const quick = await site.ask("POST / HTTP/1.1|Host: a|Content-Length: 5||quick");
    assertEquals([quick.status, contentText(quick)], [200, "quick"]);
    assertEquals(performance.now() - started < 3_000, true);
    assertEquals(site.server.stats.pool?.busy, 0);
  });
}

Deno.test("a slow upload to an application that blocks arrives whole", async () => {
  await using site = new Site(ECHO, { mode: "pool", minWorkers: 1 });
  await site.server.ready;
  const part = "0123456789".repeat(10_000);
  const chunk = `186a0|${part}|`;
  const chunked = await site.connect();
  await chunked.send(octets("POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||"));
  const known = await site.connect();
  await known.send(octets("POST / HTTP/1.1|Host: a|Content-Length: 300000||"));
  for (let count = 0; count < 3; count++) {
    await chunked.send(octets(chunk));
    await known.send(octets(part));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await chunked.send(octets("0||"));
  for (const client of [chunked, known]) {
    assertEquals(contentText(await client.read()), part.repeat(3));
  }
  assertEquals(site.events, []);
});

Deno.test("content for an application that blocks has the client's deadlines and limits", async () => {
  const options = {
    mode: "pool",
    minWorkers: 1,
    contentTimeout: 200,
    maxContentSize: 100_000,
  } as const;
  await using site = new Site(ECHO, options);
  await site.server.ready;
  const late = await site.connect();
  await late.send(octets("POST / HTTP/1.1|Host: a|Content-Length: 90000||abc"));
  assertEquals((await late.read()).status, 408);
  const large = `ea60|${"x".repeat(60_000)}|`;
  const head = "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||";
  assertEquals((await site.ask(`${head}${large}${large}0||`)).status, 413);
  assertEquals((await site.ask(`${head}3|abcd|`)).status, 400);
});

Deno.test({
  name: `slowhttptest finds a pool that blocks available at every probe${
    SLOWHTTPTEST ? "" : " (missing: slowhttptest)"
  }`,
  ignore: !SLOWHTTPTEST,
  async fn() {
    const mod = new URL("mod.ts", ROOT).pathname;
    const words = ["run", "-A", "--no-lock", mod, ECHO.pathname, "--bind", "127.0.0.1:0"];
    await using program = await Program.start([...words, "--workers", "2"]);
    const url = await program.url;
    const { stdout } = await new Deno.Command("slowhttptest", {
      args: [
        "-B",
        "-c",
        "100",
        "-r",
        "50",
        "-i",
        "2",
        "-l",
        "4",
        "-p",
        "2",
        "-s",
        "100000",
        "-u",
        `${url}/`,
      ],
      stdin: "null",
      env: { TERM: "dumb" },
    }).output();
    const reports = new TextDecoder().decode(stdout).matchAll(
      /service available:\S*\s+(?:\S*m)?(YES|NO)/g,
    );
    const answers = new Set([...reports].map(([, answer]) => answer));
    assertEquals(answers, new Set(["YES"]));
  },
});

function isInstalled(command: string): boolean {
  try {
    return new Deno.Command(command, { args: ["-h"], stdout: "null", stderr: "null" })
      .outputSync() !== undefined;
  } catch {
    return false;
  }
}
