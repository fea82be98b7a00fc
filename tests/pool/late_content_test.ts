// Content that a handler reads behind its response, in each mode.

import { assert, assertEquals } from "@std/assert";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { stepsInLanes } from "../support/in_lanes.ts";
import { contentText, saysClose } from "../support/raw_client.ts";
import { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";
import { Gate, until } from "./pool_site.ts";

const MODES: Record<string, ServerOptions> = {
  inline: { mode: "inline" },
  web: { workerKind: "web", minWorkers: 1, maxWorkers: 1 },
  killable: { workerKind: "killable", minWorkers: 1, maxWorkers: 1 },
};

const pause = (time: number) => new Promise((resolve) => setTimeout(resolve, time));

for (const [mode, options] of Object.entries(MODES)) {
  const site = (more: ServerOptions = {}) =>
    new Site(new URL("./fixtures/content.ts", import.meta.url), { ...options, ...more });

  for (const chunked of [false, true]) {
    const name = `content ${chunked ? "in chunks" : "with a length"}`;
    Deno.test(`${mode}: ${name} is read although the response has gone`, async (t) => {
      const lengths = [5, 65_536, 65_537, 200_000, 3_000_000];
      await stepsInLanes(
        t,
        5,
        lengths.map((length) => [`${length} octets`, async () => {
          using gate = new Gate();
          await using server = site();
          const client = await server.connect();
          const framing = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${length}`;
          await client.send(
            octets(`POST ${gate.target("/acknowledge")} HTTP/1.1|Host: a|${framing}||`),
          );
          const response = await client.read();
          assertEquals([response.status, contentText(response)], [202, "accepted"]);
          await pause(200);
          const half = length >> 1;
          for (const size of [half, length - half]) {
            if (chunked) await client.send(octets(`${size.toString(16)}|`));
            await client.send(new Uint8Array(size).fill(97));
            if (chunked) await client.send(octets("|"));
            await pause(50);
          }
          if (chunked) await client.send(octets("0||"));
          await until(() => (gate.notes[0] ?? "") !== "");
          assertEquals(gate.notes, [String(length)]);
          if (saysClose(response)) return;
          await client.send(octets("GET /ok HTTP/1.1|Host: a||"));
          assertEquals(contentText(await client.read()), "ok");
        }]),
      );
    });
  }

  Deno.test(`${mode}: a read behind the response has the content's deadline`, async () => {
    using gate = new Gate();
    await using server = site({ contentTimeout: 300 });
    const client = await server.connect();
    await client.send(
      octets(`POST ${gate.target("/acknowledge")} HTTP/1.1|Host: a|Content-Length: 100000||abc`),
    );
    assertEquals((await client.read()).status, 202);
    await until(() => (gate.notes[0] ?? "") !== "");
    assert(gate.notes[0].includes("took too long"), gate.notes[0]);
  });

  Deno.test(`${mode}: a read behind the response fails when the client leaves`, async () => {
    using gate = new Gate();
    await using server = site();
    const client = await server.connect();
    await client.send(
      octets(`POST ${gate.target("/acknowledge")} HTTP/1.1|Host: a|Content-Length: 100000||abc`),
    );
    assertEquals((await client.read()).status, 202);
    client.close();
    await until(() => (gate.notes[0] ?? "") !== "");
    assert(gate.notes[0].includes("Error"), gate.notes[0]);
  });

  for (const framing of ["Transfer-Encoding: chunked", "Content-Length: 100000"]) {
    Deno.test(`${mode}: a read that begins behind the exchange fails at once, ${framing}`, async () => {
      using gate = new Gate();
      await using server = site();
      const client = await server.connect();
      const target = gate.target("/too-late");
      await client.send(octets(`POST ${target} HTTP/1.1|Host: a|${framing}||`));
      assertEquals((await client.read()).status, 202);
      await until(() => (gate.notes[0] ?? "") !== "");
      assertEquals(gate.notes[0], "TypeError: Cannot read content: the exchange is over");
    });
  }
}
