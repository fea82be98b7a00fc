// deno run -A mod.ts examples/frameworks/trpc.ts
//
// tRPC: its fetch adapter makes the response, and a function is the default export.

import { initTRPC } from "npm:@trpc/server@11.25.2";
import { fetchRequestHandler } from "npm:@trpc/server@11.25.2/adapters/fetch";

const t = initTRPC.create();
const router = t.router({
  hello: t.procedure.query(() => "Hello world!"),
});

export default (req: Request): Promise<Response> =>
  fetchRequestHandler({ endpoint: "/trpc", req, router });

// You see: curl -s http://127.0.0.1:8070/trpc/hello -> {"result":{"data":"Hello world!"}}
