// The application that hostile clients attack: light responses, a large one, an event stream, and uploads.

/** 64 MiB, made as they are wanted. */
function large(): ReadableStream<Uint8Array> {
  let left = 4_096;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(16_384));
      else controller.close();
    },
  });
}

/** An event each second, until the client leaves. */
function events(): ReadableStream<Uint8Array> {
  let timer: ReturnType<typeof setInterval>;
  return new ReadableStream({
    start(controller) {
      const event = new TextEncoder().encode("data: tick\n\n");
      timer = setInterval(() => controller.enqueue(event), 1_000);
    },
    cancel: () => clearInterval(timer),
  });
}

export default {
  async fetch(request: Request): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case "/large":
        return new Response(large());
      case "/events":
        return new Response(events(), { headers: { "Content-Type": "text/event-stream" } });
      case "/upload": {
        let count = 0;
        for await (const piece of request.body!) count += piece.length;
        return new Response(`${count}`);
      }
      default:
        return new Response("light");
    }
  },
};
