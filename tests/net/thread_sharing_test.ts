// How threads share an address on a Deno that shares sockets, and on one that does not.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  listenAsThread,
  PLATFORM,
  reserveForThreads,
  type SharedListenOptions,
  type SharingPlatform,
  threadSharingOf,
} from "../../src/net/thread_sharing.ts";
import { Program } from "../support/program.ts";

const ANYWHERE = { transport: "tcp", hostname: "127.0.0.1", port: 0 } as const;
const OLD_MAIN = "tests/shard/fixtures/old_main.ts";

/** Really listens, but ignores `loadBalanced` and only records `reusePort`. */
class OldPlatform implements SharingPlatform {
  readonly hasReusePort: boolean;
  readonly asked: SharedListenOptions[] = [];

  constructor(hasReusePort: boolean) {
    this.hasReusePort = hasReusePort;
  }

  listen({ loadBalanced: _ignored, reusePort, ...options }: SharedListenOptions): Deno.TcpListener {
    this.asked.push({ ...options, reusePort });
    return Deno.listen(options);
  }
}

Deno.test("on this Deno threads share one socket", () => {
  const kept = reserveForThreads(ANYWHERE, 5);
  assertEquals(threadSharingOf(kept), "load-balanced");
  const { port } = kept.addr as Deno.NetAddr;
  const [one, other] = [1, 2].map(() =>
    listenAsThread({ ...ANYWHERE, port }, 5, "load-balanced", PLATFORM)
  );
  assertEquals([one.addr, other.addr], [kept.addr, kept.addr]);
  for (const socket of [one, other, kept]) socket.close();
});

Deno.test("two servers with port 0, each with several threads, get different ports", () => {
  const sockets = [reserveForThreads(ANYWHERE, 5), reserveForThreads(ANYWHERE, 5)];
  const [one, other] = sockets.map(({ addr }) => (addr as Deno.NetAddr).port);
  assert(one !== other);
  for (const socket of sockets) socket.close();
});

Deno.test("an address in use is AddrInUse, not taken for an old Deno", () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  assertThrows(() => reserveForThreads({ ...ANYWHERE, port }, 5), Deno.errors.AddrInUse);
});

Deno.test("on a Deno that cannot share a socket, each thread has its own socket on the same port", async () => {
  const platform = new OldPlatform(true);
  const kept = reserveForThreads(ANYWHERE, 5, platform);
  assertEquals(threadSharingOf(kept), "reuse-port");
  await assertRejects(() => kept.accept(), TypeError, "Cannot accept");
  assert(platform.asked.every(({ reusePort }) => reusePort === undefined));
  const { hostname, port } = kept.addr as Deno.NetAddr;
  const socket = listenAsThread({ ...ANYWHERE, port }, 5, "reuse-port", platform);
  assertEquals(platform.asked.at(-1), { hostname, port, tcpBacklog: 5, reusePort: true });
  socket.close();
  kept.close();
});

Deno.test("on a Deno without both, the error names the flag, and no socket stays open", () => {
  const platform = new OldPlatform(false);
  using free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  const keep = () => reserveForThreads({ ...ANYWHERE, port }, 5, platform);
  assertThrows(keep, TypeError, "--unstable-net");
  Deno.listen({ hostname: "127.0.0.1", port }).close();
});

Deno.test("mode sharded serves with reusePort if its flag is given", async () => {
  await using program = await Program.start([
    "run",
    "-A",
    "--no-lock",
    "--unstable-net",
    OLD_MAIN,
  ]);
  const url = await program.url;
  const seen = new Set<string>();
  for (let i = 0; i < 500 && seen.size < 2; i++) {
    const response = await fetch(url, { headers: { connection: "close" } });
    seen.add(await response.text());
  }
  assertEquals([...seen].sort(), ["1", "2"]);
});

Deno.test("mode sharded reports the missing flag if no socket can be shared", async () => {
  const args = ["run", "-A", "--no-lock", OLD_MAIN];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const text = new TextDecoder().decode(stderr);
  assertEquals(code, 1);
  assert(text.includes('Cannot use mode "sharded"') && text.includes("--unstable-net"), text);
});
