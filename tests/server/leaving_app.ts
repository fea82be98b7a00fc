// An application with streams for clients that leave. It tells what it sees over a channel.

/** Name of the channel. */
export const LEAVING_CHANNEL = "robusto-leaving-clients";

const encoder = new TextEncoder();

/** `/silent`: an event stream with one piece and nothing more. `/slow`: three pieces with pauses between them.
 * `/late`: a text after a pause. `/read-late`: the request's content, read when the end of the client's side has been
 * noticed. */
export function app(request: Request): Response | Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/slow") return new Response(ReadableStream.from(slow()));
  if (pathname === "/late") return late();
  if (pathname === "/read-late") return readLate(request);
  return new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(encoder.encode("begun")),
      cancel(reason) {
        const channel = new BroadcastChannel(LEAVING_CHANNEL);
        channel.postMessage(String(reason));
        channel.close();
      },
    }),
    { headers: { "content-type": "text/event-stream" } },
  );
}

async function late(): Promise<Response> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  return new Response("late");
}

async function readLate(request: Request): Promise<Response> {
  await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
  return new Response(await request.text());
}

async function* slow(): AsyncGenerator<Uint8Array> {
  for (const word of ["one ", "two ", "three "]) {
    yield encoder.encode(word);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

export default { fetch: app };
