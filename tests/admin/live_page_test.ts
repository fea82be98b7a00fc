// The live page in a real browser: what it shows, and its buttons. Skipped where there is no Chromium. With
// ROBUSTO_SCREENSHOT set to a path it leaves a picture of the page there.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { PAGE, PAGE_POLICY } from "../../src/admin/page.ts";
import { ROOT } from "../support/root.ts";
import { Site } from "../support/site.ts";
import { until } from "../support/latch.ts";
import { octets } from "../wire/row.ts";
import { ADMIN, adminText } from "./admin_site.ts";
import { BrowserPage, hasChromium } from "./browser.ts";

const APP = new URL("./fixtures/app.ts", import.meta.url);
const SCREENSHOT = Deno.env.get("ROBUSTO_SCREENSHOT");

Deno.test("the page needs nothing else, and its policy allows nothing else", () => {
  assertEquals([...PAGE.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url), ["data:,"]);
  assert(!/https?:\/\//.test(PAGE));
  assert(!/innerHTML|insertAdjacentHTML|document\.write|eval\(/.test(PAGE));
  assert(!PAGE_POLICY.includes("unsafe"));
});

Deno.test("the picture of the page in docs/ is small", () => {
  const { size } = Deno.statSync(new URL("docs/admin.png", ROOT));
  assert(size <= 200 * 1024, `${size} octets`);
});

Deno.test({
  name: "Chromium shows what the server does, and its buttons work",
  ignore: !hasChromium(),
  async fn() {
    await using site = new Site(APP, { ...ADMIN, minWorkers: 2, workerKind: "killable" });
    await until(() => site.server.ready);
    const { hostname, port } = site.server.adminAddr as Deno.NetAddr;
    await using page = await BrowserPage.open(`http://${hostname}:${port}/`);
    await page.until(`document.querySelector("#state").textContent === "ready"`);
    const client = await site.connect();
    await client.send(octets("GET /loop?a=1&amp;b HTTP/1.1|Host: a||"));
    for (let i = 0; i < 20; i++) await site.ask("GET / HTTP/1.1|Host: a||");
    await site.ask("GET /fail HTTP/1.1|Host: a||");

    await page.until(`document.querySelectorAll("#requests tbody tr").length === 1`);
    const text = (id: string) => page.evaluate(`document.querySelector("#${id}").innerText`);
    assertStringIncludes(await text("requests"), "/loop?a=1&amp;b");
    assertStringIncludes(await text("workers"), "busy");
    assertStringIncludes(await text("workers"), "GET /loop");
    assertStringIncludes(await text("build"), "mode pool");
    await page.until(`document.querySelector("#statuses").innerText.includes("20")`);
    assertStringIncludes(await text("statuses"), "500");
    assertStringIncludes(await text("warnings"), "Handler failed");
    assert(!/Error: its own/.test(await text("warnings")));
    if (SCREENSHOT !== undefined) await takePicture(page, site, SCREENSHOT);

    // On a phone nothing is wider than the screen.
    const phone = { width: 360, height: 740, deviceScaleFactor: 2, mobile: true };
    await page.call("Emulation.setDeviceMetricsOverride", phone);
    assertEquals(
      await page.evaluate(`document.documentElement.scrollWidth <= innerWidth`),
      true,
    );
    const background = () => page.evaluate(`getComputedStyle(document.body).backgroundColor`);
    const colors = new Set<string>();
    for (const value of ["light", "dark"]) {
      const features = [{ name: "prefers-color-scheme", value }];
      await page.call("Emulation.setEmulatedMedia", { features });
      colors.add(await background());
    }
    assertEquals(colors.size, 2);

    const end = `[...document.querySelectorAll("#requests tbody tr")]
      .find((row) => row.innerText.includes("/loop")).querySelector("button").click()`;
    await page.evaluate(end);
    assertEquals((await client.read()).status, 504);
    await page.until(`document.querySelector("#requests").innerText.startsWith("No request")`);
    await page.evaluate(`document.querySelector("#reload").click()`);
    await until(() => site.events.includes("reloaded"));
    await page.evaluate(`document.querySelector("#drain").click()`);
    await page.until(`document.querySelector("#state").textContent === "the server is draining"`);
    assertEquals(page.dialogs.map((dialog) => dialog.split(/[? ]/)[0]), ["End", "Reload", "Drain"]);
    assertEquals(page.errors, []);
    assertEquals(await adminText(site, "GET /readyz", 503), "the server is draining\n");
  },
});

Deno.test({
  name: "Chromium asks for the token of a listener that has one",
  ignore: !hasChromium(),
  async fn() {
    const adminTokenFile = await Deno.makeTempFile();
    await Deno.writeTextFile(adminTokenFile, "0123456789abcdef\n");
    await using site = new Site(() => new Response(), { ...ADMIN, adminTokenFile });
    const { hostname, port } = site.server.adminAddr as Deno.NetAddr;
    const url = `http://${hostname}:${port}`;
    const statuses = [];
    for (const path of ["/", "/livez", "/readyz", "/stats", "/metrics", "/events", "/nothing"]) {
      const response = await fetch(url + path);
      statuses.push(response.status);
      await response.body?.cancel();
    }
    assertEquals(statuses, [200, 200, 200, 401, 401, 401, 401]);
    await using page = await BrowserPage.open("about:blank");
    page.promptText = "0123456789abcdef";
    await page.call("Page.navigate", { url });
    await page.until(`document.querySelector("#state")?.textContent === "ready"`);
    assertEquals(page.dialogs, ["Token of the admin listener"]);
    await Deno.remove(adminTokenFile);
  },
});

/** Leaves a picture of the page with some traffic on it. */
async function takePicture(page: BrowserPage, site: Site, path: string): Promise<void> {
  const view = { width: 1100, height: 1000, deviceScaleFactor: 1, mobile: false };
  await page.call("Emulation.setDeviceMetricsOverride", view);
  const end = performance.now() + 20_000;
  while (performance.now() < end) {
    const count = 5 + Math.round(25 * Math.abs(Math.sin(performance.now() / 3_000)));
    for (let i = 0; i < count; i++) await site.ask("GET / HTTP/1.1|Host: a||");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { data } = await page.call("Page.captureScreenshot", { format: "png" });
  await Deno.writeFile(path, Uint8Array.fromBase64(data));
}
