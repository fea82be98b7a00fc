// The command line as a process: its output, its responses, its ends and its exit codes, in all modes.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { VERSION } from "../../src/version.ts";
import { beginRequest, Cli, fetchText, fixture, readToEnd, send } from "./cli_process.ts";

for (const mode of ["inline", "pool"]) {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.test(`${mode}: the command line serves a module until ${signal} and ends with 0`, async () => {
      await using cli = new Cli(fixture("apps.ts"), "--port", "0", "--mode", mode);
      const url = await cli.waitForUrl();
      assertMatch(url, /^http:\/\/127\.0\.0\.1:/);
      assertEquals(await fetchText(url), "Hello world!");
      cli.signal(signal);
      assertEquals(await cli.waitForEnd(), { code: 0, signal: null, stdout: "" });
    });
  }

  Deno.test(`${mode}: the command line prints one line for each address`, async () => {
    await using cli = new Cli(
      fixture("apps.ts:handler"),
      "--bind=127.0.0.1:0",
      "--bind",
      "0",
      "--mode",
      mode,
    );
    const lines = await cli.waitFor(/^((?:robusto: listening on \S+\n){2})/);
    const urls = [...lines.matchAll(/http:\S+/g)].map(([url]) => url);
    assertEquals(urls.length, 2);
    for (const url of urls) assertEquals(await fetchText(url + "path"), "/path");
    cli.signal("SIGINT");
    assertEquals((await cli.waitForEnd()).code, 0);
    assert(!/listening/i.test(cli.stderr.slice(lines.length)), cli.stderr);
  });

  Deno.test(`${mode}: the command line serves a module by its URL`, async () => {
    const source = "export const api = () => new Response('from a URL');";
    const headers = { "content-type": "text/javascript", connection: "close" };
    await using origin = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      () => new Response(source, { headers }),
    );
    await using cli = new Cli(
      `http://127.0.0.1:${origin.addr.port}/app.ts:api`,
      "--port=0",
      "--mode",
      mode,
    );
    assertEquals(await fetchText(await cli.waitForUrl()), "from a URL");
    cli.signal("SIGINT");
    assertEquals((await cli.waitForEnd()).code, 0);
  });

  for (const app of ["gateway.ts", "apps.ts:gateway"]) {
    Deno.test(`${mode}: the command line takes the gateway ${app}`, async () => {
      await using cli = new Cli(fixture(app), "--port=0", "--mode", mode);
      const url = await cli.waitForUrl();
      if (app === "gateway.ts") assertEquals(await fetchText(url + "a/../b?c"), "/b?c");
      cli.signal("SIGINT");
      assertEquals((await cli.waitForEnd()).code, 0);
    });
  }

  Deno.test(`${mode}: the command line lets a request in flight finish`, async () => {
    await using cli = new Cli(fixture("in_flight.ts:reads"), "--port=0", "--mode", mode);
    using conn = await beginRequest(await cli.waitForUrl());
    cli.signal("SIGTERM");
    await cli.waitFor(/^robusto: stopping, a second signal stops at once\n/m);
    await send(conn, "12345");
    const response = await readToEnd(conn);
    assertMatch(response, /^HTTP\/1\.1 200 OK\r\n/);
    assertMatch(response, /\r\nConnection: close\r\n/i);
    assertMatch(response, /\r\n\r\ngot 12345$/);
    assertEquals((await cli.waitForEnd()).code, 0);
  });

  Deno.test(`${mode}: the inspector that Deno opens at a SIGUSR1 is closed at once`, async () => {
    await using cli = new Cli(fixture("apps.ts"), "--port", "0", "--mode", mode);
    const url = await cli.waitForUrl();
    await new Promise((resolve) => setTimeout(resolve, 700)); // Deno ignores it in the first half second
    cli.signal("SIGUSR1");
    await new Promise((resolve) => setTimeout(resolve, 300));
    assertEquals(await fetchText(url), "Hello world!");
    const targets = await fetch("http://127.0.0.1:9229/json").then((response) => response.text())
      .catch(() => ""); // another process may listen there
    cli.signal("SIGTERM");
    assertEquals((await cli.waitForEnd()).code, 0);
    const opened = /Debugger listening on ws:\/\/\S+\/(\S+)/.exec(cli.stderr)?.[1];
    if (opened !== undefined) assert(!targets.includes(opened), targets);
  });

  Deno.test(`${mode}: SIGUSR1 at the start does not open the inspector`, async () => {
    await using cli = new Cli(fixture("apps.ts"), "--port", "0", "--mode", mode);
    const url = await cli.waitForUrl();
    cli.signal("SIGUSR1");
    assertEquals(await fetchText(url), "Hello world!");
    cli.signal("SIGTERM");
    assertEquals((await cli.waitForEnd()).code, 0);
    assert(!cli.stderr.includes("Debugger"), cli.stderr);
  });
}

for (const mode of ["inline", "pool", "sharded"]) {
  Deno.test(`${mode}: the command line stops at once at a second signal and ends with 1`, async () => {
    await using cli = new Cli(
      fixture("in_flight.ts:hangs"),
      "--port=0",
      "--shutdown-timeout=none",
      "--access-log=-",
      "--access-log-format={method} {status} {outcome}",
      "--mode",
      mode,
    );
    using conn = await beginRequest(await cli.waitForUrl());
    await send(conn, "12345");
    cli.signal("SIGINT");
    await cli.waitFor(/^robusto: stopping, a second signal stops at once\n/m);
    cli.signal("SIGINT"); // as `deno task` passes it on: it does not count
    await new Promise((resolve) => setTimeout(resolve, 150));
    cli.signal("SIGINT");
    const { code, stdout } = await cli.waitForEnd();
    assertEquals([code, stdout], [1, "POST - killed\n"]); // the request that was cut has its line
    assertMatch(cli.stderr, /\nrobusto: stopped, 1 request was cut\n$/);
  });

  Deno.test(`${mode}: the command line stops after shutdownTimeout and ends with 0`, async () => {
    await using cli = new Cli(
      fixture("in_flight.ts:hangs"),
      "--port=0",
      "--shutdown-timeout=10ms",
      "--mode",
      mode,
    );
    using conn = await beginRequest(await cli.waitForUrl());
    await send(conn, "12345");
    cli.signal("SIGTERM");
    assertEquals((await cli.waitForEnd()).code, 0);
    const lines = cli.stderr.trimEnd().split("\n");
    assertMatch(lines.at(-2)!, /^\S+ warn shutdown-aborted: .*, with POST \/ \(id \S+\)/);
    assertEquals(lines.at(-1), "robusto: stopped, 1 request was cut");
  });
}

Deno.test("wrong usage ends with 2 and names the mistake", async () => {
  await using cli = new Cli(fixture("apps.ts"), "--head-timout", "1s");
  assertEquals(await cli.waitForEnd(), { code: 2, signal: null, stdout: "" });
  assertMatch(cli.stderr, /^robusto: Cannot use --head-timout: .*, did you mean --head-timeout\n/);
});

Deno.test("an application that throws ends with 3 and shows its own stack", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/app.ts`, 'throw new Error("own error");');
    await using cli = new Cli(`${folder}/app.ts`, "--mode=inline");
    assertEquals((await cli.waitForEnd()).code, 3);
    assertMatch(
      cli.stderr,
      /^robusto: Cannot load \S+: its module failed\n {4}Error: own error\n +at /,
    );
    assert(cli.stderr.includes(`${folder}/app.ts:1:7`));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a missing application ends with 3", async () => {
  await using cli = new Cli("./nowhere.ts");
  assertEquals((await cli.waitForEnd()).code, 3);
  assertMatch(cli.stderr, /^robusto: Cannot load \.\/nowhere\.ts: No such file or directory/);
});

Deno.test("an address in use ends with 4", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  await using cli = new Cli(fixture("apps.ts"), "--bind", `127.0.0.1:${port}`);
  assertEquals((await cli.waitForEnd()).code, 4);
  assertMatch(cli.stderr, /^robusto: Cannot listen on 127\.0\.0\.1:\d+: Address already in use/);
});

for (const mode of ["inline", "pool", "sharded"]) {
  Deno.test(`${mode}: what a handler leaves uncaught is logged, and the server serves on`, async () => {
    await using cli = new Cli(fixture("leftovers.ts"), "--port=0", "--mode", mode);
    const url = await cli.waitForUrl();
    assertEquals(await fetchText(url + "rejection"), "hello");
    await cli.waitFor(/error uncaught-rejection: .*\n {4}Error: left behind/);
    assertEquals(await fetchText(url + "error"), "hello");
    await cli.waitFor(/error uncaught-error: .*\n {4}Error: thrown late/);
    assertEquals(await fetchText(url), "hello");
    cli.signal("SIGTERM");
    assertEquals((await cli.waitForEnd()).code, 0);
  });
}

Deno.test("an address of another machine ends with 4 and is named", async () => {
  const binds = ["--bind=127.0.0.1:0", "--bind=192.0.2.1:8080"]; // TEST-NET-1 (RFC 5737)
  await using cli = new Cli(fixture("apps.ts"), "--mode=inline", ...binds);
  assertEquals((await cli.waitForEnd()).code, 4);
  assertMatch(cli.stderr, /^robusto: Cannot listen on 192\.0\.2\.1:8080: Cannot assign/);
});

for (const mode of ["inline", "pool", "sharded"]) {
  Deno.test(`${mode}: the stack of a failed handler ends with the application's frames`, async () => {
    await using cli = new Cli(
      { env: { NO_COLOR: "" } },
      ...[fixture("apps.ts:fails"), "--port=0", "--mode", mode],
    );
    await fetchText(await cli.waitForUrl());
    const stack = await cli.waitFor(/Error: This handler always fails\n((?: {8}at .*\n)+)/);
    assertMatch(stack, /^ {8}at .*apps\.ts:\d+:\d+\)\n$/);
  });

  Deno.test(`${mode}: an application that cannot be loaded is shown without colours`, async () => {
    await using cli = new Cli(
      { env: { NO_COLOR: "" } },
      ...[fixture("broken_import.ts"), "--port=0", "--mode", mode],
    );
    assertEquals((await cli.waitForEnd()).code, 3);
    assertMatch(cli.stderr, /\n {8}at \S*broken_import\.ts:\d+:\d+(?: \{\n.*\n {4}\})?\n$/);
  });
}

Deno.test("--print-config binds nothing and ends with 0", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  await using cli = new Cli("--print-config", "--port", String(port), "--timeout", "2m");
  const { code, stdout } = await cli.waitForEnd();
  assertEquals(code, 0);
  assertEquals(JSON.parse(stdout).headTimeout.value, 120_000);
});

Deno.test("--help and --version print on standard output and end with 0", async () => {
  await using help = new Cli("--help");
  await using version = new Cli("--version");
  const { code, stdout } = await help.waitForEnd();
  assertEquals(code, 0);
  assertMatch(stdout, /^Usage: deno run -A mod\.ts APP \[options\]\n/);
  assertEquals(await version.waitForEnd(), {
    code: 0,
    signal: null,
    stdout: `robusto ${VERSION}\n`,
  });
});
