// A server whose process is stopped for longer than its deadlines, as by a machine that is suspended: what
// came meanwhile is served, and no worker is taken for hung.

import { assertEquals } from "@std/assert";
import { Program } from "../support/program.ts";
import { contentText, RawClient } from "../support/raw_client.ts";
import { runLength } from "./run_length.ts";

/** Longer than the deadlines below. */
const SUSPENDED = runLength({ short: 2_500, long: 60_000 });

const deadlines = [
  "--head-timeout",
  "--content-timeout",
  "--keep-alive-timeout",
  "--worker-timeout",
]
  .flatMap((flag) => [flag, "1s"]);

const octets = (text: string) => new TextEncoder().encode(text.replaceAll("|", "\r\n"));
const GET = octets("GET / HTTP/1.1|Host: a||");
const POST = "POST /upload HTTP/1.1|Host: a|Content-Length: 8||";

for (const mode of ["pool", "inline", "sharded"]) {
  Deno.test(`mode ${mode}: what comes while the process is suspended is served afterwards`, async () => {
    const app = new URL("hostile/hostile_app.ts", import.meta.url).href;
    const bounds = ["--max-connections", "100"]; // below the limit of descriptors, so that nothing is logged
    const flags = ["--mode", mode, "--bind", "127.0.0.1:0", ...bounds, ...deadlines];
    const given = mode === "pool" ? flags : flags.filter((_, index) => index < flags.length - 2);
    await using server = await Program.start(["run", "-A", "--no-check", "mod.ts", app, ...given]);
    const port = Number(new URL(await server.url).port);
    const connect = async () => new RawClient(await Deno.connect({ port }));
    using idle = await connect();
    using head = await connect();
    using content = await connect();
    for (const client of [idle, head, content]) {
      await client.send(GET);
      assertEquals(contentText(await client.read()), "light");
    }
    await head.send(GET.subarray(0, 10));
    await content.send(octets(`${POST}half`));
    await new Promise((resolve) => setTimeout(resolve, 200));
    Deno.kill(server.pid, "SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 100));
    await idle.send(GET);
    await head.send(GET.subarray(10));
    await content.send(octets("half"));
    using fresh = await connect();
    await fresh.send(GET);
    await new Promise((resolve) => setTimeout(resolve, SUSPENDED));
    Deno.kill(server.pid, "SIGCONT");
    for (const client of [idle, head, fresh]) {
      assertEquals(contentText(await client.read()), "light", server.output);
    }
    assertEquals(contentText(await content.read()), "8", server.output);
    assertEquals(await server.stop("SIGTERM"), 0);
    assertEquals(/warn|error|worker-/i.exec(server.output), null, server.output);
  });
}
