// Server-sent events that never end, and beside them the number of streams that are open in this worker.

const streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
const event = new TextEncoder().encode("data: a\n\n");
setInterval(() => streams.forEach((stream) => stream.enqueue(event)), 100);

export default (request: Request, info: { workerId: number }): Response => {
  if (request.url.endsWith("/open")) {
    return Response.json({ workerId: info.workerId, open: streams.size });
  }
  let own: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start(stream) {
      streams.add(own = stream);
      stream.enqueue(event);
    },
    cancel: () => void streams.delete(own),
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
};
