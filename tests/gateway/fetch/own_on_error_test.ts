// `onError` beside `fetch` in what a module exports: it counts in an object literal, and a method of this
// name that an instance of a class has is never called.

import { assertEquals } from "@std/assert";
import { ModuleApp } from "../../../src/application/application.ts";
import { contentText } from "../../support/raw_client.ts";
import { ACCEPTING, get, loadedSite, WORKERS } from "../wsgi/wsgi_site.ts";

const FIXTURE = new URL("fixtures/error_handlers.ts", import.meta.url);

for (const { name, options } of [...ACCEPTING, ...WORKERS]) {
  Deno.test(`${name}: onError of an object literal makes the error response`, async () => {
    await using site = await loadedSite(FIXTURE, options);
    const responses = [await site.ask(get("/")), await site.ask(get("/string"))];
    assertEquals(responses.map((each) => [each.status, contentText(each)]), [
      [501, "sorry: Error: an error"],
      [501, "sorry: a string"],
    ]);
  });

  Deno.test(`${name}: onError of another library's application is not called`, async () => {
    await using site = await loadedSite(new ModuleApp(FIXTURE, "router"), options);
    const targets = ["/", "/string", "/"];
    const seen = [];
    for (const target of targets) {
      const { status, content } = await site.ask(get(target));
      seen.push([status, new TextDecoder().decode(content)]);
    }
    const page = [502, "own page: Error: an error"];
    assertEquals(seen, [page, [500, "Internal Server Error\n"], page]);
  });
}
