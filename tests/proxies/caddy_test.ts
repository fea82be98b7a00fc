// Servers behind a real Caddy, with the configuration of examples/deploy/.

import { assert, assertEquals } from "@std/assert";
import { DEFAULTS } from "../../src/options/defaults.ts";
import { isInstalled, ROOT } from "../support/program.ts";
import { Front, testWith } from "./front.ts";
import {
  Backends,
  CLAIMS,
  CLIENT,
  curl,
  expectSteps,
  expectWebSocket,
  LARGE,
  restartUnderLoad,
  seen,
  withLargeFile,
} from "./fronted.ts";

const PORT = 8080;
const FILE = new URL("examples/deploy/Caddyfile", ROOT);

function behindCaddy(
  claim: string,
  fn: (url: string, backends: Backends) => Promise<void>,
): void {
  testWith("caddy", `behind Caddy ${claim}`, async () => {
    await using backends = new Backends();
    await using front = await Front.caddy([PORT], backends.places);
    await fn(front.url(PORT), backends);
    assertEquals(backends.faults, []);
  });
}

const lacking = isInstalled("caddy") ? "" : " (caddy is missing)";
Deno.test(
  `the Caddyfile is valid and formatted${lacking}`,
  { ignore: lacking !== "" },
  async () => {
    for (const words of [["validate", "--adapter", "caddyfile", "--config"], ["fmt"]]) {
      const { success, stdout, stderr } = await new Deno.Command("caddy", {
        args: [...words, FILE.pathname],
        stdin: "null",
      }).output();
      assert(success, new TextDecoder().decode(stderr));
      const text = new TextDecoder().decode(stdout);
      if (words[0] === "fmt") assertEquals(text, Deno.readTextFileSync(FILE));
    }
  },
);

behindCaddy(
  "forged fields do not change the client, and connections are reused",
  async (url, backends) => {
    const { from, url: asked } = await seen(...CLAIMS, `${url}/who?a=b`);
    assertEquals([from, asked], [CLIENT, `${url}/who?a=b`]);
    for (let round = 0; round < 10; round++) {
      await seen(`${url}/who`);
      await seen("--data", "abc", `${url}/who`);
    }
    const [one, two] = backends.accepts;
    assert(one + two <= 3, `${one} and ${two}`);
  },
);

behindCaddy(
  "uploads arrive, with a length and chunked, and an early error response too",
  async (url) => {
    await withLargeFile(async (path) => {
      for (const coding of [[], ["--header", "Transfer-Encoding: chunked"]]) {
        const { size, framing, from } = await seen(...coding, "--upload-file", path, `${url}/who`);
        assertEquals([size, from], [LARGE.length, CLIENT]);
        assertEquals(framing, coding.length === 0 ? "length" : "chunked");
      }
      const content = await curl("--header", "Expect:", "--upload-file", path, `${url}/refuse`);
      assertEquals(content, "no");
    });
  },
);

behindCaddy("an event stream arrives piece by piece", async (url, backends) => {
  await expectSteps(`${url}/events`, backends);
});

behindCaddy("WebSockets work", (url) => expectWebSocket(`${url}/echo`));

behindCaddy("no response to GET is lost when the servers restart", async (url, backends) => {
  const counts = await restartUnderLoad(`${url}/who`, backends);
  assertEquals(Object.keys(counts), ["200"], JSON.stringify(counts));
});

behindCaddy("a response in progress is completed when its server stops", async (url, backends) => {
  await expectSteps(`${url}/events`, backends, () => backends.stop());
});

Deno.test("in the Caddyfile idle connections close before Robusto closes them", () => {
  const [, seconds] = /^\t\t\tkeepalive ([0-9]+)s$/m.exec(Deno.readTextFileSync(FILE))!;
  assert(Number(seconds) * 1_000 < DEFAULTS.keepAliveTimeout);
});
