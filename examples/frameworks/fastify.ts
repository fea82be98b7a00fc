// deno run -A mod.ts examples/frameworks/fastify.ts
//
// Fastify: the instance is the default export, without `listen()`. Its plugins are loaded before the
// worker takes requests.

import Fastify from "npm:fastify@5.12.8";

const app = Fastify();
app.get<{ Params: { id: string } }>(
  "/items/:id",
  (request) => Promise.resolve({ id: Number(request.params.id), ip: request.ip }),
);
app.post("/items", {
  schema: {
    body: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
  },
}, (request, reply) => reply.code(201).send(request.body));

export default app;

// You see: U=http://127.0.0.1:8070; curl -s $U/items/7; curl -s --json '{"name":"two"}' $U/items; curl -s --json '{}' $U/items -> {"id":7,"ip":"127.0.0.1"}{"name":"two"}{"statusCode":400,…}
