// deno run -A mod.ts examples/frameworks/koa.ts
//
// Koa: the application is the default export, without `listen()`. A stream as the body is sent as it comes.

// deno-lint-ignore-file no-explicit-any -- Koa has no types of its own

import { Readable } from "node:stream";
import Koa from "npm:koa@3.3.0";

const app = new Koa();
app.use(async (ctx: any, next: any) => {
  await next();
  ctx.set("X-Client", ctx.ip);
});
app.use((ctx: any) => {
  if (ctx.path === "/stream") ctx.body = Readable.from(["one ", "two ", "three"]);
  else ctx.body = { path: ctx.path, secure: ctx.secure };
});

export default app;

// You see: curl -s http://127.0.0.1:8070/hello; curl -s http://127.0.0.1:8070/stream -> {"path":"/hello","secure":false}one two three
