// deno run -A mod.ts examples/frameworks/server_sent_events.ts
//
// Server-sent events by hand: each client gets a number a second. A browser that reconnects sends
// the id of the last event that it got in Last-Event-ID, and the stream goes on behind it. The
// stream ends when the client leaves.

const INTERVAL = 1_000;

export default {
  fetch(request: Request): Response {
    const last = Number(request.headers.get("Last-Event-ID") ?? 0);
    const id = Number.isSafeInteger(last) ? last : 0;
    return new Response(numbersFrom(id + 1), {
      headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" },
    });
  },
};

function numbersFrom(first: number): ReadableStream<Uint8Array> {
  let timer: ReturnType<typeof setInterval>;
  return new ReadableStream({
    start(stream) {
      let id = first;
      const encoder = new TextEncoder();
      const send = () => stream.enqueue(encoder.encode(`id: ${id}\ndata: number ${id++}\n\n`));
      stream.enqueue(encoder.encode("retry: 2000\n\n")); // milliseconds until a browser reconnects
      send();
      timer = setInterval(send, INTERVAL);
    },
    cancel: () => clearInterval(timer),
  });
}

// You see: curl -sN -m 1.5 -H 'Last-Event-ID: 41' http://127.0.0.1:8070/; true -> retry: 2000 id: 42 data: number 42 id: 43 data: number 43
