// WSGI applications under prefixes: the prefix moves from PATH_INFO to SCRIPT_NAME.

import { assertEquals } from "@std/assert";
import { PathDispatcher } from "../../../src/application/path_dispatcher.ts";
import { PATH_ROWS } from "../../gateway/path/path_rows.ts";
import { KINDS } from "../../pool/pool_site.ts";
import { contentText } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";
import tell from "./fixtures/wsgi.ts";
import { fixture, get, named } from "./mounted_site.ts";

/** As CGI has a path, with encoded slashes left as Cheroot leaves them. */
function decoded(path: string): string {
  return path.split(/%2F/i).map((part) =>
    part.replace(/%([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
  ).join("%2F");
}

async function names(site: Site, path: string): Promise<unknown> {
  const response = await site.ask(get(path));
  return response.status === 200 ? JSON.parse(contentText(response)) : response.status;
}

Deno.test("SCRIPT_NAME and PATH_INFO are split where the path table says", async () => {
  for (const { prefixes, path, place } of PATH_ROWS) {
    if (!path.startsWith("/")) continue; // no target of a request
    await using site = new Site(new PathDispatcher(prefixes.map((each) => [each, tell] as const)));
    const expected = place === undefined
      ? 404
      : [place.mountPath, path.slice(place.mountPath.length)].map(decoded);
    assertEquals(await names(site, path), expected, `${prefixes}: ${path}`);
  }
});

for (const workerKind of KINDS) {
  Deno.test(`${workerKind}: WSGI and Fetch applications stand side by side in workers`, async () => {
    const wsgi = fixture("wsgi.ts");
    const apps = new PathDispatcher({
      "/": fixture("tell.ts"),
      "/wsgi": wsgi,
      "/nested": new PathDispatcher({ "/wsgi": wsgi, "": wsgi }),
      "/own": { app: wsgi, pool: { minWorkers: 1 } },
      "/echo": named("wsgi.ts", "echo"),
      "/value": tell,
    });
    await using site = new Site(apps, { workerKind, minWorkers: 1 });
    assertEquals(await names(site, "/ws%67i/a%2Fb"), ["/wsgi", "/a%2Fb"]);
    assertEquals(await names(site, "/nested/wsgi"), ["/nested/wsgi", ""]);
    assertEquals(await names(site, "/nested/x/"), ["/nested", "/x/"]);
    assertEquals(await names(site, "/own//x"), ["/own", "//x"]);
    assertEquals(await names(site, "/value/x"), ["/value", "/x"]);
    const content = "x".repeat(200_000);
    const response = await fetch(`${site.url}/echo`, { method: "POST", body: content });
    assertEquals(await response.text(), content);
    assertEquals(site.log, []);
  });
}
