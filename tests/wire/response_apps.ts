// Applications and requests for the response rows.

import { Gateway } from "../../src/gateway/gateway.ts";
import type { Field } from "../../src/http1/response_head.ts";
import type { ExpectedResponse } from "./response_row.ts";

export const HEAD = "HEAD / HTTP/1.1|Host: a||";
export const GET_1_0 = "GET / HTTP/1.0||";
export const KEEP_1_0 = "GET / HTTP/1.0|Connection: Keep-Alive||";

/** The response of the server when the application fails. */
export const FAULT: ExpectedResponse = {
  status: 500,
  framing: "length",
  content: "Internal Server Error\n",
};

/** A stream of these pieces. */
export function streamOf(...pieces: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(
    pieces.map((piece) => typeof piece === "string" ? new TextEncoder().encode(piece) : piece),
  );
}

/** A stream that gives these pieces and then fails. */
export function failingStream(...pieces: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const piece = pieces.shift();
      if (piece === undefined) controller.error(new Error("secret"));
      else controller.enqueue(new TextEncoder().encode(piece));
    },
  });
}

/** An application that responds without a `Response` object, whose constructor rejects much by itself. */
export function respondDirectly(status: number, fields: Field[], content: string | null): Gateway {
  return new class extends Gateway {
    override respond(exchange: Parameters<Gateway["respond"]>[0]) {
      return exchange.respond({ status, fields }, content);
    }
  }();
}
