// Sends random streams to whole servers, over memory and over sockets, with the application in this thread,
// in a pool and in shards: each response shows the request that a second strict reader sees there, and a
// stream that must be refused gets one error response at its place. For more: ROBUSTO_SOAK=1.

import { assert, assertEquals } from "@std/assert";
import type { ByteStream } from "../../../src/io/byte_stream.ts";
import type { ServerOptions } from "../../../src/options/server_options.ts";
import { Server } from "../../../src/server/server.ts";
import { MemoryServer } from "../../support/memory_server.ts";
import { contentText, fieldValues, RawClient, saysClose } from "../../support/raw_client.ts";
import { type Random, withSeed } from "../random.ts";
import { runLength } from "../run_length.ts";
import echo from "./echo_app.ts";
import { makeStream } from "./request_streams.ts";
import { type Reading, readStrictly } from "./strict_reader.ts";

const APP = new URL("./echo_app.ts", import.meta.url);

/** Connections at a time. */
const CONNECTIONS = 16;

const MODES: Record<string, ServerOptions> = {
  "the accepting thread": { mode: "inline" },
  "a pool": { mode: "pool", minWorkers: 2 },
  "two shards": { mode: "sharded", minWorkers: 2 },
};

Deno.test("a server in memory understands random streams as a second strict reader does", () =>
  withSeed(async (random) => {
    await using server = new MemoryServer(echo);
    for (let count = runLength({ short: 1_000, long: 50_000 }); count > 0; count--) {
      await tryStream(server.connect(random.pick([64, 65_536])), random, true);
    }
  }));

for (const [where, options] of Object.entries(MODES)) {
  Deno.test(`random streams over sockets are understood as a second strict reader does, in ${where}`, () =>
    withSeed(async (random) => {
      const app = options.mode === "inline" ? echo : APP;
      const quiet = { onListen() {}, onLog() {} };
      const server = new Server({ ...options, ...quiet, app, bind: "127.0.0.1:0" });
      await server.prepare();
      const serving = server.serve();
      let left = runLength({ short: 500, long: 20_000 });
      const client = async () => {
        // A client that has ended its side is given up when its request waits long, as on a busy machine.
        while (left-- > 0) {
          await tryStream(await Deno.connect({ port: server.addr.port }), random, false);
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, client));
      await server.stop();
      await serving;
    }));
}

/** Sends a random stream over a fresh connection, and checks all that comes back.
 *
 * @param endsAtOnce whether the client ends its side behind its octets, or behind the responses to them */
async function tryStream(
  connection: ByteStream,
  random: Random,
  endsAtOnce: boolean,
): Promise<void> {
  const stream = makeStream(random);
  const octets = Uint8Array.from(stream, (character) => character.charCodeAt(0));
  using client = new RawClient(connection);
  const pieces = random.pieces(octets);
  const served = Promise.withResolvers<void>();
  const sending = (async () => {
    for (const piece of pieces) await client.trySend(piece);
    if (!endsAtOnce) await served.promise;
    await client.half();
  })();
  try {
    const reading = readStrictly(stream);
    await checkRequests(client, reading);
    served.resolve();
    await checkEnd(client, reading);
  } catch (error) {
    throw new Error(`For ${JSON.stringify(stream)}`, { cause: error });
  } finally {
    served.resolve();
    await sending;
  }
}

async function checkRequests(client: RawClient, reading: Reading): Promise<void> {
  for (const request of reading.requests) {
    const response = await client.read(request.method);
    assertEquals(response.status, 200);
    assertEquals(fieldValues(response, "x-target"), [encodeURI(request.target)]);
    if (request.method !== "HEAD") {
      assertEquals(JSON.parse(contentText(response)), { ...request, trailers: [] });
    }
  }
}

async function checkEnd(client: RawClient, reading: Reading): Promise<void> {
  if (reading.end === "refused" || reading.end === "incomplete") {
    const response = await client.read(reading.faultyMethod);
    assert(response.status >= 400 && response.status < 600, `status ${response.status}`);
    assert(saysClose(response));
  }
  await client.expectEnd();
}
