// HEAD of a route of Hono, which calls the handler of GET: the same status and type, and no content, in
// every mode.

import { assertEquals } from "@std/assert";
import { Site } from "../../support/site.ts";

const HONO = new URL("../../../examples/frameworks/hono.ts", import.meta.url);

for (const mode of ["inline", "pool", "sharded"] as const) {
  Deno.test(`${mode}: HEAD in Hono is GET without its content`, async () => {
    await using site = new Site(HONO, { mode, ...mode === "inline" ? {} : { minWorkers: 1 } });
    const ask = (method: string, target: string) =>
      site.ask(`${method} ${target} HTTP/1.1|Host: a||`);
    for (const target of ["/items/7", "/nowhere"]) {
      const [get, head] = [await ask("GET", target), await ask("HEAD", target)];
      assertEquals(head.status, get.status);
      assertEquals(head.content.length, 0);
      const typeOf = ({ fields }: typeof get) =>
        fields.find(([name]) => name.toLowerCase() === "content-type")?.[1];
      assertEquals(typeOf(head), typeOf(get));
    }
  });
}
