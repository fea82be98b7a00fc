// The admin listener on the command line: wrong options, a stop with a delay, and a successor that takes over.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Cli, fetchText } from "../cli/cli_process.ts";
import { eventually } from "./admin_site.ts";

const APP = new URL("./fixtures/app.ts", import.meta.url).pathname;

/** Starts the application with an admin listener.
 *
 * @returns the process, its URL and that of the admin listener, without the slash */
async function start(...words: string[]) {
  const cli = new Cli(APP, "--bind=127.0.0.1:0", "--admin=127.0.0.1:0", "--workers=1", ...words);
  const admin = await cli.waitFor(/Admin listener on (http:\/\/\S+:[1-9][0-9]*)\//);
  return { cli, admin, url: await cli.waitForUrl() };
}

for (
  const [words, message] of [
    [["--admin", "0.0.0.0:9070"], "without --admin-token-file: others could reach it"],
    [["--admin", "nonsense:x"], "(--admin)"],
    [["--admin-token-file", "/nowhere"], "without --admin: expected"],
    [
      ["--admin", "9070", "--admin-token-file", "/nowhere"],
      'Cannot use --admin-token-file "/nowhere"',
    ],
    [["--admin", "8099", "--bind", "8099"], "Cannot use --admin 127.0.0.1:8099: the server"],
    [["--stop-delay", "none"], "Cannot use --stop-delay"],
  ] as const
) {
  Deno.test(`${words.join(" ")} is exit code 2`, async () => {
    await using cli = new Cli(APP, ...words);
    assertEquals((await cli.waitForEnd()).code, 2);
    assertStringIncludes(cli.stderr, message);
  });
}

Deno.test("--print-config shows the address and the delay", async () => {
  await using cli = new Cli(APP, "--admin", "9070", "--stop-delay", "5s", "--print-config");
  const { stdout } = await cli.waitForEnd();
  const { admin, stopDelay } = JSON.parse(stdout);
  assertEquals([admin.value, admin.source], ["127.0.0.1:9070", "flag"]);
  assertEquals([stopDelay.value, stopDelay.source], [5000, "flag"]);
});

Deno.test("--stop-delay: SIGTERM turns /readyz to 503 and serves on, then the process ends with 0", async () => {
  const { cli, admin, url } = await start("--stop-delay=1s");
  await using _ = cli;
  assertEquals(await fetchText(`${admin}/readyz`), "ok\n");
  const before = performance.now();
  cli.signal("SIGTERM");
  await cli.waitFor(/stop-delayed: Stopping in 1000 ms/);
  assertEquals(await fetchText(`${admin}/readyz`), "the server is stopping\n");
  assertEquals(await fetchText(url), "hello\n");
  assertEquals((await cli.waitForEnd()).code, 0);
  assert(performance.now() - before >= 950);
});

Deno.test("a second signal ends the delay", async () => {
  const { cli } = await start("--stop-delay=60s");
  await using _ = cli;
  cli.signal("SIGTERM");
  await cli.waitFor(/stop-delayed/);
  await new Promise((resolve) => setTimeout(resolve, 150)); // sooner it counts as an echo
  cli.signal("SIGTERM");
  assertEquals((await cli.waitForEnd()).code, 1);
});

Deno.test({
  name: "SIGUSR2: the successor takes over the admin listener, without the delay",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { cli, admin, url } = await start("--stop-delay=60s");
    await using _ = cli;
    const startTime = async () =>
      /^process_start_time_seconds (\S+)$/m.exec(await fetchText(`${admin}/metrics`))![1];
    const first = await startTime();
    cli.signal("SIGUSR2");
    const successor = Number(await cli.waitFor(/process ([0-9]+) has taken over/));
    try {
      await eventually(async () => await startTime() > first);
      assertEquals(await fetchText(`${admin}/readyz`), "ok\n");
      assertEquals(await fetchText(url), "hello\n");
    } finally {
      Deno.kill(successor, "SIGKILL");
    }
    assertEquals((await cli.waitForEnd()).code, 0);
  },
});
