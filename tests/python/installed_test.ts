// Packages that only a real interpreter has, unchanged from Debian: lxml as an extension in C, Requests as a
// client of another server, psycopg2 with a PostgreSQL server.

import { assertEquals } from "@std/assert";
import { until } from "../support/latch.ts";
import { Site } from "../support/site.ts";
import { POSTGRES, Postgres } from "./postgres.ts";
import { missingModules, PYTHON_KINDS, pythonSite, REAL_PYTHON } from "./python_site.ts";

const missing = [
  PYTHON_KINDS[1].ignore ? "python3" : "",
  missingModules("lxml", "requests", "psycopg2"),
  POSTGRES === undefined ? "postgresql" : "",
].filter((each) => each !== "").join(", ");

Deno.test(
  `processes: a C extension, an HTTP client and a database${missing && ` (missing: ${missing})`}`,
  { ignore: missing !== "" },
  async (t) => {
    await using postgres = await Postgres.start(
      "CREATE TABLE visits (id SERIAL PRIMARY KEY, name TEXT);",
    );
    Deno.env.set("SITE_DATABASE_FOLDER", postgres.folder);
    await using site = await pythonSite("installed.py", {
      python: REAL_PYTHON,
      minWorkers: 2,
      handlerTimeout: 1_000,
    }).finally(() => Deno.env.delete("SITE_DATABASE_FOLDER"));
    await t.step("lxml reads the content and selects", () => transform(site));
    await t.step("Requests asks another server", () => callAnother(site));
    await t.step("processes share a database of PostgreSQL", () => countTogether(site));
    await t.step("a deadline ends a wait in the database", () => waitTooLong(site));
  },
);

async function transform(site: Site): Promise<void> {
  for (const others of [1, 20_000]) { // the content is in the request, or comes in pieces
    const body = `<a><name of="you">ä</name>${"<name/>".repeat(others)}</a>`;
    const response = await fetch(`${site.url}/transform`, { method: "POST", body });
    assertEquals(await response.text(), body.replace("ä", "Ä"));
  }
}

async function callAnother(site: Site): Promise<void> {
  await using other = new Site({
    fetch: async (request) =>
      new Response(`${request.method} ${await request.text()}`, {
        status: 201,
        headers: { "x-name": "value" },
      }),
  }, { mode: "inline" });
  const response = await fetch(`${site.url}/call`, {
    method: "POST",
    headers: { "x-url": other.url },
    body: "hello",
  });
  assertEquals(await response.json(), [201, "value", "POST hello"]);
}

async function countTogether(site: Site): Promise<void> {
  const asking = Array.from({ length: 40 }, (_, i) => fetch(`${site.url}/count?${i}`));
  const ids = await Promise.all((await Promise.all(asking)).map((response) => response.text()));
  assertEquals(ids.map(Number).sort((a, b) => a - b), ids.map((_, i) => i + 1));
  assertEquals(site.log, []);
}

async function waitTooLong(site: Site): Promise<void> {
  const response = await fetch(`${site.url}/wait`);
  assertEquals([response.status, await response.text()], [504, "Gateway Timeout\n"]);
  await until(() => site.server.stats.pool!.ready === 2);
  assertEquals(site.log.splice(0).map(({ event }) => event), ["handler-timeout"]);
  assertEquals(await (await fetch(`${site.url}/count?after`)).text(), "41");
}
