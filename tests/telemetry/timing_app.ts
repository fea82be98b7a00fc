// An application with a Server-Timing field of its own.

export default {
  fetch(request: Request): Response {
    const own = new URL(request.url).pathname === "/own";
    return new Response("done", { headers: own ? { "Server-Timing": "db;dur=1" } : {} });
  },
};
