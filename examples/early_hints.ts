// deno run -A mod.ts examples/early_hints.ts
//
// 103 (Early Hints, RFC 8297): a browser loads the style sheet while the application makes the page.

import type { FetchInfo } from "../mod.ts";

export default {
  async fetch(_request: Request, info: FetchInfo): Promise<Response> {
    await info.informational(103, { link: "</style.css>; rel=preload; as=style" });
    const page = await makePage();
    return new Response(page, { headers: { "content-type": "text/html" } });
  },
};

/** Stands for slow work, such as a query of a database. */
async function makePage(): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  return "<title>Made with care</title>\n";
}

// You see: curl -i http://127.0.0.1:8070/ -> HTTP/1.1 103 … link: </style.css> … HTTP/1.1 200 … <title>
