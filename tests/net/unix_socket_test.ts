// UNIX sockets: creation and removal of their files, who may connect, and the peer credentials.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { serve, Server, type ServerOptions } from "../../mod.ts";
import { Latch, within } from "../support/latch.ts";
import { ask, inFolder, isRoot, namesIn, textAt } from "./unix_client.ts";

type Unix = Deno.UnixAddr;

function quiet(options: ServerOptions<Unix>, text = "hello"): Server<Unix> {
  return new Server<Unix>({ app: () => new Response(text), onLog: () => {}, ...options });
}

/** Leaves the file of a socket on which no process listens any more. */
function leaveStale(path: string): void {
  const listener = Deno.listen({ transport: "unix", path: path + ".away" });
  Deno.renameSync(path + ".away", path);
  listener.close();
}

Deno.test("a UNIX socket is served, tells its address, and removes its file at the stop", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/a.sock`;
    const server = serve<Unix>(
      (_, { localAddr, remoteAddr }) => Response.json([localAddr, remoteAddr]),
      { bind: `unix:${path}`, onLog: () => {} },
    );
    assertEquals(server.addr, { transport: "unix", path });
    assertEquals(server.bindAddr, `unix:${path}`);
    assertEquals(JSON.parse(await textAt(path)), [
      { transport: "unix", path },
      { transport: "unix", path: "" },
    ]);
    assertEquals(namesIn(folder), ["a.sock"]);
    await server.stop();
    assertEquals(namesIn(folder), []);
  });
});

for (const peerCredentials of ["off", "ids"] as const) {
  Deno.test(`a path of 107 octets is served (peers ${peerCredentials})`, async () => {
    await inFolder(async (folder) => {
      for (const last of ["a", "~"]) {
        const path = `${folder}/`.padEnd(106, "x") + last;
        await using server = quiet({ bind: `unix:${path}`, peerCredentials });
        await server.prepare();
        void server.serve();
        assertEquals(await textAt(path), "hello");
        await server.stop();
        assertEquals(namesIn(folder), []);
      }
    });
  });

  Deno.test(`the mode of the file is socketMode for any umask (peers ${peerCredentials})`, async () => {
    await inFolder(async (folder) => {
      const before = Deno.umask(0o027);
      try {
        for (const [given, mode] of [[undefined, 0o660], [0o600, 0o600], [0o777, 0o777]] as const) {
          const bind = `unix:${folder}/a.sock`;
          await using server = quiet({ bind, socketMode: given, peerCredentials });
          await server.prepare();
          assertEquals(Deno.statSync(`${folder}/a.sock`).mode! & 0o777, mode);
          assertEquals(Deno.umask(), 0o027);
        }
      } finally {
        Deno.umask(before);
      }
    });
  });
}

Deno.test("an abstract socket is served and leaves no file", async () => {
  const name = `robusto-${crypto.randomUUID()}`;
  await using server = quiet({ bind: `unix:@${name}` });
  await server.prepare();
  void server.serve();
  assertEquals(server.bindAddr, `unix:@${name}`);
  assertEquals(await textAt(`\0${name}`), "hello");
  const second = quiet({ bind: `unix:@${name}` });
  await assertRejects(() => second.prepare(), Deno.errors.AddrInUse);
});

Deno.test("a stale file is replaced, also by serve()", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/a.sock`;
    leaveStale(path);
    const listening = new Latch<Unix>();
    const server = serve<Unix>(() => new Response("hello"), {
      bind: `unix:${path}`,
      onListen: (addr) => listening.open(addr),
      onLog: () => {},
    });
    assertEquals(await within(listening.passed()), { transport: "unix", path });
    assertEquals(await textAt(path), "hello");
    await server.stop();

    leaveStale(path);
    leaveStale(path + "~"); // left by a server that was killed while it opened its socket
    await using second = quiet({ bind: `unix:${path}` });
    await second.prepare();
    void second.serve();
    assertEquals(await textAt(path), "hello");
  });
});

Deno.test("a server that is stopped while it checks for another server leaves no file", async () => {
  await inFolder(async (folder) => {
    leaveStale(`${folder}/a.sock`);
    const server = quiet({ bind: `unix:${folder}/a.sock` });
    const preparing = server.prepare();
    await Promise.all([assertRejects(() => preparing, TypeError, "stop"), server.stop()]);
    assertEquals(namesIn(folder), []);
  });
});

Deno.test("the socket of a running server is not replaced, and that server continues", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/a.sock`;
    await using first = serve<Unix>(() => new Response("first"), {
      bind: `unix:${path}`,
      onLog: () => {},
    });
    const second = quiet({ bind: ["127.0.0.1:0", `unix:${path}`] });
    await assertRejects(
      () => second.prepare(),
      Deno.errors.AddrInUse,
      `Cannot listen on unix:${path}: another server listens there`,
    );
    const third = serve<Unix>(() => new Response(), { bind: `unix:${path}`, onLog: () => {} });
    await assertRejects(() => third.finished, Deno.errors.AddrInUse);
    assertEquals(await textAt(path), "first");
    assert(first.ready);
  });
});

Deno.test("a file that is no socket is an error and is not replaced", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "precious");
    await Deno.mkdir(`${folder}/folder`);
    await Deno.symlink(`${folder}/file`, `${folder}/link`);
    for (const name of ["file", "folder", "link"]) {
      const server = quiet({ bind: `unix:${folder}/${name}` });
      await assertRejects(() => server.prepare(), Deno.errors.AddrInUse, "got something else");
    }
    assertEquals(await Deno.readTextFile(`${folder}/file`), "precious");
    assertEquals(namesIn(folder), ["file", "folder", "link"]);
  });
});

for (const peerCredentials of ["off", "ids"] as const) {
  Deno.test(`the stop leaves a file that another server has put there (peers ${peerCredentials})`, async () => {
    await inFolder(async (folder) => {
      const path = `${folder}/a.sock`;
      const first = quiet({ bind: `unix:${path}`, peerCredentials });
      await first.prepare();
      Deno.removeSync(path);
      await using second = quiet({ bind: `unix:${path}`, peerCredentials }, "second");
      await second.prepare();
      void second.serve();
      await first.stop();
      assertEquals(await textAt(path), "second");
    });
  });
}

Deno.test("the stop succeeds if the file is already removed", async () => {
  await inFolder(async (folder) => {
    const server = quiet({ bind: `unix:${folder}/a.sock` });
    await server.prepare();
    Deno.removeSync(`${folder}/a.sock`);
    await server.stop();
  });
});

Deno.test("a missing folder is an error of the system", async () => {
  const server = quiet({ bind: "unix:/nowhere/at/all/a.sock" });
  await assertRejects(() => server.prepare(), Deno.errors.NotFound);
});

Deno.test("an unknown owner is rejected before anything is opened", () => {
  const options = { bind: ["127.0.0.1:0", "unix:/nowhere/a.sock"], onLog: () => {} };
  assertThrows(
    () => serve(() => new Response(), { ...options, socketOwner: "no-such-user" }),
    Deno.errors.NotFound,
    'Cannot use socketOwner: expected a user in /etc/passwd, got "no-such-user"',
  );
  assertThrows(
    () => serve(() => new Response(), { ...options, socketGroup: "no-such-group" }),
    Deno.errors.NotFound,
    "Cannot use socketGroup",
  );
});

const needsRoot = isRoot ? "" : " (needs root)";

Deno.test({
  name: `the socket has its owner and group before a client can connect${needsRoot}`,
  ignore: !isRoot,
  async fn() {
    await inFolder(async (folder) => {
      const path = `${folder}/a.sock`;
      await using server = quiet({
        bind: `unix:${path}`,
        socketOwner: "nobody",
        socketGroup: 12345,
      });
      await server.prepare();
      const { uid, gid, mode } = Deno.statSync(path);
      assertEquals([uid, gid, mode! & 0o777], [65534, 12345, 0o660]);
    });
  },
});

for (const mode of ["inline", "pool"] as const) {
  Deno.test({
    name: `${mode}: the peers of two users at a time are told apart${needsRoot}`,
    ignore: !isRoot,
    async fn() {
      await inFolder(async (folder) => {
        const path = `${folder}/a.sock`;
        await using server = new Server<Unix>({
          app: new URL("./fixtures/peer.ts", import.meta.url),
          mode,
          bind: `unix:${path}`,
          socketMode: 0o666,
          peerCredentials: "names",
          onLog: () => {},
        });
        await server.prepare();
        void server.serve();
        const [own, other] = await Promise.all([textAt(path), askAs(65534, 54321, path)]);
        assertEquals(JSON.parse(own), {
          pid: Deno.pid,
          uid: 0,
          gid: Deno.gid(),
          user: "root",
          group: "root",
        });
        const { pid, ...rest } = JSON.parse(other);
        assert(pid > 0 && pid !== Deno.pid);
        assertEquals(rest, { uid: 65534, gid: 54321, user: "nobody" }); // no group has that number
      });
    },
  });
}

Deno.test('peerCredentials "ids" gives ids without names, and without the option there is no peer', async () => {
  await inFolder(async (folder) => {
    const app = (_: Request, { peer }: { peer?: unknown }) => Response.json(peer ?? null);
    const common = { app, onLog: () => {} };
    await using asks = new Server<Unix>({
      ...common,
      bind: `unix:${folder}/a.sock`,
      peerCredentials: "ids",
    });
    await using asksNot = new Server<Unix>({ ...common, bind: `unix:${folder}/b.sock` });
    for (const server of [asks, asksNot]) {
      await server.prepare();
      void server.serve();
    }
    assertEquals(JSON.parse(await textAt(`${folder}/a.sock`)), {
      pid: Deno.pid,
      uid: Deno.uid(),
      gid: Deno.gid(),
    });
    assertEquals(JSON.parse(await textAt(`${folder}/b.sock`)), null);
  });
});

Deno.test("one server announces, serves and closes sockets of different kinds", async () => {
  await inFolder(async (folder) => {
    const heard: Deno.Addr[] = [];
    const path = `${folder}/a.sock`;
    const server = serve<Deno.NetAddr | Unix>(() => new Response("hello"), {
      bind: ["127.0.0.1:0", `unix:${path}`, `unix:@${path}`],
      onListen: (addr) => void heard.push(addr),
      onLog: () => {},
    });
    assertEquals(heard, [...server.addrs]);
    const tcp = server.addr as Deno.NetAddr;
    assertEquals(await (await fetch(`http://127.0.0.1:${tcp.port}/`)).text(), "hello");
    for (const unix of [path, `\0${path}`]) assertEquals(await textAt(unix), "hello");
    await server.stop();
    await assertRejects(() => Deno.connect({ port: tcp.port }), Deno.errors.ConnectionRefused);
    await assertRejects(() => ask(path), Deno.errors.NotFound);
    await assertRejects(() => ask(`\0${path}`), Deno.errors.ConnectionRefused);
  });
});

/** Sends a request as another user. */
async function askAs(uid: number, gid: number, path: string): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command("curl", {
    args: ["-sS", "--max-time", "5", "--unix-socket", path, "http://a/"],
    uid,
    gid,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
