// Reloading of application code, and the hooks onWorkerStart and onWorkerStop.

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ThreadKind } from "../../src/pool/worker_thread.ts";
import { within } from "../support/latch.ts";
import { contentText } from "../support/raw_client.ts";
import { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";
import { KINDS, pool, until } from "./pool_site.ts";

const GET = octets("GET / HTTP/1.1|Host: a||");

/** An application whose module a test writes again and again. */
class WrittenApp implements AsyncDisposable {
  readonly folder: string = Deno.makeTempDirSync();
  readonly url: URL = new URL(`file://${this.folder}/app.ts`);

  write(source: string): void {
    Deno.writeTextFileSync(`${this.folder}/next.ts`, source);
    Deno.renameSync(`${this.folder}/next.ts`, `${this.folder}/app.ts`);
  }

  writeVersion(version: string): void {
    this.write(`export default async () => { await null; return new Response("${version}"); };`);
  }

  site(workerKind: ThreadKind): Site {
    return new Site(this.url, { workerKind, minWorkers: 2, maxWorkers: 2 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

for (const workerKind of KINDS) {
  Deno.test(`${workerKind}: not one request fails while code is reloaded under load`, async () => {
    await using app = new WrittenApp();
    app.writeVersion("1");
    await using site = app.site(workerKind);
    let over = false;
    const seen = new Set<string>();
    const load = async () => {
      const client = await site.connect();
      while (!over) {
        await client.send(GET);
        const response = await client.read();
        assertEquals(response.status, 200);
        seen.add(contentText(response));
      }
    };
    const clients = Array.from({ length: 8 }, load);
    await until(() => seen.has("1"));
    for (const version of ["2", "3"]) {
      app.writeVersion(version);
      await within(site.server.reload());
      await until(() => seen.has(version));
    }
    over = true;
    await Promise.all(clients);
    assertEquals([...seen], ["1", "2", "3"]);
    assertEquals(site.events, []);
    await until(() => pool(site).workers.length === 2);
    assertEquals(pool(site).spawned, 6);
  });

  Deno.test(`${workerKind}: the old workers stay when new code does not load`, async () => {
    await using app = new WrittenApp();
    app.writeVersion("old");
    await using site = app.site(workerKind);
    await site.ask("GET / HTTP/1.1|Host: a||");
    const broken = [
      'throw new Error("own");',
      "export const other = 1;",
      'export function onWorkerStart() { throw new Error("own"); } export default () => 1;',
      "Deno.exit(3);",
    ];
    for (const source of broken) {
      app.write(source);
      const error = await assertRejects(() => within(site.server.reload())) as Error;
      assertEquals(error.name, "ApplicationLoadError", source);
      assertEquals(contentText(await site.ask("GET / HTTP/1.1|Host: a||")), "old");
    }
    await until(() => pool(site).workers.length === 2 && pool(site).ready === 2);
  });

  Deno.test(`${workerKind}: the hooks are called once a worker`, async () => {
    await using app = new WrittenApp();
    app.write(`
      const notes = new URL("notes", import.meta.url);
      const note = (text) => Deno.writeTextFileSync(notes, text + "\\n", { append: true });
      let id = 0;
      export function onWorkerStart({ workerId }) { id = workerId; note("start " + id); }
      export async function onWorkerStop() { await null; note("stop " + id); }
      export default () => new Response("ok");
    `);
    const site = app.site(workerKind);
    await site.ask("GET / HTTP/1.1|Host: a||");
    await site[Symbol.asyncDispose]();
    const notes = Deno.readTextFileSync(`${app.folder}/notes`).trimEnd().split("\n");
    assertEquals(notes.toSorted(), ["start 1", "start 2", "stop 1", "stop 2"]);
    assert(notes.indexOf("start 1") < notes.indexOf("stop 1"));
  });

  Deno.test(`${workerKind}: the first boot that fails interrupts the server`, async () => {
    await using app = new WrittenApp();
    app.write('throw new RangeError("own error");');
    const site = app.site(workerKind);
    const error = await assertRejects(() => within(site.server.finished)) as Error;
    assertEquals(error.name, "ApplicationLoadError");
    assert(String((error.cause as Error).stack).includes("RangeError: own error"));
  });
}
