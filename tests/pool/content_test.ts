// Content, interim responses, info and signals between a client and a handler in a worker.

import { assert, assertEquals } from "@std/assert";
import { contentText, fieldValues, type RawClient, saysClose } from "../support/raw_client.ts";
import { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";
import { Gate, KINDS, pool, poolSite, until } from "./pool_site.ts";

const get = (target: string) => `GET ${target} HTTP/1.1|Host: a||`;
const post = (target: string, length: number, more = "") =>
  octets(`POST ${target} HTTP/1.1|Host: a|${more}Content-Length: ${length}||`);

/** Octets that differ by their position, so that a mix-up is seen. */
function sample(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}

async function expectUsable(client: RawClient): Promise<void> {
  await client.send(octets(get("/ok")));
  assertEquals(contentText(await client.read()), "ok");
}

for (const workerKind of KINDS) {
  const site = () => poolSite("content.ts", { workerKind });

  for (const length of [0, 1, 65_535, 65_536, 65_537, 1_000_000]) {
    Deno.test(`${workerKind}: ${length} octets of content come and go whole`, async () => {
      await using pooled = site();
      const client = await pooled.connect();
      const content = sample(length);
      for (const path of ["/echo", "/stream"]) {
        await client.send(post(path, length));
        const [response] = await Promise.all([client.read(), client.send(content, 30_000)]);
        assertEquals(response.status, 200);
        assert(
          response.content.length === length && response.content.every((o, i) => o === content[i]),
        );
        // A response that begins before the content has come cannot promise to wait for much of it.
        if (path === "/stream" && length > 65_536) return;
        await expectUsable(client);
      }
    });
  }

  Deno.test(`${workerKind}: chunked content comes whole, byte by byte`, async () => {
    await using pooled = site();
    const client = await pooled.connect();
    const wire = "POST /echo HTTP/1.1|Host: a|Transfer-Encoding: chunked||" +
      "3|abc|a;x=y|0123456789|0|Trailer: t||";
    await client.send(octets(wire), 1);
    assertEquals(contentText(await client.read()), "abc0123456789");
    await expectUsable(client);
  });

  Deno.test(`${workerKind}: a handler that does not read stops the client`, async () => {
    using gate = new Gate();
    await using pooled = site();
    const conn = await pooled.dial();
    const client = pooled.adopt(conn);
    const length = 30_000_000;
    await client.send(post(gate.target("/read-later"), length));
    const content = new Uint8Array(length);
    let sent = 0;
    const sending = (async () => {
      while (sent < length) sent += await conn.write(content.subarray(sent, sent + 65_536));
    })();
    await gate.reached();
    let before = -1;
    let still = 0;
    await until(() => {
      still = sent === before ? still + 1 : 0;
      before = sent;
      return still > 100;
    });
    assert(sent < length, `all of ${length} octets were taken in`);
    gate.open();
    assertEquals(contentText(await client.read()), String(length));
    await sending;
  });

  Deno.test(`${workerKind}: 100 (Continue) is sent when the handler reads, and only then`, async () => {
    await using pooled = site();
    const client = await pooled.connect();
    await client.send(post("/echo", 5, "Expect: 100-continue|"));
    assertEquals((await client.readAny()).status, 100);
    await client.send(octets("12345"));
    assertEquals(contentText(await client.read()), "12345");
    await client.send(post("/ignore", 5, "Expect: 100-continue|"));
    const response = await client.readAny();
    assertEquals([response.status, contentText(response)], [200, "ignored"]);
    assert(saysClose(response));
  });

  Deno.test(`${workerKind}: content that is broken or too large is rejected with 400 or 413`, async () => {
    await using pooled = poolSite("content.ts", { workerKind, maxContentSize: 100_000 });
    const chunked = "POST /echo HTTP/1.1|Host: a|Transfer-Encoding: chunked||";
    assertEquals((await pooled.ask(`${chunked}3|abcd`)).status, 400);
    assertEquals((await pooled.ask(`${chunked}x|`)).status, 400);
    const large = "x".repeat(60_000);
    const hex = (60_000).toString(16);
    assertEquals((await pooled.ask(`${chunked}${hex}|${large}|${hex}|${large}|`)).status, 413);
    const declared = await pooled.ask("POST /echo HTTP/1.1|Host: a|Content-Length: 100001||");
    assertEquals(declared.status, 413);
    assertEquals(pool(pooled).crashedWorkers, 0);
    await expectUsable(await pooled.connect());
    await until(() => pool(pooled).busy === 0);
  });

  Deno.test(`${workerKind}: content that a handler leaves or cancels does not disturb the next request`, async () => {
    await using pooled = site();
    const client = await pooled.connect();
    for (const path of ["/ignore", "/cancel"]) {
      for (const length of [10, 65_536]) {
        await client.send(post(path, length));
        await client.send(sample(length));
        assertEquals((await client.read()).status, 200);
        await expectUsable(client);
      }
    }
    await until(() => pool(pooled).busy === 0);
  });

  Deno.test(`${workerKind}: long responses at the same time keep their octets apart`, async () => {
    await using site = poolSite("content.ts", { workerKind, minWorkers: 1 });
    const sizes = [65_536, 20_000, 65_536, 100_000];
    const responses = sizes.map((size) => site.ask(get(`/pieces?size=${size}&count=60`)));
    for (const [index, response] of responses.entries()) {
      const { content } = await response;
      const size = sizes[index];
      assertEquals(content.length, 60 * size);
      for (let number = 0; number < 60; number++) {
        const piece = content.subarray(number * size, (number + 1) * size);
        assert(piece.every((octet) => octet === number), `${size}: piece ${number}`);
      }
    }
  });

  Deno.test(`${workerKind}: HEAD and 204 have no content`, async () => {
    await using pooled = site();
    const client = await pooled.connect();
    for (const path of ["/ok", "/large", "/stream"]) {
      await client.send(octets(`HEAD ${path} HTTP/1.1|Host: a||`));
      assertEquals((await client.read("HEAD")).status, 200);
    }
    await client.send(octets(get("/no-content")));
    assertEquals((await client.read()).status, 204);
    await expectUsable(client);
    await until(() => pool(pooled).busy === 0);
  });

  Deno.test(`${workerKind}: a declared length is enforced`, async () => {
    await using pooled = site();
    const exact = await pooled.ask(get("/declared?length=6"));
    assertEquals([contentText(exact), fieldValues(exact, "content-length")], ["aaabbb", ["6"]]);
    assertEquals(contentText(await pooled.ask(get("/declared?length=4"))), "aaab");
    const client = await pooled.connect();
    await client.send(octets(get("/declared?length=9")));
    await client.expectCut();
    assertEquals(pooled.events, ["content-too-long", "content-too-short"]);
    await until(() => pool(pooled).busy === 0);
  });

  Deno.test(`${workerKind}: early hints come before the response`, async () => {
    await using pooled = site();
    const response = await pooled.ask(get("/hints"));
    assertEquals(contentText(response), "hinted");
    assertEquals(response.interim.map(({ status }) => status), [103]);
    assertEquals(fieldValues(response.interim[0], "link"), ["</style.css>"]);
  });

  Deno.test(`${workerKind}: info.completed resolves when the response has gone`, async () => {
    using gate = new Gate();
    await using pooled = site();
    assertEquals((await pooled.ask(get(gate.target("/completed")))).status, 200);
    await until(() => gate.notes.length > 0);
    assertEquals(gate.notes, ["completed"]);
  });

  Deno.test(`${workerKind}: info has the same values as inline`, async () => {
    await using pooled = site();
    const url = new URL("./fixtures/content.ts", import.meta.url);
    await using inline = new Site(url, { mode: "inline" });
    const told: unknown[] = [];
    for (const where of [pooled, inline]) {
      const response = await where.ask(
        "GET http://B/info?%41 HTTP/1.1|hOST: B|x-A: 1|X-a: \xe4 b||",
      );
      const info = JSON.parse(contentText(response));
      info.remoteAddr.port = info.localAddr.port = 0;
      told.push(info);
    }
    assertEquals(told[0], told[1]);
    const place = JSON.parse(contentText(await pooled.ask(get("/place"))));
    assert(place.workerId >= 1 && place.queueTime >= 0 && place.requestId !== "");
    const none = JSON.parse(contentText(await inline.ask(get("/place"))));
    assertEquals([none.workerId, none.queueTime], [undefined, 0]);
  });

  Deno.test(`${workerKind}: request.signal aborts when the client leaves`, async () => {
    using gate = new Gate();
    await using pooled = site();
    const client = await pooled.connect();
    await client.send(octets(get(gate.target("/signal"))));
    await gate.reached();
    client.close();
    await until(() => gate.notes.includes("aborted"));
    gate.open();
    await until(() => pool(pooled).busy === 0);
  });
}
