// deno run -A mod.ts examples/frameworks/elysia.ts
//
// Elysia: the application has a method `fetch`. `aot: false` makes it work on runtimes other than Bun.

import { Elysia } from "npm:elysia@1.4.30";

export default new Elysia({ aot: false })
  .get("/hello/:name", ({ params }) => `Hello ${params.name}!`)
  .post("/hello", ({ body }) => body);

// You see: curl -s http://127.0.0.1:8070/hello/world; curl -s -H 'Content-Type: application/json' -d '{"name":"two"}' http://127.0.0.1:8070/hello -> Hello world!{"name":"two"}
