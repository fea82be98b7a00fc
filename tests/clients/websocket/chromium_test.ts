// WebSockets with Chromium's own client, from a page of the same server.

import { assertEquals } from "@std/assert";
import { BrowserPage, hasChromium } from "../../admin/browser.ts";
import { echoSite } from "./echo_site.ts";

const DEFLATE = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

const DIALOGUE = `(async () => {
  const socket = new WebSocket("ws://" + location.host, ["other", "echo"]);
  socket.binaryType = "arraybuffer";
  const next = (type) => new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }));
  await next("open");
  const report = [socket.protocol, socket.extensions];
  for (const message of ["grüße", new Uint8Array(100_000), "€".repeat(70_000)]) {
    socket.send(message);
    const { data } = await next("message");
    report.push(data.byteLength ?? data.length);
  }
  socket.send("close");
  const { code, reason, wasClean } = await next("close");
  return [...report, code, reason, wasClean];
})()`;

Deno.test({
  name: `Chromium: messages, subprotocol and close${hasChromium() ? "" : " (chromium is missing)"}`,
  ignore: !hasChromium(),
  async fn() {
    await using site = echoSite({ webSocketCompression: true });
    await using page = await BrowserPage.open(site.url);
    await page.until("location.host !== ''");
    assertEquals(await page.evaluate(DIALOGUE), [
      ...["echo", DEFLATE, 5, 100_000, 70_000],
      ...[3001, "as asked", true],
    ]);
  },
});
