// deno run -A mod.ts examples/path_dispatcher.ts
//
// Several applications of different kinds in one server, chosen by the beginning of the path. `/` gets all
// other paths. The module is loaded in the same worker as this file. On the command line
// `--mount /hello=examples/hello.ts` does the same for whole modules.

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
