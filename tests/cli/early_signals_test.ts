// Signals before the rest of the command line is loaded.

import { assertEquals, assertMatch } from "@std/assert";

Deno.test("early signals end the process with a word, or are ignored", async () => {
  const module = new URL("../../src/cli/early_signals.ts", import.meta.url).href;
  const code = `import { takeEarlySignals } from ${JSON.stringify(module)};
    takeEarlySignals();
    Deno.kill(Deno.pid, "SIGHUP");
    Deno.kill(Deno.pid, "SIGUSR2");
    setTimeout(() => Deno.kill(Deno.pid, "SIGTERM"), 50);
    setTimeout(() => {}, 20_000);`;
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `data:text/javascript,${encodeURIComponent(code)}`],
  }).output();
  assertMatch(new TextDecoder().decode(output.stderr), /^robusto: stopping before the start/m);
  assertEquals([output.code, output.signal], [0, null]);
});
