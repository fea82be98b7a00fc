// Octets that cannot get into a response: more than were declared, or an interim response.

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { FetchInfo } from "../../src/gateway/fetch/fetch_handler.ts";
import { Client, get } from "./memory_client.ts";
import { Latch } from "../support/latch.ts";
import { contentText } from "../support/raw_client.ts";
import { settle } from "../support/scripted_stream.ts";
import { octets } from "../wire/row.ts";

Deno.test("a stream that gives more than was declared is cut and cancelled", async () => {
  let pulls = 0;
  const cancelled = new Latch();
  await using client = new Client(() =>
    new Response(
      new ReadableStream({
        pull(controller) {
          if (++pulls > 1_000) controller.close(); // an endless one, bounded for the test's sake
          else controller.enqueue(octets("abcd"));
        },
        cancel: () => cancelled.open(),
      }),
      { headers: { "content-length": "10" } },
    )
  );
  await client.send(octets(get("/") + get("/")));
  assertEquals(contentText(await client.read()), "abcdabcdab");
  await settle();
  assert(pulls < 100, `${pulls} pulls`);
  await cancelled.passed();
  assertEquals(client.events[0], "content-too-long");
});

Deno.test("an interim response cannot get into a response that is being sent", async () => {
  const called = new Latch<FetchInfo>();
  await using client = new Client(
    (_request, info) => {
      called.open(info);
      return new Response("x".repeat(100_000));
    },
    {},
    1_000,
  );
  await client.send(octets(get("/")));
  const info = await called.passed();
  await client.stream.peerBlocked();
  const [response] = await Promise.all([
    client.read(),
    assertRejects(() => info.informational(103, { link: "</a.css>" }), TypeError),
  ]);
  assertEquals(contentText(response), "x".repeat(100_000));
});

Deno.test("an interim response after the response throws", async () => {
  const called = new Latch<FetchInfo>();
  await using client = new Client((_request, info) => {
    called.open(info);
    return new Response("done");
  });
  await client.send(octets(get("/")));
  const info = await called.passed();
  await client.read();
  await assertRejects(() => info.informational(103), TypeError, "final response");
  await client.send(octets(get("/")));
  assertEquals((await client.read()).interim.length, 0);
});
