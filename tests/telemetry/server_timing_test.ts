// The field Server-Timing, in every mode.

import { assertEquals, assertMatch } from "@std/assert";
import { Program } from "../support/program.ts";

const MODES = [
  ["--mode", "inline"],
  ["--workers", "1"],
  ["--workers", "1", "--worker-kind", "web"],
  ["--mode", "sharded", "--workers", "1"],
];

for (const flags of MODES) {
  Deno.test(`${flags.join(" ")}: Server-Timing has the times beside the application's own`, async () => {
    const app = "tests/telemetry/timing_app.ts";
    await using program = await Program.start(
      [
        "run",
        "-A",
        "mod.ts",
        app,
        "--bind",
        "127.0.0.1:0",
        "--server-timing",
        "--max-content-size",
        "1",
        ...flags,
      ],
    );
    const url = await program.url;
    const [own, plain, refused] = await Promise.all([
      fetch(`${url}/own`),
      fetch(url),
      fetch(url, { method: "POST", body: "abc" }),
    ]);
    await Promise.all([own, plain, refused].map((response) => response.body?.cancel()));
    assertEquals([refused.status, refused.headers.get("server-timing")], [413, null]);
    const times = /^queue;dur=\d+\.\d, app;dur=\d+\.\d$/;
    assertMatch(plain.headers.get("server-timing")!, times);
    assertMatch(own.headers.get("server-timing")!.replace(/^db;dur=1, /, ""), times);
    assertEquals(own.headers.get("server-timing")!.startsWith("db;dur=1, "), true);
  });
}
