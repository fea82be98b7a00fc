// The gateway looks into Request and Response where a probe finds them as expected. Elsewhere it takes
// the public way, which has to lead to the same answers.

import { assert, assertEquals } from "@std/assert";

Deno.test("FetchGateway holds to its tests without short cuts through Request and Response", async () => {
  const local = (name: string) => new URL(name, import.meta.url).pathname;
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "-A",
      "--sanitize-ops",
      "--sanitize-resources",
      "--no-check",
      `--preload=${local("without_symbols.ts")}`,
      local("fetch_gateway_test.ts"),
    ],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  });
  const { success, stdout, stderr } = await command.output();
  const report = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals(success, true, report);
  assert(/\b[1-9][0-9]+ passed \| 0 failed/.test(report), report);
});
