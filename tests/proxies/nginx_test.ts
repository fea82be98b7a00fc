// Behind real nginx, with the configurations that examples/deploy/ ships.

import { assert, assertEquals } from "@std/assert";
import { DEFAULTS, type ServerOptions } from "../../src/options.ts";
import { ROOT } from "../support/program.ts";
import { Front, missing } from "./front.ts";
import {
  Backends,
  CLAIMS,
  CLIENT,
  curl,
  expectSteps,
  LARGE,
  seen,
  withLargeFile,
} from "./fronted.ts";

const PORT = 8080;

function behindNginx(
  claim: string,
  fn: (url: string, backends: Backends) => Promise<void>,
): void {
  const lacking = missing("nginx");
  const name = `behind nginx ${claim}` + (lacking === undefined ? "" : ` (${lacking} is missing)`);
  Deno.test({
    name,
    ignore: lacking !== undefined,
    async fn() {
      await using backends = new Backends();
      await using front = await Front.nginx("nginx.conf", [PORT], backends.places);
      await fn(front.url(PORT), backends);
      assertEquals(backends.faults, []);
    },
  });
}

behindNginx("the client is the client, whatever it claims", async (url) => {
  const { from, url: asked } = await seen(...CLAIMS, `${url}/who?a=b`);
  assertEquals([from, asked], [CLIENT, `${url}/who?a=b`]);
});

behindNginx("connections are kept", async (url, backends) => {
  for (let round = 0; round < 10; round++) {
    await seen(`${url}/who`);
    await seen("--data", "abc", `${url}/who`);
  }
  assertEquals(backends.accepts, 2, "one for each server");
});

behindNginx("uploads arrive, taken in whole or passed on", async (url) => {
  await withLargeFile(async (path) => {
    for (const coding of [[], ["--header", "Transfer-Encoding: chunked"]]) {
      for (const [where, chunked] of [["/who", "length"], ["/stream/who", "chunked"]]) {
        const { size, framing, from } = await seen(...coding, "--upload-file", path, url + where);
        assertEquals([size, from], [LARGE.length, CLIENT]);
        assertEquals(framing, coding.length === 0 ? "length" : chunked);
      }
    }
  });
});

behindNginx("a refusal reaches who is uploading", async (url) => {
  await withLargeFile(async (path) => {
    for (const where of ["/refuse", "/stream/refuse"]) {
      const answer = await curl("--header", "Expect:", "--upload-file", path, url + where);
      assertEquals(answer, "no", where);
    }
  });
});

behindNginx("answers come piece by piece", async (url, backends) => {
  await expectSteps(`${url}/stream/steps`, backends);
});

behindNginx("answers that say so come piece by piece anywhere", async (url, backends) => {
  await expectSteps(`${url}/steps`, backends);
});
