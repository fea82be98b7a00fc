// deno run -A mod.ts examples/frameworks/itty_router.ts
//
// itty-router: the router has a method `fetch`, so it is the default export, as it is.

import { AutoRouter } from "npm:itty-router@5.0.24";

const router = AutoRouter();
router.get("/hello/:name", ({ name }) => ({ hello: name }));

export default router;

// You see: curl -s http://127.0.0.1:8070/hello/world; curl -s http://127.0.0.1:8070/other -> {"hello":"world"}{"status":404,"error":"Not Found"}
