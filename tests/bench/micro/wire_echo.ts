// The thread of wire_bench.ts: it returns the text and payload of each message as a response.

import { FromWorker } from "../../../src/pool/wire/messages.ts";
import type { Batch } from "../../../src/pool/wire/message_batcher.ts";
import { type PostedMemory, PostedPoolChannel } from "../../../src/pool/wire/posted_channel.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent) => void;
  postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
};

scope.onmessage = ({ data: memory }: MessageEvent<PostedMemory>) => {
  const channel = new PostedPoolChannel(
    {
      post: (batch, transfer) => scope.postMessage(batch, transfer),
      onMessage: (take) => scope.onmessage = ({ data }: MessageEvent<Batch>) => take(data),
    },
    memory,
    () => undefined,
  );
  channel.onMessage((_kind, id, text, payload) =>
    channel.send(FromWorker.response, id, text, payload)
  );
  scope.postMessage("ready");
};
