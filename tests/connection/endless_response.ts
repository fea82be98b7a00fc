// A response that does not end by itself.

/** Makes a response of pieces of 1,000 octets. */
export function endlessResponse(): Response {
  return new Response(
    new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1_000)),
    }),
  );
}
