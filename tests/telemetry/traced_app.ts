// An application that makes a span, and a request to another server.

const tracer = Deno.telemetry.tracerProvider.getTracer("app");

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/fail") throw new Error("It fails");
    while (pathname.endsWith("/loop"));
    await Promise.resolve();
    tracer.startSpan("own work").end();
    const upstream = searchParams.get("upstream");
    if (upstream !== null) await (await fetch(upstream)).body?.cancel();
    return new Response("done");
  },
};
