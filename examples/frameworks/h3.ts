// deno run -A mod.ts examples/frameworks/h3.ts
//
// H3: the application has a method `fetch`, so it is the default export, as it is.

import { H3 } from "npm:h3@2.0.8";

const app = new H3();
app.get("/hello/:name", (event) => `Hello ${event.context.params?.name}!`);
app.post("/hello", async (event) => await event.req.json());

export default app;

// You see: curl -s http://127.0.0.1:8070/hello/world; curl -s -d '{"name":"two"}' http://127.0.0.1:8070/hello -> Hello world!{…"name":…"two"…}
