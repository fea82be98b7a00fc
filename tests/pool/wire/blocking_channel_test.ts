// The channel through which a blocked worker is answered, and how many exchanges such a worker is given.

import { assertEquals } from "@std/assert";
import {
  BlockingClient,
  BlockingServer,
  createChannel,
} from "../../../src/pool/wire/blocking_channel.ts";

const ID = 5;
const LARGEST = 64 * 1024;

function channel() {
  const memory = createChannel();
  return { caller: new BlockingClient(memory), blockingServer: new BlockingServer(memory) };
}

Deno.test("a call gets the reply that was given before it looked", () => {
  const { caller, blockingServer } = channel();
  const asking = (reply: () => void) =>
    caller.call(() => {
      blockingServer.asked(ID);
      reply();
    });
  const octets = new Uint8Array([1, 2, 3]);
  assertEquals(asking(() => blockingServer.piece(ID, octets)), { kind: "piece", octets });
  assertEquals(asking(() => blockingServer.end(ID)), { kind: "end" });
  assertEquals(asking(() => blockingServer.fail(ID, "f\u00e4iled")), {
    kind: "failed",
    text: "f\u00e4iled",
  });
  assertEquals(asking(() => blockingServer.grant(ID, 2 ** 50)), { kind: "room", limit: 2 ** 50 });
  assertEquals(asking(() => blockingServer.abort(ID, "gone")), { kind: "aborted", text: "gone" });
});

Deno.test("a piece is as large as the channel at most", () => {
  const { caller, blockingServer } = channel();
  const octets = new Uint8Array(LARGEST + 1).fill(7);
  let count = 0;
  const reply = caller.call(() => {
    blockingServer.asked(ID);
    count = blockingServer.piece(ID, octets);
  });
  assertEquals([count, reply], [LARGEST, { kind: "piece", octets: octets.subarray(0, LARGEST) }]);
});

Deno.test("a reply to somebody else, or to nobody, is dropped", () => {
  const { caller, blockingServer } = channel();
  assertEquals(blockingServer.piece(ID, new Uint8Array(1)), 0);
  const reply = caller.call(() => {
    blockingServer.asked(ID);
    blockingServer.abort(ID + 1, "not meant");
    blockingServer.end(ID);
    blockingServer.abort(ID, "too late");
  });
  assertEquals(reply, { kind: "end" });
});

Deno.test("closing answers who waits, and who asks later", () => {
  const { caller, blockingServer } = channel();
  const ending = { kind: "aborted", text: "The worker is being ended" } as const;
  assertEquals(caller.call(() => blockingServer.close()), ending);
  assertEquals(caller.call(() => {}), ending);
});

Deno.test("no reply is lost, whichever thread is quicker", async () => {
  const calls = 2_000;
  const memory = createChannel();
  const blockingServer = new BlockingServer(memory);
  const source = `
    import { BlockingClient } from ${
    JSON.stringify(import.meta.resolve("../../../src/pool/wire/blocking_channel.ts"))
  };
    self.onmessage = ({ data: { memory, calls } }) => {
      const caller = new BlockingClient(memory);
      let sum = 0;
      for (let i = 0; i < calls; i++) {
        const reply = caller.call(() => self.postMessage(i));
        if (reply.kind === "room") sum += reply.limit;
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
      blockingServer.asked(ID);
      if (data % 3 === 0) blockingServer.grant(ID, data);
      else queueMicrotask(() => blockingServer.grant(ID, data));
    };
    worker.postMessage({ memory, calls });
  });
  worker.terminate();
  assertEquals(said, `sum ${calls * (calls - 1) / 2}`);
});
