// ContentBudget, and a pool whose contents may take little memory together.

import { assertEquals } from "@std/assert";
import { ContentBudget } from "../../../src/pool/content/content_budget.ts";
import { contentText, type RawClient } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";
import { octets } from "../../wire/row.ts";

Deno.test("ContentBudget reserves up to its limit, then first in, first out", () => {
  const budget = new ContentBudget<string>(10);
  assertEquals([budget.reserve(6), budget.reserve(5), budget.reserve(4)], [true, false, true]);
  const proceeded: string[] = [];
  for (const [holder, size] of [["a", 7], ["b", 1], ["c", 2]] as const) {
    budget.wait(holder, size, 0, () => proceeded.push(holder));
  }
  assertEquals(budget.reserve(0), false); // others were first
  budget.release(4);
  assertEquals(proceeded, []);
  budget.release(6);
  assertEquals(proceeded, ["a", "b", "c"]);
  assertEquals([budget.admits(10), budget.admits(11), budget.reserve(1)], [true, false, false]);
});

Deno.test("ContentBudget gives up those that have waited for too long", () => {
  const budget = new ContentBudget<string>(0);
  budget.wait("a", 1, 5, () => {});
  budget.wait("b", 1, 8, () => {});
  assertEquals([budget.takeLate(4), budget.takeLate(7), budget.takeLate(8)], [[], ["a"], ["b"]]);
});

const CONSUMERS = new URL("../../gateway/fetch/fixtures/consumers.ts", import.meta.url);

async function begin(site: Site, length: number, content: string): Promise<RawClient> {
  const client = await site.connect();
  await client.send(
    octets(`POST /text HTTP/1.1|Host: a|Content-Length: ${length}||${content}`),
  );
  return client;
}

for (const maxBufferedContent of [0, 10, 100]) {
  Deno.test(`requests past maxBufferedContent of ${maxBufferedContent} get all of their content`, async () => {
    await using site = new Site(CONSUMERS, { mode: "pool", minWorkers: 1, maxBufferedContent });
    await site.server.ready;
    const clients = await Promise.all(
      Array.from({ length: 20 }, (_, index) => begin(site, 50, "a".repeat(index))),
    );
    const whole = await begin(site, 5, "whole");
    assertEquals(contentText(await whole.read()), '["whole",true]');
    for (const [index, client] of clients.entries()) {
      await client.send(octets("b".repeat(50 - index)));
      const text = "a".repeat(index) + "b".repeat(50 - index);
      assertEquals(contentText(await client.read()), JSON.stringify([text, true]));
    }
  });
}

Deno.test("an application that blocks gets contents past maxBufferedContent one after the other", async () => {
  const app = new URL("../fixtures/blocking_echo.ts", import.meta.url);
  const options = { mode: "pool", minWorkers: 1, maxBufferedContent: 60 } as const;
  await using site = new Site(app, options);
  await site.server.ready;
  const first = await begin(site, 50, "a");
  const second = await begin(site, 50, "b");
  await second.send(octets("b".repeat(49)));
  await first.send(octets("a".repeat(49)));
  assertEquals(contentText(await first.read()), "a".repeat(50));
  assertEquals(contentText(await second.read()), "b".repeat(50));
});

Deno.test("an application that blocks is not given a request that waits for room longer than queueTimeout", async () => {
  const app = new URL("../fixtures/blocking_echo.ts", import.meta.url);
  const options = {
    mode: "pool",
    minWorkers: 1,
    maxBufferedContent: 60,
    queueTimeout: 300,
  } as const;
  await using site = new Site(app, options);
  await site.server.ready;
  const first = await begin(site, 50, "a");
  await new Promise((resolve) => setTimeout(resolve, 50));
  const second = await begin(site, 50, "b");
  assertEquals((await second.read()).status, 503);
  await first.send(octets("a".repeat(49)));
  assertEquals(contentText(await first.read()), "a".repeat(50));
});
