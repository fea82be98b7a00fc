// For `deno serve --parallel` in the benches.

import { handler } from "./handler.ts";

export default {
  fetch: handler,
  onListen: ({ port }: Deno.NetAddr) => console.log(`Listening on http://127.0.0.1:${port}/`),
};
