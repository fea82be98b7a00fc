// deno run -A mod.ts examples/frameworks/react.ts
//
// React: renderToReadableStream streams the page. What Suspense waits for follows when it is there.

import { createElement as h, Suspense, use } from "npm:react@19.3.1";
import { renderToReadableStream } from "npm:react-dom@19.3.1/server.browser";

function Slow({ text }: { text: Promise<string> }): unknown {
  return h("p", null, use(text));
}

export default {
  async fetch(request: Request): Promise<Response> {
    const text = new Promise<string>((resolve) => setTimeout(resolve, 100, "and the rest"));
    const page = h(
      "main",
      null,
      h("h1", null, "Hello world!"),
      h(Suspense, { fallback: "…" }, h(Slow, { text })),
    );
    const stream = await renderToReadableStream(page, { signal: request.signal });
    return new Response(stream, { headers: { "Content-Type": "text/html; charset=utf-8" } });
  },
};

// You see: curl -s http://127.0.0.1:8070/ -> <main><h1>Hello world!</h1>…<p>and the rest</p>…
