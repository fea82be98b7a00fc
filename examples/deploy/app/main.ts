// An application with a project of its own (deno.json, deno.lock) and a package from npm.

import { Hono } from "hono";

const app = new Hono();
app.get("/", (context) => context.text("Hello world!\n"));
app.post("/length", async (context) => {
  const content = await context.req.arrayBuffer();
  return context.text(`${content.byteLength}\n`);
});

export default app;
