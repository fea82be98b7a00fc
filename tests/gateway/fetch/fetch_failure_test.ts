// The response for a handler that fails: a plain 500 without details, or the one that onError makes.

import { assert, assertEquals } from "@std/assert";
import { describeError } from "../../../src/threads/error_codec.ts";
import { GET, pooled, streamOf } from "./fetching.ts";
import { contentText, type RawResponse } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";
import { octets } from "../../wire/row.ts";

/** A plain 500 without details, and a connection that is kept. */
async function assertFailure(make: () => unknown, event = "handler-failed"): Promise<unknown> {
  await using site = new Site(make as () => Response, { serverName: "" });
  const client = await site.connect();
  await client.send(octets(GET));
  const response = await client.read();
  assertPlain(response, 500, "Internal Server Error");
  await client.send(octets(GET));
  assertEquals((await client.read()).status, 500);
  assertEquals(site.events, [event, event]);
  assertEquals(site.log[0].level, "error");
  assertEquals(site.log[0].method, "GET");
  assertEquals(site.log[0].target, "/");
  assert(site.log[0].requestId !== undefined);
  return site.log[0].error;
}

function assertPlain(response: RawResponse, status: number, phrase: string): void {
  assertEquals([response.status, response.reason], [status, phrase]);
  assertEquals(contentText(response), `${phrase}\n`);
  const names = response.fields.map(([name]) => name.toLowerCase()).sort();
  assertEquals(
    names.filter((name) => name !== "keep-alive"),
    ["connection", "content-length", "content-type", "date"],
  );
}

Deno.test("a handler that throws gets 500 and is logged, and no detail leaks", async () => {
  const failure = new Error("secret", { cause: new Error("secret cause") });
  const logged = await assertFailure(() => {
    throw failure;
  });
  if (pooled) assertEquals((logged as Error).stack, describeError(failure));
  else assertEquals(logged, failure);
});

Deno.test("a handler that rejects gets 500 and is logged, and no detail leaks", async () => {
  const failure = new Error("secret");
  const logged = await assertFailure(() => Promise.reject(failure));
  if (pooled) assertEquals((logged as Error).stack, describeError(failure));
  else assertEquals(logged, failure);
});

Deno.test("a handler that throws something other than an error gets 500", async () => {
  for (
    const thrown of ["secret", 0, null, undefined, Object.create(null), new Response("secret")]
  ) {
    await assertFailure(() => {
      throw thrown;
    });
    await assertFailure(() => Promise.reject(thrown));
  }
});

Deno.test("a handler that returns no Response gets 500", async () => {
  for (const given of [undefined, null, "secret", {}, 200, { status: 200, body: null }]) {
    await assertFailure(() => given);
    await assertFailure(() => Promise.resolve(given));
  }
});

Deno.test("Response.error() gets 500", async () => {
  await assertFailure(() => Response.error());
  await assertFailure(() => Promise.resolve(Response.error()));
});

Deno.test("a Response that was read or sent before gets 500", async () => {
  for (const body of ["text", octets("text"), new Blob(["text"])]) {
    await assertFailure(async () => {
      const response = new Response(body);
      await response.text();
      return response;
    });
    const twice = new Response(body);
    await using site = new Site(() => twice);
    assertEquals((await site.ask(GET)).status, 200);
    assertEquals((await site.ask(GET)).status, 500);
    assertEquals(site.events, ["handler-failed"]);
  }
});

Deno.test("a Response whose stream is locked gets 500", async () => {
  await assertFailure(() => {
    const response = new Response(streamOf("text"));
    response.body!.getReader();
    return response;
  });
  await assertFailure(() => {
    const response = new Response(streamOf("text"));
    response.body!.getReader();
    return Promise.resolve(response);
  });
});

Deno.test("a field value that cannot be sent gets 500, and the stream is cancelled", async () => {
  const headers = { "x-a": "a\x01b" };
  await assertFailure(() => new Response("text", { headers }));
  let cancelled = 0;
  const stream = () => new ReadableStream({ cancel: () => void cancelled++ });
  await assertFailure(() => new Response(stream(), { headers }));
  await assertFailure(() => Promise.resolve(new Response(stream(), { headers })));
  assertEquals(cancelled, 4);
});

Deno.test("onError makes the response for a handler that fails", async () => {
  for (const later of [false, true]) {
    const failures: unknown[] = [];
    const failure = new Error("secret");
    await using site = new Site(() => {
      if (later) return Promise.reject(failure);
      throw failure;
    }, {
      onError(error) {
        failures.push(error);
        const response = new Response("sorry", { status: 503 });
        return later ? Promise.resolve(response) : response;
      },
    });
    const response = await site.ask(GET);
    assertEquals([response.status, contentText(response)], [503, "sorry"]);
    assertEquals(failures, [failure]);
    assertEquals(site.events, ["handler-failed"]);
  }
});

Deno.test("onError that fails itself gets 500", async () => {
  const fails: (() => Response | Promise<Response>)[] = [
    () => {
      throw new Error("secret of the second");
    },
    () => Promise.reject(new Error("secret of the second")),
    () => undefined as unknown as Response,
    () => Response.error(),
    () => new Response("", { headers: { "x-a": "\x01" } }),
  ];
  for (const onError of fails) {
    await using site = new Site(() => {
      throw new Error("secret");
    }, { onError, serverName: "" });
    assertPlain(await site.ask(GET), 500, "Internal Server Error");
    assertEquals(site.events, ["handler-failed", "error-handler-failed"]);
  }
});

Deno.test("onError may return a stream", async () => {
  await using site = new Site(() => {
    throw new Error("secret");
  }, { onError: () => new Response(streamOf("sor", "ry"), { status: 500 }) });
  const response = await site.ask(GET);
  assertEquals([response.status, contentText(response)], [500, "sorry"]);
});

Deno.test("onError is not called for faults of the client", async () => {
  let asked = 0;
  await using site = new Site(async (request) => new Response(await request.text()), {
    onError: () => new Response(`${++asked}`),
  });
  const response = await site.ask(`POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||zz|`);
  assertEquals([response.status, asked], [400, 0]);
});

Deno.test("a 101 of the platform's own upgrade fails with the name of the function to take", async () => {
  const error = await assertFailure(() =>
    Object.defineProperty(new Response(), "status", { value: 101 })
  );
  const says = "expected status 200 to 599, got 101; upgradeWebSocket of Robusto or info.upgrade()";
  assert((error as TypeError).message.includes(says));
});
