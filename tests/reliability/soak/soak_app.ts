// The application of the soak: content that shows whose it is and faults as in the chaos tests, WebSockets that send
// back what comes, and event streams.

import chaos from "../chaos/chaos_app.ts";

/** An event ten times a second, until the client leaves. */
function events(): Response {
  let timer: ReturnType<typeof setInterval>;
  const event = new TextEncoder().encode("data: tick\n\n");
  const stream = new ReadableStream({
    start: (controller) => {
      timer = setInterval(() => controller.enqueue(event), 100);
    },
    cancel: () => clearInterval(timer),
  });
  return new Response(stream, { headers: { "Content-Type": "text/event-stream" } });
}

function echo(request: Request): Response {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onmessage = ({ data }) => socket.send(data);
  return response;
}

export default {
  fetch(request: Request): Response | Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/socket") return echo(request);
    return pathname === "/events" ? events() : chaos.fetch(request);
  },
};
