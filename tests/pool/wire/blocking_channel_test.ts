// Replies through shared memory for a worker that is blocked until they come.

import { assertEquals } from "@std/assert";
import {
  BlockingClient,
  BlockingServer,
  createReplyMemory,
} from "../../../src/pool/wire/blocking_channel.ts";

const ID = 5;
const LARGEST = 64 * 1024;

function channel() {
  const memory = createReplyMemory();
  return { client: new BlockingClient(memory), server: new BlockingServer(memory) };
}

Deno.test("a call gets the reply that was given before it waits", () => {
  const { client, server } = channel();
  const callWith = (reply: () => void) =>
    client.call(() => {
      server.noteQuestion(ID);
      reply();
    });
  const octets = new Uint8Array([1, 2, 3]);
  assertEquals(callWith(() => server.piece(ID, octets)), { kind: "piece", octets });
  assertEquals(callWith(() => server.end(ID)), { kind: "end" });
  assertEquals(callWith(() => server.fail(ID, "f\u00e4iled")), {
    kind: "failed",
    text: "f\u00e4iled",
  });
  assertEquals(callWith(() => server.grant(ID, 2 ** 50)), { kind: "credit", limit: 2 ** 50 });
  assertEquals(callWith(() => server.abort(ID, "gone")), { kind: "aborted", text: "gone" });
});

Deno.test("a piece is at most as large as the memory for it", () => {
  const { client, server } = channel();
  const octets = new Uint8Array(LARGEST + 1).fill(7);
  let count = 0;
  const reply = client.call(() => {
    server.noteQuestion(ID);
    count = server.piece(ID, octets);
  });
  assertEquals([count, reply], [LARGEST, { kind: "piece", octets: octets.subarray(0, LARGEST) }]);
});

Deno.test("a reply without an open question, or for another exchange, is dropped", () => {
  const { client, server } = channel();
  assertEquals(server.piece(ID, new Uint8Array(1)), 0);
  const reply = client.call(() => {
    server.noteQuestion(ID);
    server.abort(ID + 1, "not meant");
    server.end(ID);
    server.abort(ID, "too late");
  });
  assertEquals(reply, { kind: "end" });
});

Deno.test("close replies to the open question and to later ones", () => {
  const { client, server } = channel();
  const ending = { kind: "aborted", text: "The worker is being ended" } as const;
  assertEquals(client.call(() => server.close()), ending);
  assertEquals(client.call(() => {}), ending);
});

Deno.test("no reply is lost, whichever of the two threads is quicker", async () => {
  const calls = 2_000;
  const memory = createReplyMemory();
  const server = new BlockingServer(memory);
  const source = `
    import { BlockingClient } from ${
    JSON.stringify(import.meta.resolve("../../../src/pool/wire/blocking_channel.ts"))
  };
    self.onmessage = ({ data: { memory, calls } }) => {
      const client = new BlockingClient(memory);
      let sum = 0;
      for (let i = 0; i < calls; i++) {
        const reply = client.call(() => self.postMessage(i));
        if (reply.kind === "credit") sum += reply.limit;
      }
      self.postMessage("sum " + sum);
    };`;
  const worker = new Worker("data:text/javascript," + encodeURIComponent(source), {
    type: "module",
  });
  const said = await new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => {
      if (typeof data === "string") return resolve(data);
      server.noteQuestion(ID);
      if (data % 3 === 0) server.grant(ID, data);
      else queueMicrotask(() => server.grant(ID, data));
    };
    worker.postMessage({ memory, calls });
  });
  worker.terminate();
  assertEquals(said, `sum ${calls * (calls - 1) / 2}`);
});
