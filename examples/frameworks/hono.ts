// deno run -A mod.ts examples/frameworks/hono.ts
//
// Hono: the application is the default export, as it is. Its middleware compresses and sets ETags.

import { Hono } from "npm:hono@4.13.19";
import { compress } from "npm:hono@4.13.19/compress";
import { etag } from "npm:hono@4.13.19/etag";
import { streamSSE } from "npm:hono@4.13.19/streaming";

const app = new Hono();
app.use("/items/*", etag(), compress());
app.get("/items/:id", (c) => c.json({ id: Number(c.req.param("id")), name: "one" }));
app.post("/items", async (c) => c.json(await c.req.json(), 201));
app.get("/events", (c) => streamSSE(c, (stream) => stream.writeSSE({ id: "1", data: "hello" })));
app.onError((error, c) => c.json({ error: error.message }, 500));

export default app;

// You see: curl -s http://127.0.0.1:8070/items/7; curl -s http://127.0.0.1:8070/events; curl -s -d '{"name":"two"}' http://127.0.0.1:8070/items -> {"id":7,"name":"one"}data: hello id: 1 {"name":"two"}
