// An application as people write them: WebSockets by the platform's function, by Hono's helper and in a route
// of Elysia. Each sends every message back, and closes for the text "close".

/** Loads a framework at its first request: most clients talk to the platform's function only. */
async function hono(): Promise<(request: Request) => Response | Promise<Response>> {
  const { Hono } = await import("npm:hono@4.13.19");
  const { upgradeWebSocket } = await import("npm:hono@4.13.19/deno");
  const helper = upgradeWebSocket(() => ({
    onMessage({ data }, socket) {
      if (data === "close") socket.close(3001, "as asked");
      else socket.send(data as string);
    },
  }));
  return new Hono().get("/hono", helper).fetch;
}

async function elysia(): Promise<(request: Request) => Response | Promise<Response>> {
  const { Elysia } = await import("npm:elysia@1.4.30");
  return new Elysia({ aot: false }).get("/elysia", ({ request }) => echo(request)).fetch;
}

function echo(request: Request): Response {
  const protocol = request.headers.has("sec-websocket-protocol") ? "echo" : undefined;
  const { socket, response } = Deno.upgradeWebSocket(request, { protocol });
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    if (request.url.endsWith("/greet")) {
      socket.send("hello");
      socket.close(1000);
    }
  };
  socket.onmessage = ({ data }) => {
    if (data === "close") socket.close(3001, "as asked");
    else socket.send(data);
  };
  return response;
}

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade") !== "websocket") {
      return new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
    }
    const { pathname } = new URL(request.url);
    if (pathname === "/hono") return (await hono())(request);
    if (pathname === "/elysia") return (await elysia())(request);
    return echo(request);
  },
};
