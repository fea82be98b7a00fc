// deno run -A mod.ts examples/websocket.ts
// A WebSocket that sends every message back. Deno.upgradeWebSocket is the server's own in its workers.

export default {
  fetch(request: Request): Response {
    if (request.headers.get("upgrade") !== "websocket") {
      return new Response("This is a WebSocket", {
        status: 426,
        headers: { upgrade: "websocket" },
      });
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  },
};

// You see: curl -s http://127.0.0.1:8070/ -> This is a WebSocket
