// A disk that is full: content that does not fit waits in memory, lines of logs are lost and counted, every request
// is served, and the logs continue when there is room again.

import { assert, assertEquals } from "@std/assert";
import { REAL_PYTHON } from "../../python/python_site.ts";
import { Program } from "../../support/program.ts";
import { until } from "../../support/latch.ts";
import { RawClient } from "../../support/raw_client.ts";
import { foreignIn, patternOf } from "../chaos/pattern.ts";
import { noMounts, withMounts } from "./own_mounts.ts";

const missing = noMounts ?? (REAL_PYTHON === undefined ? "python3 is missing" : undefined);

Deno.test({
  name: `a full disk loses no request${missing === undefined ? "" : ` (${missing})`}`,
  ignore: missing !== undefined,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const app = new URL("../chaos/chaos_app.py", import.meta.url).pathname;
      const args = ["run", "-A", "--no-check", "mod.ts", `${app}:app`, "--bind", "127.0.0.1:0"];
      const pool = ["--python", REAL_PYTHON!, "--workers", "2", "--max-connections", "100"];
      const logs = ["--access-log", `${folder}/access.log`];
      await using server = await Program.start([...args, ...pool, ...logs], {
        launcher: withMounts(`mount -t tmpfs -o size=1m none ${folder}`),
        env: { TMPDIR: folder },
      });
      const port = Number(new URL(await server.url).port);
      const inside = `/proc/${server.pid}/root${folder}`; // the test does not see the mount
      // Uploads that together are larger than the disk.
      await Promise.all([1, 2, 3, 4].map((id) => upload(port, id, 700_000)));
      Deno.writeFileSync(`${inside}/rest`, new Uint8Array(0));
      fill(`${inside}/rest`);
      await Promise.all([5, 6].map((id) => upload(port, id, 700_000)));
      for (let id = 10; id < 80; id++) await upload(port, id, 10);
      await until(() => /warn log-lines-lost: Access log lost .*No space left/.test(server.output));
      const before = Deno.statSync(`${inside}/access.log`).size;
      Deno.removeSync(`${inside}/rest`);
      await upload(port, 80, 10);
      await until(() => Deno.statSync(`${inside}/access.log`).size > before);
      assert(Deno.readTextFileSync(`${inside}/access.log`).trimEnd().endsWith('"'), "half a line");
      assertEquals(await server.stop("SIGTERM"), 0, server.output);
      assertEquals(/Z error /.exec(server.output), null, server.output);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Sends content with a pause in the middle, so that it waits on the server, and checks that it comes back. */
async function upload(port: number, id: number, size: number): Promise<void> {
  using client = new RawClient(await Deno.connect({ port }));
  const content = patternOf(id, size);
  const head = `POST /take?id=${id} HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`;
  await client.send(new TextEncoder().encode(head));
  const half = size > 1_000 ? size - 1 : size;
  await client.send(content.subarray(0, half));
  if (half < size) await new Promise((resolve) => setTimeout(resolve, 200));
  await client.send(content.subarray(half));
  const response = await client.read();
  assertEquals([response.status, response.content.length], [200, size]);
  assertEquals(foreignIn(response.content, id), undefined);
}

/** Writes to a file until the disk is full. */
function fill(path: string): void {
  using file = Deno.openSync(path, { append: true });
  for (const size of [65_536, 1]) {
    try {
      for (;;) file.writeSync(new Uint8Array(size));
    } catch {
      // There is no room for so much.
    }
  }
}
