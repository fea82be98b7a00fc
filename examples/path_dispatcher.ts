// deno run -A mod.ts examples/path_dispatcher.ts
//
// Several applications in one server, of different kinds, chosen by the beginning of the path. `/` takes
// what nobody else does. The module is loaded in the same worker as this file is. On the command line
// `--mount /hello=examples/hello.ts` says the same of whole modules.

import { PathDispatcher } from "../mod.ts";

export default new PathDispatcher({
  "/": () => new Response("Welcome\n"),
  "/blog": (request, info) => {
    const path = new URL(request.url).pathname.slice(info.mountPath.length);
    return new Response(`The blog, at ${path}\n`);
  },
  "/hello": new URL("./hello.ts", import.meta.url),
});

// You see: curl http://127.0.0.1:8070/blog/today http://127.0.0.1:8070/hello http://127.0.0.1:8070/blogger -> The blog, at /today Hello world! Welcome
