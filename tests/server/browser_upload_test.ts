// The response to an unread upload, in a real browser. Skipped where there is no Chromium.

import { assertEquals } from "@std/assert";
import { Latch, within } from "../support/latch.ts";
import { Site } from "../support/site.ts";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const PAGE = `<!doctype html><title>upload</title><script type="module">
  const results = [];
  for (const size of [1e6, 8e6, 30e6]) {
    const body = new Blob([new Uint8Array(size)]);
    results.push(await fetch("/upload", { method: "POST", body })
      .then((response) => response.status + " " + size, (error) => error + " " + size));
  }
  await fetch("/results?" + encodeURIComponent(results.join(", ")));
</script>`;

Deno.test({
  name: "Chromium gets the response to an upload that the handler does not read",
  ignore: !exists(CHROMIUM),
  async fn() {
    const results = new Latch<string>();
    await using site = new Site((request) => {
      const { pathname, search } = new URL(request.url);
      if (pathname === "/upload") return new Response("ignored");
      if (pathname === "/results") results.open(decodeURIComponent(search.slice(1)));
      return new Response(PAGE, { headers: { "content-type": "text/html" } });
    });
    const profile = await Deno.makeTempDir();
    const args = [...FLAGS, `--user-data-dir=${profile}`, site.url];
    const browser = new Deno.Command(CHROMIUM, { args, stdout: "null", stderr: "null" }).spawn();
    try {
      const seen = await within(results.passed(), 30_000);
      assertEquals(seen, "200 1000000, 200 8000000, 200 30000000");
    } finally {
      browser.kill("SIGTERM");
      await browser.status;
      await Deno.remove(profile, { recursive: true });
    }
  },
});

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
